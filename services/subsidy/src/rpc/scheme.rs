//! Schemes on the wire, their drafts, and the day's run over them.

use crate::app::{Accrual, CheckScheme, Checked, ListSchemes, Listed, RunAccrual, Simulate, Simulated};
use crate::domain::{After, ApprovalLevel, Caps, Exclusion, Fault, Overlap, Scheme, Source, Stage};
use chrono::{Months, NaiveDate};
use kit::page::Page;
use kit::wire::{date, parse_date, parse_date_optional};
use kit::{Error, Money};
use proto::common::v1::Money as Fen;
use proto::subsidy::v1 as pb;
use std::sync::Arc;

/// No scheme comes near it; a hundred times as much would still only be read.
const LONGEST_DRAFT: usize = 64 * 1024;
/// Months a simulation may count.
const LONGEST_PERIOD: Months = Months::new(120);

impl TryFrom<pb::ListSchemesRequest> for ListSchemes {
    type Error = Error;
    fn try_from(request: pb::ListSchemesRequest) -> Result<Self, Error> {
        Page::parse(request.page_size, &request.page_token).map(Self)
    }
}

impl TryFrom<pb::CheckSchemeRequest> for CheckScheme {
    type Error = Error;
    fn try_from(request: pb::CheckSchemeRequest) -> Result<Self, Error> {
        parse_draft(request.draft).map(Self)
    }
}

impl TryFrom<pb::SimulateSchemeRequest> for Simulate {
    type Error = Error;
    fn try_from(request: pb::SimulateSchemeRequest) -> Result<Self, Error> {
        let draft = parse_draft(request.draft)?;
        let (from, to) = (parse_date("from", request.from)?, parse_date("to", request.to)?);
        period(from, to)?;
        Ok(Self { draft, from, to })
    }
}

impl TryFrom<pb::RunAccrualRequest> for RunAccrual {
    type Error = Error;
    fn try_from(request: pb::RunAccrualRequest) -> Result<Self, Error> {
        Ok(Self {
            through: parse_date_optional("through", request.through)?,
            everyone: request.everyone,
            page: Page::parse(request.page_size, &request.page_token)?,
        })
    }
}

fn parse_draft(draft: String) -> Result<String, Error> {
    if draft.trim().is_empty() {
        return Err(Error::required("draft", "the text of a scheme file"));
    }
    if draft.len() > LONGEST_DRAFT {
        return Err(Error::invalid(
            "draft",
            "TOO_LONG",
            format!("`draft` has {} bytes: expected at most {LONGEST_DRAFT}", draft.len()),
            format!("`draft` 长 {} 字节，最多 {LONGEST_DRAFT} 字节", draft.len()),
        ));
    }
    Ok(draft)
}

fn period(from: NaiveDate, to: NaiveDate) -> Result<(), Error> {
    let latest = from.checked_add_months(LONGEST_PERIOD).unwrap_or(from);
    if from < to && to <= latest {
        return Ok(());
    }
    Err(Error::invalid(
        "to",
        "PERIOD",
        format!("`to` is {to}: expected a day after {from} and not after {latest}"),
        format!("`to` 为 {to}，应晚于 {from} 且不晚于 {latest}"),
    ))
}

fn count<N: TryInto<i32>>(number: N) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

fn wide<N: TryInto<i64>>(number: N) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn fen(amount: Option<i64>) -> Option<Fen> {
    amount.map(|fen| Fen { fen })
}

impl From<&Scheme> for pb::Scheme {
    fn from(scheme: &Scheme) -> Self {
        Self {
            name: format!("schemes/{}", scheme.code),
            version: count(scheme.version),
            title: scheme.title.clone(),
            title_zh: scheme.title_zh.clone(),
            basis: scheme.basis.clone(),
            fund_code: scheme.fund.clone(),
            from: Some(date(scheme.from)),
            to: scheme.to.map(date),
            confirmed: scheme.confirmed,
            eligible: scheme.eligible.source().trim().to_owned(),
            amount: scheme.amount.source().trim().to_owned(),
            retention_days: count(scheme.retention_days),
            occasion: scheme.occasion.to_string(),
            beneficiary: scheme.beneficiary.to_owned(),
            stages: (1..).zip(&scheme.stages).map(stage).collect(),
            advance_percent: scheme.advance_percent.map_or(0, count),
            clawback: scheme.clawback.to_string(),
            caps: Some(scheme.caps.into()),
            exclusions: scheme.exclusions.iter().map(Into::into).collect(),
            evidence: scheme.evidence.clone(),
            shared_evidence: scheme.shared_evidence.clone(),
            overridable: scheme.overridable.iter().map(ToString::to_string).collect(),
            override_days: count(scheme.override_days),
            filed: scheme.filed,
            publicity_days: count(scheme.publicity_days),
            approvals: scheme.approvals.iter().map(Into::into).collect(),
            sources: scheme.sources.iter().map(Into::into).collect(),
            digest: scheme.digest.clone(),
        }
    }
}

