//! Claims on the wire.

use super::MOST;
use crate::app::{Approval, Approve, Changed, Check, Explain, Explanation, FindClaim, ListClaims, Listed, Reject, Submit};
use crate::domain::{
    CheckResult, ClaimId, Endorsement, Evidence, Fact, FundId, OrganisationId, Overridden, PersonId, Portion, SourceKind, State,
    is_printable,
};
use crate::store::claim::{Filter, Stored};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{date, etag, parse_batch, parse_text, timestamp, unknown_enum};
use proto::subsidy::v1 as pb;
use std::collections::{BTreeMap, BTreeSet};

impl TryFrom<pb::GetClaimRequest> for FindClaim {
    type Error = Error;
    fn try_from(request: pb::GetClaimRequest) -> Result<Self, Error> {
        ClaimId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ExplainClaimRequest> for Explain {
    type Error = Error;
    fn try_from(request: pb::ExplainClaimRequest) -> Result<Self, Error> {
        ClaimId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListClaimsRequest> for ListClaims {
    type Error = Error;
    fn try_from(request: pb::ListClaimsRequest) -> Result<Self, Error> {
        let filter = Filter {
            state: parse_state(request.state)?,
            scheme: parse_scheme(&request.scheme)?,
            beneficiary: OrganisationId::parse_optional("beneficiary", &request.beneficiary)?,
            person: PersonId::parse_optional("person", &request.person)?,
            fund: FundId::parse_optional("fund", &request.fund)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::BatchSubmitClaimsRequest> for Submit {
    type Error = Error;
    fn try_from(request: pb::BatchSubmitClaimsRequest) -> Result<Self, Error> {
        let claims = parse_names(request.names)?;
        let mut evidence = BTreeMap::new();
        for (at, of_claim) in request.evidence.into_iter().enumerate() {
            let field = format!("evidence[{at}]");
            let claim = ClaimId::parse(&format!("{field}.claim"), &of_claim.claim)?;
            if !claims.contains(&claim) || evidence.contains_key(&claim) {
                let en = format!("`evidence` is of each claim in `names` once; {claim} is not there, or was before");
                let zh = format!("`evidence` 应对应 `names` 中的申领且每笔一次；{claim} 不在其中或已重复");
                return Err(Error::invalid(&format!("{field}.claim"), "EVIDENCE_OF_OTHER", en, zh));
            }
            evidence.insert(claim, parse_evidence(of_claim.evidence).map_err(|error| error.within(&field))?);
        }
        Ok(Self { claims, evidence })
    }
}

impl TryFrom<pb::BatchCheckClaimsRequest> for Check {
    type Error = Error;
    fn try_from(request: pb::BatchCheckClaimsRequest) -> Result<Self, Error> {
        parse_names(request.names).map(Self)
    }
}

impl TryFrom<pb::ApproveClaimRequest> for Approval {
    type Error = Error;
    fn try_from(request: pb::ApproveClaimRequest) -> Result<Self, Error> {
        Ok(Self {
            claim: ClaimId::parse("name", &request.name)?,
            content_hash: parse_text("content_hash", request.content_hash, 64)?,
        })
    }
}

impl TryFrom<pb::BatchApproveClaimsRequest> for Approve {
    type Error = Error;
    fn try_from(request: pb::BatchApproveClaimsRequest) -> Result<Self, Error> {
        let requests = parse_batch("requests", request.requests, MOST)?;
        let read = |(at, one): (usize, pb::ApproveClaimRequest)| {
            Approval::try_from(one).map_err(|error| error.within(&format!("requests[{at}]")))
        };
        let approvals: Vec<Approval> = requests.into_iter().enumerate().map(read).collect::<Result<_, Error>>()?;
        once_each("requests", approvals.iter().map(|approval| approval.claim))?;
        Ok(Self(approvals))
    }
}

impl TryFrom<pb::RejectClaimRequest> for Reject {
    type Error = Error;
    fn try_from(request: pb::RejectClaimRequest) -> Result<Self, Error> {
        Ok(Self {
            claim: ClaimId::parse("name", &request.name)?,
            etag: Some(request.etag).filter(|etag| !etag.is_empty()),
            reason: parse_text("reason", request.reason, 500)?,
        })
    }
}

/// Each code once.
pub(super) fn parse_evidence(evidence: Vec<pb::Evidence>) -> Result<Vec<Evidence>, Error> {
    let mut read: Vec<Evidence> = Vec::with_capacity(evidence.len());
    for (at, one) in parse_batch("evidence", evidence, 50)?.into_iter().enumerate() {
        let field = |name: &str| format!("evidence[{at}].{name}");
        let code = parse_text(&field("code"), one.code, 40)?;
        if read.iter().any(|other| other.code == code) {
            let (en, zh) = (format!("`{code}` is named twice"), format!("“{code}”重复出现"));
            return Err(Error::invalid(&field("code"), "DUPLICATE", en, zh));
        }
        let is_digest = one.sha256.len() == 64 && one.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_digest {
            let en = "this is no SHA-256: expected 64 lower-case hexadecimal digits";
            return Err(Error::invalid(&field("sha256"), "SHA256", en, "这不是 SHA-256 摘要，应为 64 位小写十六进制数字"));
        }
        let place = parse_text(&field("place"), one.place, 200)?;
        if !is_printable(&place) {
            let (en, zh) = ("a place is named in one line of printable characters", "存放位置应为单行可打印字符");
            return Err(Error::invalid(&field("place"), "NOT_PRINTABLE", en, zh));
        }
        read.push(Evidence { code, sha256: one.sha256, place });
    }
    Ok(read)
}

fn parse_names(names: Vec<String>) -> Result<Vec<ClaimId>, Error> {
    let names = parse_batch("names", names, MOST)?;
    let read = |(at, name): (usize, &String)| ClaimId::parse(&format!("names[{at}]"), name);
    let ids: Vec<ClaimId> = names.iter().enumerate().map(read).collect::<Result<_, Error>>()?;
    once_each("names", ids.iter().copied())?;
    Ok(ids)
}

/// A claim stands in a batch once.
pub(super) fn once_each(field: &str, ids: impl Iterator<Item = ClaimId>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (at, id) in ids.enumerate() {
        if !seen.insert(id) {
            return Err(Error::invalid(
                &format!("{field}[{at}]"),
                "DUPLICATE",
                format!("{id} is in `{field}` twice; name it once"),
                format!("{id} 在 `{field}` 中重复出现"),
            ));
        }
    }
    Ok(())
}

pub(super) fn parse_scheme(name: &str) -> Result<Option<String>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let code = name.strip_prefix("schemes/").filter(|code| !code.is_empty());
    code.map(|code| Some(code.to_owned())).ok_or_else(|| {
        Error::invalid(
            "scheme",
            "RESOURCE_NAME",
            format!("`{name}` is not the name of a scheme: expected schemes/{{code}}"),
            format!("“{name}”不是补贴项目的资源名，应为 schemes/{{code}}"),
        )
    })
}

fn parse_state(state: i32) -> Result<Option<State>, Error> {
    Ok(match pb::ClaimState::try_from(state) {
        Ok(pb::ClaimState::Unspecified) => None,
        Ok(pb::ClaimState::Accrued) => Some(State::Accrued),
        Ok(pb::ClaimState::Submitted) => Some(State::Submitted),
        Ok(pb::ClaimState::Checked) => Some(State::Checked),
        Ok(pb::ClaimState::Approved) => Some(State::Approved),
        Ok(pb::ClaimState::Paid) => Some(State::Paid),
        Ok(pb::ClaimState::Rejected) => Some(State::Rejected),
        Ok(pb::ClaimState::Voided) => Some(State::Voided),
        Ok(pb::ClaimState::ClawedBack) => Some(State::ClawedBack),
        Err(_) => return Err(unknown_enum("state", state)),
    })
}

impl From<State> for pb::ClaimState {
    fn from(state: State) -> Self {
        match state {
            State::Accrued => Self::Accrued,
            State::Submitted => Self::Submitted,
            State::Checked => Self::Checked,
            State::Approved => Self::Approved,
            State::Paid => Self::Paid,
            State::Rejected => Self::Rejected,
            State::Voided => Self::Voided,
            State::ClawedBack => Self::ClawedBack,
        }
    }
}

impl From<Overridden> for pb::OverriddenCheck {
    fn from(said: Overridden) -> Self {
        Self { check: said.check.to_string(), reason: said.reason, document: said.document }
    }
}

fn check(result: CheckResult, overrides: &[Overridden]) -> pb::Check {
    let overridden = !result.passed && overrides.iter().any(|said| said.check == result.check);
    pb::Check { check: result.check.to_string(), passed: result.passed, detail: result.detail, overridden }
}

impl From<Evidence> for pb::Evidence {
    fn from(evidence: Evidence) -> Self {
        Self { code: evidence.code, sha256: evidence.sha256, place: evidence.place }
    }
}

impl From<Endorsement> for pb::ClaimApproval {
    fn from(given: Endorsement) -> Self {
        Self { approved_by: given.by, approve_time: Some(timestamp(given.at)) }
    }
}

impl From<Portion> for pb::ClaimSource {
    fn from(portion: Portion) -> Self {
        let Portion { kind, fund, amount } = portion;
        Self { fund: fund.to_string(), kind: pb::SourceKind::from(kind).into(), amount: Some(amount.into()) }
    }
}

/// Who carries a claim, since it was approved: its fund alone where nobody is named.
fn sources(stored: &mut Stored) -> Vec<Portion> {
    let named = std::mem::take(&mut stored.sources);
    let claim = &stored.claim;
    let alone = claim.fund.filter(|_| named.is_empty() && claim.approved_by.is_some());
    let alone = alone.map(|fund| Portion { kind: SourceKind::CoFunding, fund, amount: claim.amount });
    named.into_iter().chain(alone).collect()
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl From<Stored> for pb::Claim {
    fn from(mut stored: Stored) -> Self {
        let sources = sources(&mut stored);
        let claim = stored.claim;
        Self {
            name: claim.id.to_string(),
            scheme: format!("schemes/{}", claim.scheme.code),
            scheme_version: count(claim.scheme.version),
            fund: claim.fund.map(Into::into).unwrap_or_default(),
            beneficiary: claim.beneficiary.to_string(),
            person: claim.person.to_string(),
            amount: Some(claim.amount.into()),
            earned_on: Some(date(claim.earned_on)),
            state: pb::ClaimState::from(claim.state).into(),
            content_hash: claim.content_hash,
            checks: stored.checks.into_iter().map(|result| check(result, &claim.overrides)).collect(),
            submitted_by: claim.submitted_by.unwrap_or_default(),
            approved_by: claim.approved_by.unwrap_or_default(),
            reason: claim.reason.unwrap_or_default(),
            etag: etag(claim.version),
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
            stage: count(claim.stage),
            part: count(claim.part),
            clawed_back: Some(claim.clawed_back.into()),
            occasion: claim.occasion,
            publicity_end_date: claim.publicity_end.map(date),
            open_objections: count(stored.open_objections),
            approvals: stored.approvals.into_iter().map(Into::into).collect(),
            evidence: claim.evidence.into_iter().map(Into::into).collect(),
            sources: sources.into_iter().map(Into::into).collect(),
            filing: claim.filing.map(|filing| filing.as_ref().into()),
            overridden_checks: claim.overrides.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Listed<Stored>> for pb::ListClaimsResponse {
    fn from(listed: Listed<Stored>) -> Self {
        Self { claims: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

macro_rules! batch_of_claims {
    ($($response:ident),+) => {$(
        impl From<Changed> for pb::$response {
            fn from(changed: Changed) -> Self {
                Self { claims: changed.0.into_iter().map(Into::into).collect() }
            }
        }
    )+};
}
batch_of_claims!(BatchSubmitClaimsResponse, BatchCheckClaimsResponse, BatchApproveClaimsResponse);

impl From<Fact> for pb::Fact {
    fn from(fact: Fact) -> Self {
        Self {
            kind: fact.kind.to_string(),
            // An employment that ended, and a rotation, are told by their last day.
            date: Some(date(fact.end_day.unwrap_or(fact.day))),
            event: fact.key,
            event_type: fact.event_type,
            subject: fact.subject,
        }
    }
}

impl From<Explanation> for pb::ClaimExplanation {
    fn from(explanation: Explanation) -> Self {
        Self {
            claim: Some(explanation.stored.into()),
            scheme: explanation.scheme.map(|scheme| scheme.as_ref().into()),
            facts: explanation.facts.into_iter().map(Into::into).collect(),
            ledger_entries: explanation.entries.into_iter().map(Into::into).collect(),
        }
    }
}
