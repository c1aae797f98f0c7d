//! HR systems of the city's employers: they post CloudEvents, batched, each for its own staff.

use crate::people::People;
use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use kit::auth::Role;
use serde_json::{Value, json};

/// Publishes events of one organisation's HR system.
pub struct HrSystem {
    http: reqwest::Client,
    people: People,
}

/// What is said of one person.
#[derive(Debug, Clone)]
pub enum Word {
    Hired { person: String, on: NaiveDate, post: &'static str },
    Left { person: String, on: NaiveDate },
}

impl HrSystem {
    pub fn new(people: &People) -> Self {
        // reqwest asks for a provider even where it speaks plain HTTP; somebody having chosen one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::new(), people: people.clone() }
    }

    /// Posts what is said, a thousand at a time.
    pub async fn publish(&self, organisation: &str, words: &[Word]) -> anyhow::Result<()> {
        let role = [Role::Enterprise, Role::School];
        let token = self.people.token("hr@system", Some(organisation), &role)?;
        for batch in words.chunks(1000) {
            let events: Vec<Value> = batch.iter().map(|word| event(organisation, word)).collect();
            let answer = self
                .http
                .post(format!("{}/hr/v1/{organisation}/events", self.people.address))
                .bearer_auth(&token)
                .header("content-type", "application/cloudevents-batch+json")
                .body(Value::Array(events).to_string())
                .send()
                .await
                .context("the HR intake")?;
            let status = answer.status();
            ensure!(status.is_success(), "the HR intake answered {status}: {}", answer.text().await.unwrap_or_default());
        }
        Ok(())
    }
}

fn event(organisation: &str, word: &Word) -> Value {
    let (kind, person, on, data) = match word {
        Word::Hired { person, on, post } => {
            ("hr.employee.hired.v1", person, on, json!({"person": person, "effective_date": on.to_string(), "post": post}))
        }
        Word::Left { person, on } => {
            ("hr.employee.left.v1", person, on, json!({"person": person, "effective_date": on.to_string(), "reason": "resigned"}))
        }
    };
    json!({
        "specversion": "1.0",
        "id": format!("{kind}/{person}/{on}"),
        "source": format!("hr/{organisation}"),
        "type": kind,
        "time": format!("{on}T01:00:00Z"),
        "datacontenttype": "application/json",
        "data": data,
    })
}