fn stage((number, stage): (i32, &Stage)) -> pb::SchemeStage {
    let (days, months) = match stage.after {
        After::Days(days) => (days, 0),
        After::Months(months) => (0, months),
    };
    pb::SchemeStage {
        stage: number,
        share: count(stage.share),
        at: stage.at.to_owned(),
        plus_days: count(days),
        plus_months: count(months),
        advance: stage.advance,
    }
}

impl From<Caps> for pb::SchemeCaps {
    fn from(caps: Caps) -> Self {
        Self {
            claims_per_person: caps.claims_per_person.map_or(0, i64::from),
            per_person: fen(caps.fen_per_person),
            per_person_year: fen(caps.fen_per_person_year),
            per_organisation: fen(caps.fen_per_organisation),
            per_organisation_year: fen(caps.fen_per_organisation_year),
        }
    }
}

impl From<&Exclusion> for pb::SchemeExclusion {
    fn from(rule: &Exclusion) -> Self {
        Self { scheme: format!("schemes/{}", rule.scheme), within: rule.within.to_string() }
    }
}

impl From<&ApprovalLevel> for pb::SchemeApproval {
    fn from(level: &ApprovalLevel) -> Self {
        Self { up_to: fen(level.up_to_fen), approvers: count(level.approvers), roles: level.roles.clone() }
    }
}

impl From<&Source> for pb::SchemeSource {
    fn from(source: &Source) -> Self {
        Self {
            kind: source.kind.to_string(),
            share_percent: count(source.share_percent),
            fund_code: source.fund.clone().unwrap_or_default(),
        }
    }
}

impl<I> From<Listed<(I, Arc<Scheme>)>> for pb::ListSchemesResponse {
    fn from(listed: Listed<(I, Arc<Scheme>)>) -> Self {
        Self { schemes: listed.rows.iter().map(|(_, scheme)| scheme.as_ref().into()).collect(), next_page_token: listed.next }
    }
}

impl From<Fault> for pb::SchemeFault {
    fn from(fault: Fault) -> Self {
        Self {
            line: count(fault.line),
            column: count(fault.column),
            key: fault.key,
            rule: fault.rule.to_owned(),
            message: fault.en,
            message_zh: fault.zh,
            way_out: fault.way_out,
            way_out_zh: fault.way_out_zh,
        }
    }
}

impl From<Checked> for pb::CheckSchemeResponse {
    fn from(checked: Checked) -> Self {
        match checked.0 {
            Ok(scheme) => Self { scheme: Some(scheme.as_ref().into()), faults: Vec::new() },
            Err(faults) => Self { scheme: None, faults: faults.into_iter().map(Into::into).collect() },
        }
    }
}

impl From<Simulated> for pb::SimulateSchemeResponse {
    fn from(simulated: Simulated) -> Self {
        let outcome = simulated.simulation;
        let month = |(month, (claims, amount)): (&crate::domain::Month, &(u64, Money))| pb::SimulatedMonth {
            year: month.year,
            month: count(month.number),
            claims: wide(*claims),
            amount: Some((*amount).into()),
        };
        let left = simulated.budget.map(|budget| budget.available().as_fen().saturating_sub(outcome.total().as_fen()));
        Self {
            scheme: Some(simulated.scheme.as_ref().into()),
            months: outcome.months.iter().map(month).collect(),
            total: Some(outcome.total().into()),
            claims: wide(outcome.claims()),
            people: wide(outcome.people),
            organisations: wide(outcome.organisations.len()),
            overlaps: outcome.overlaps.iter().map(overlap).collect(),
            budget: simulated.budget.map(Into::into),
            left: fen(left),
        }
    }
}

fn overlap((scheme, overlap): (&String, &Overlap)) -> pb::SimulatedOverlap {
    pb::SimulatedOverlap {
        scheme: format!("schemes/{scheme}"),
        claims: wide(overlap.claims),
        people: wide(overlap.people),
        amount: Some(overlap.amount.into()),
    }
}

impl From<Accrual> for pb::RunAccrualResponse {
    fn from(accrual: Accrual) -> Self {
        Self {
            people: count(accrual.people),
            accrued: count(accrual.done.accrued),
            amended: count(accrual.done.amended),
            ended: count(accrual.done.ended),
            next_page_token: accrual.next,
            results: count(accrual.results),
        }
    }
}
