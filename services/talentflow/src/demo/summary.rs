//! What a bureau chief wants to know at the end.

use super::story::Tally;
use crate::commands::serve::Serving;
use crate::people::People;
use crate::wiring::{checks, looks};
use gateway::Figure;
use kit::Money;
use kit::delivery::Delivery;
use kit::verify::verify_all;
use proto::mentoring::v1 as men;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use proto::subsidy::v1 as sub;
use proto::subsidy::v1::subsidy_service_client::SubsidyServiceClient;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

pub struct Summary {
    tally: Tally,
    /// Students with an academic and an enterprise mentor, over the whole of their time.
    paired: usize,
    vacant: usize,
    claims: usize,
    paid: Money,
    clawed_back: Money,
    available: Money,
    delivery: Delivery,
    broken: Vec<String>,
    elapsed: Duration,
}

impl Summary {
    /// Reads the outcome through the public API, and the proofs from the tables.
    pub async fn gather(tally: Tally, people: &People, serving: &Serving, elapsed: Duration) -> anyhow::Result<Self> {
        let (paired, vacant) = pairings(people, &tally.classes).await?;
        let (claims, paid, clawed_back) = claims(people).await?;
        let mut bureau = SubsidyServiceClient::new(people.bureau()?);
        let mut available = 0;
        for fund in bureau.list_funds(sub::ListFundsRequest { page_size: 1000, ..Default::default() }).await?.into_inner().funds {
            let budget = bureau.get_budget(sub::GetBudgetRequest { name: fund.name }).await?.into_inner();
            available += budget.available.unwrap_or_default().fen;
        }
        let findings = verify_all(serving.process.database()?, &checks(), &looks(), None).await?;
        let broken =
            findings.iter().filter(|finding| !finding.broken.is_empty()).map(|finding| finding.check.name.to_owned()).collect();
        Ok(Self {
            tally,
            paired,
            vacant,
            claims,
            paid,
            clawed_back,
            available: Money::fen(available),
            delivery: serving.delivery().await?,
            broken,
            elapsed,
        })
    }

    /// Whether everything that must hold does.
    pub fn is_sound(&self) -> bool {
        self.broken.is_empty()
            && self.delivery.at_rest()
            && self.delivery.dead_letters == 0
            && self.paired == self.tally.students
            && self.vacant == 0
    }

    pub fn json(&self) -> Value {
        json!({
            "orders": self.tally.orders,
            "classes": self.tally.classes.len(),
            "students": self.tally.students,
            "paired": self.paired,
            "vacant": self.vacant,
            "graduates": self.tally.graduates,
            "rotations_completed": self.tally.rotations_completed,
            "mentors_left": self.tally.mentors_left,
            "left_early": self.tally.left_early,
            "claims": self.claims,
            "paid_fen": self.paid.as_fen(),
            "clawed_back_fen": self.clawed_back.as_fen(),
            "budget_left_fen": self.available.as_fen(),
            "ledger_balanced": !self.broken.iter().any(|name| name.starts_with("ledger") || name.starts_with("subsidy")),
            "events_published": self.delivery.published,
            "events_applied": self.delivery.applied,
            "deliveries": self.delivery.deliveries,
            "dead_letters": self.delivery.dead_letters,
            "checks_broken": self.broken,
            "elapsed_s": (self.elapsed.as_secs_f64() * 100.0).round() / 100.0,
        })
    }

    /// The same for people, on the page and in the terminal.
    pub fn figures(&self) -> Vec<Figure> {
        let tally = &self.tally;
        let balanced = if self.broken.is_empty() { "✓".to_owned() } else { format!("✗ {}", self.broken.join(", ")) };
        let figure = |key, zh, en, value: String| Figure { key, zh, en, value };
        vec![
            figure("orders", "订单", "orders", tally.orders.to_string()),
            figure("classes", "订单班", "classes", tally.classes.len().to_string()),
            figure("students", "在班学生", "students in classes", tally.students.to_string()),
            figure("paired", "双导师结对学生", "students with two mentors", self.paired.to_string()),
            figure("rotations", "完成轮岗", "rotations completed", tally.rotations_completed.to_string()),
            figure("graduates", "毕业生", "graduates", tally.graduates.to_string()),
            figure("claims", "补贴申领", "claims", self.claims.to_string()),
            figure("paid", "已拨付（元）", "paid (yuan)", self.paid.to_string()),
            figure("clawed_back", "追回（元）", "clawed back (yuan)", self.clawed_back.to_string()),
            figure("available", "预算余额（元）", "budget left (yuan)", self.available.to_string()),
            figure("ledger", "账平且各项核验通过", "ledger balanced, all checks hold", balanced),
            figure(
                "events",
                "事件（发布 / 全部送达）",
                "events published / applied by all",
                format!("{} / {}", self.delivery.published, self.delivery.applied),
            ),
            figure("dead_letters", "死信", "dead letters", self.delivery.dead_letters.to_string()),
        ]
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for figure in self.figures() {
            let _ = writeln!(text, "{:>18}  {} · {}", figure.value, figure.zh, figure.en);
        }
        let _ = write!(text, "{:>16.1} s  用时 · elapsed", self.elapsed.as_secs_f64());
        text
    }
}

/// Students of these classes who had both mentors, and pairings that are vacant now. An earlier run on the same file
/// had classes of its own.
async fn pairings(people: &People, classes: &[String]) -> anyhow::Result<(usize, usize)> {
    let mut bureau = MentoringServiceClient::new(people.bureau()?);
    let mut sides: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let mut vacant = 0;
    for class in classes {
        let mut page_token = String::new();
        loop {
            let request = men::ListPairingsRequest { class: class.clone(), page_size: 1000, page_token, ..Default::default() };
            let page = bureau.list_pairings(request).await?.into_inner();
            for pairing in page.pairings {
                let both = sides.entry(pairing.enrolment.clone()).or_default();
                match (pairing.state(), pairing.side()) {
                    (men::PairingState::Vacant, _) => vacant += 1,
                    (_, men::Side::Academic) => both.0 = true,
                    (_, men::Side::Enterprise) => both.1 = true,
                    (_, men::Side::Unspecified) => {}
                }
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
    }
    Ok((sides.values().filter(|(academic, enterprise)| *academic && *enterprise).count(), vacant))
}

async fn claims(people: &People) -> anyhow::Result<(usize, Money, Money)> {
    let mut bureau = SubsidyServiceClient::new(people.bureau()?);
    let (mut count, mut paid, mut clawed_back, mut page_token) = (0, 0, 0, String::new());
    loop {
        let page =
            bureau.list_claims(sub::ListClaimsRequest { page_size: 1000, page_token, ..Default::default() }).await?.into_inner();
        for claim in page.claims {
            count += 1;
            let amount = claim.amount.unwrap_or_default().fen;
            match claim.state() {
                sub::ClaimState::Paid => paid += amount,
                sub::ClaimState::ClawedBack => {
                    paid += amount;
                    clawed_back += amount;
                }
                _ => {}
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok((count, Money::fen(paid), Money::fen(clawed_back)));
        }
    }
}
