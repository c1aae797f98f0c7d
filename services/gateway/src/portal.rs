//! The page at `/`: what is running, the demo's figures, and where to go next, in Chinese and English.

use crate::{Gateway, Upstream};
use axum::Json;
use axum::extract::State;
use axum::response::Html;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

/// What the page shows beside the services; the demo puts its figures in.
#[derive(Debug, Clone, Default)]
pub struct Portal {
    figures: Arc<RwLock<Vec<Figure>>>,
}

/// One figure with its two labels.
#[derive(Debug, Clone)]
pub struct Figure {
    pub key: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub value: String,
}

impl Portal {
    pub fn show(&self, figures: Vec<Figure>) {
        *self.figures.write().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    fn figures(&self) -> Vec<Figure> {
        self.figures.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the page says, for programs.
pub async fn status(State(gateway): State<Gateway>) -> Json<Value> {
    let services: serde_json::Map<String, Value> =
        gateway.upstreams.iter().map(|(name, upstream)| (name.clone(), json!(place(upstream)))).collect();
    let figures: serde_json::Map<String, Value> =
        gateway.portal.figures().into_iter().map(|figure| (figure.key.to_owned(), json!(figure.value))).collect();
    Json(json!({"services": services, "figures": figures}))
}

fn place(upstream: &Upstream) -> &'static str {
    match upstream {
        Upstream::Local(_) => "in this process",
        Upstream::Remote(_) => "remote",
    }
}

pub async fn page(State(gateway): State<Gateway>) -> Html<String> {
    let mut services = String::new();
    for (short, full) in proto::SERVICES {
        let (zh, en) = about(short);
        let state = gateway.upstreams.get(full).map_or("not reachable from here · 此处不可达", place);
        let _ =
            write!(services, "<tr><th scope=row>{zh}<small>{en}</small></th><td><code>{full}</code></td><td>{state}</td></tr>");
    }
    let mut figures = String::new();
    for figure in gateway.portal.figures() {
        let _ = write!(
            figures,
            "<li><strong>{}</strong><span>{}<small>{}</small></span></li>",
            escape(&figure.value),
            escape(figure.zh),
            escape(figure.en)
        );
    }
    if figures.is_empty() {
        figures.push_str("<li><span>尚无演示数据，运行 <code>talentflow demo</code><small>No demo figures: run <code>talentflow demo</code></small></span></li>");
    }
    Html(include_str!("portal.html").replace("<!--services-->", &services).replace("<!--figures-->", &figures))
}

fn about(service: &str) -> (&'static str, &'static str) {
    match service {
        "directory" => ("单位、人员与任职", "Organisations, people, employments"),
        "rotation" => ("轮岗交流", "Personnel rotation"),
        "training" => ("订单式培养", "Order-based training"),
        "mentoring" => ("双导师制", "Dual mentors"),
        _ => ("补贴与专项基金", "Subsidy accounting"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
