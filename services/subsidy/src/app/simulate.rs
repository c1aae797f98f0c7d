//! A draft of a scheme is run over the facts there are: what it would have cost, whom it would have reached. Nothing
//! is written.

use super::schemes;
use crate::domain::{Budget, Fact, PersonId, Scheme, SchemeFaults, Simulation, derive};
use crate::store::{fact, fund};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;
use uuid::Uuid;

/// People whose facts are read together.
const TOGETHER: i64 = 2000;

#[derive(Debug, Clone)]
pub struct Simulate {
    pub draft: String,
    /// The first day counted,
    pub from: NaiveDate,
    /// and the first that is not.
    pub to: NaiveDate,
}

#[derive(Debug)]
pub struct Simulated {
    pub scheme: Box<Scheme>,
    pub simulation: Simulation,
    /// The draft's fund as it is now; none where it is not set up.
    pub budget: Option<Budget>,
}

pub async fn simulate(tx: &mut Tx, scope: &Scope, query: Simulate) -> Result<Simulated, Error> {
    let draft = Scheme::load(&query.draft).map_err(refused)?;
    // The facts are of the past, and the draft is for days to come: it is run as if it had been in force.
    let tried = Scheme { from: NaiveDate::MIN, to: None, ..draft.clone() };
    let schemes = schemes(scope).with_draft(tried).and_then(|schemes| schemes.around(&draft.code)).map_err(refused)?;
    let mut simulation = Simulation::new(&draft.code, query.from, query.to);
    let last = query.to.pred_opt().unwrap_or(query.to);
    let mut after = Uuid::nil();
    loop {
        let people = fact::people(tx, after, TOGETHER).await?;
        let Some(end) = people.last() else { break };
        after = kit::id::Id::uuid(*end);
        let mut facts: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
        for fact in fact::of_people(tx, people).await? {
            facts.entry(fact.person).or_default().push(fact);
        }
        for facts in facts.values() {
            simulation.add(&derive(&schemes, facts, last)?);
        }
    }
    let budget = match fund::by_code(tx, &draft.fund).await? {
        Some(fund) => fund::budget(tx, fund.id).await?,
        None => None,
    };
    Ok(Simulated { scheme: Box::new(draft), simulation, budget })
}

/// Every fault of the draft as a violation of its own, at its line.
fn refused(faults: SchemeFaults) -> Error {
    let count = faults.faults.len();
    let mut all = faults.faults.into_iter();
    let field = |line: usize, column: usize| format!("draft:{line}:{column}");
    let Some(first) = all.next() else { return Error::internal("a draft without faults was refused") };
    let more = if count > 1 { format!(" ({} more)", count - 1) } else { String::new() };
    let more_zh = if count > 1 { format!("（另有 {} 处）", count - 1) } else { String::new() };
    let error = Error::invalid(
        &field(first.line, first.column),
        "SCHEME_INVALID",
        format!("line {}, column {}: {}{more}", first.line, first.column, first.en),
        format!("第 {} 行第 {} 列：{}{more_zh}", first.line, first.column, first.zh),
    )
    .rule(first.rule)
    .way_out(first.way_out, first.way_out_zh);
    all.fold(error, |error, fault| {
        error.and(field(fault.line, fault.column), format!("line {}, column {}: {}", fault.line, fault.column, fault.en))
    })
}
