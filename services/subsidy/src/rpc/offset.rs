//! The tax offset on the wire.

use super::claim::parse_evidence;
use super::payment::count;
use crate::app::{
    ConfirmOffset, FileOffset, FindOffsetYear, ListOffsetYears, ListStatements, Listed, ReturnOffset, Statement, StatementOf,
};
use crate::domain::{OffsetFiling, OffsetState, OffsetYearId, OrganisationId};
use crate::store::offset::{Filter, Standing, Stored, StoredFiling};
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_text, parse_within, timestamp, unknown_enum};
use kit::{Error, Money};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::FileOffsetYearRequest> for FileOffset {
    type Error = Error;
    fn try_from(request: pb::FileOffsetYearRequest) -> Result<Self, Error> {
        let enterprise = OrganisationId::parse("enterprise", &request.enterprise)?;
        // What is missing is for the scheme to say.
        let evidence = if request.evidence.is_empty() { Vec::new() } else { parse_evidence(request.evidence)? };
        let filing = OffsetFiling {
            revision: 0,
            investment: parse_amount("investment", request.investment)?,
            surcharges: parse_amount("surcharges", request.surcharges)?,
            evidence,
            by: String::new(),
        };
        Ok(Self { enterprise, year: parse_year(request.year)?, filing })
    }
}

fn parse_year(year: i32) -> Result<i32, Error> {
    parse_within("year", year, 2000..=2200, "as a year of the calendar")
}

/// An amount that may be nothing, but is said.
fn parse_amount(field: &str, amount: Option<proto::common::v1::Money>) -> Result<Money, Error> {
    match amount {
        Some(amount) if amount.fen == 0 => Ok(Money::ZERO),
        amount => Money::parse_positive(field, amount),
    }
}

fn parse_revision(revision: i32) -> Result<i64, Error> {
    parse_within("revision", revision, 1..=i32::MAX, "as the filing that was looked at").map(i64::from)
}

impl TryFrom<pb::ConfirmOffsetYearRequest> for ConfirmOffset {
    type Error = Error;
    fn try_from(request: pb::ConfirmOffsetYearRequest) -> Result<Self, Error> {
        let listed = request.integration_listed;
        let note = if request.note.is_empty() { String::new() } else { parse_text("note", request.note, 500)? };
        Ok(Self {
            year: OffsetYearId::parse("name", &request.name)?,
            revision: parse_revision(request.revision)?,
            integration_listed: listed.ok_or_else(|| Error::required("integration_listed", "true or false"))?,
            note,
        })
    }
}

impl TryFrom<pb::ReturnOffsetYearRequest> for ReturnOffset {
    type Error = Error;
    fn try_from(request: pb::ReturnOffsetYearRequest) -> Result<Self, Error> {
        Ok(Self {
            year: OffsetYearId::parse("name", &request.name)?,
            revision: parse_revision(request.revision)?,
            reason: parse_text("reason", request.reason, 500)?,
        })
    }
}

impl TryFrom<pb::GetOffsetYearRequest> for FindOffsetYear {
    type Error = Error;
    fn try_from(request: pb::GetOffsetYearRequest) -> Result<Self, Error> {
        OffsetYearId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListOffsetYearsRequest> for ListOffsetYears {
    type Error = Error;
    fn try_from(request: pb::ListOffsetYearsRequest) -> Result<Self, Error> {
        let state = match pb::OffsetState::try_from(request.state) {
            Ok(pb::OffsetState::Unspecified) => None,
            Ok(pb::OffsetState::Filed) => Some(OffsetState::Filed),
            Ok(pb::OffsetState::Returned) => Some(OffsetState::Returned),
            Ok(pb::OffsetState::Confirmed) => Some(OffsetState::Confirmed),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let year = if request.year == 0 { None } else { Some(parse_year(request.year)?) };
        let filter = Filter { enterprise: OrganisationId::parse_optional("enterprise", &request.enterprise)?, year, state };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::GetOffsetStatementRequest> for StatementOf {
    type Error = Error;
    fn try_from(request: pb::GetOffsetStatementRequest) -> Result<Self, Error> {
        let enterprise = OrganisationId::parse("enterprise", &request.enterprise)?;
        Ok(Self { enterprise, year: parse_year(request.year)? })
    }
}

impl TryFrom<pb::ListOffsetStatementsRequest> for ListStatements {
    type Error = Error;
    fn try_from(request: pb::ListOffsetStatementsRequest) -> Result<Self, Error> {
        Ok(Self { year: parse_year(request.year)?, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl From<OffsetState> for pb::OffsetState {
    fn from(state: OffsetState) -> Self {
        match state {
            OffsetState::Filed => Self::Filed,
            OffsetState::Returned => Self::Returned,
            OffsetState::Confirmed => Self::Confirmed,
        }
    }
}

impl From<StoredFiling> for pb::OffsetFiling {
    fn from(stored: StoredFiling) -> Self {
        let filing = stored.filing;
        let filed = Self {
            revision: count(filing.revision),
            investment: Some(filing.investment.into()),
            surcharges: Some(filing.surcharges.into()),
            evidence: filing.evidence.into_iter().map(Into::into).collect(),
            filed_by: filing.by,
            file_time: Some(timestamp(stored.filed_at)),
            ..Self::default()
        };
        let Some((decision, decided_at)) = stored.decision else { return filed };
        let verdict = if decision.confirmed.is_some() { pb::OffsetState::Confirmed } else { pb::OffsetState::Returned };
        Self {
            decision: verdict.into(),
            decided_by: decision.by,
            reason: decision.reason,
            decide_time: Some(timestamp(decided_at)),
            ..filed
        }
    }
}

impl From<Stored> for pb::OffsetYear {
    fn from(stored: Stored) -> Self {
        let year = stored.year;
        Self {
            name: year.id.to_string(),
            enterprise: year.enterprise.to_string(),
            year: year.year,
            state: pb::OffsetState::from(year.state).into(),
            revision: count(year.revision),
            confirmed_revision: count(year.confirmed),
            filings: stored.filings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Listed<Stored>> for pb::ListOffsetYearsResponse {
    fn from(listed: Listed<Stored>) -> Self {
        Self { offset_years: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<Standing> for pb::OffsetStatementYear {
    fn from(standing: Standing) -> Self {
        let (year, confirmed) = (standing.year, standing.confirmed);
        let (offset, scheme) = (year.offset, confirmed.grant.scheme);
        Self {
            offset_year: year.id.to_string(),
            year: year.year,
            revision: count(year.confirmed),
            investment: Some(standing.investment.into()),
            surcharges: Some(standing.surcharges.into()),
            integration_listed: confirmed.integration_listed,
            scheme: format!("schemes/{}", scheme.code),
            scheme_version: count(scheme.version),
            scheme_digest: scheme.digest,
            brought: Some(offset.brought.into()),
            credit: Some(offset.credit.into()),
            used: Some(offset.used.into()),
            carried: Some(offset.carried.into()),
            confirm_time: Some(timestamp(standing.confirmed_at)),
        }
    }
}

impl From<Statement> for pb::OffsetStatement {
    fn from(statement: Statement) -> Self {
        let offset = statement.offset;
        Self {
            enterprise: statement.enterprise.to_string(),
            year: offset.year,
            brought: Some(offset.brought.into()),
            credit: Some(offset.credit.into()),
            used: Some(offset.used.into()),
            carried: Some(offset.carried.into()),
            years: statement.years.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Listed<Statement>> for pb::ListOffsetStatementsResponse {
    fn from(listed: Listed<Statement>) -> Self {
        Self { offset_statements: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
