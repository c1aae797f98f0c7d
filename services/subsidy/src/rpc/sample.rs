//! Samples and findings on the wire.

use super::claim::parse_scheme;
use super::payment::count;
use crate::app::{ConfirmFinding, CreateSample, FindSample, FindSampleItem, ListSampleItems, ListSamples, Listed, RecordFinding};
use crate::domain::{ClaimId, FundId, Outcome, Period, Population, SampleId, SampleItemId};
use crate::store::sample::{Filter, ItemFilter, Stored, StoredItem};
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_text, parse_within, timestamp, unknown_enum};
use kit::{Error, Money};
use proto::subsidy::v1 as pb;

/// Claims in a sample.
const MOST: i32 = 1000;

impl TryFrom<pb::CreateSampleRequest> for CreateSample {
    type Error = Error;
    fn try_from(request: pb::CreateSampleRequest) -> Result<Self, Error> {
        let sample = request.sample.ok_or_else(|| Error::required("sample", "a sample with its seed and its months"))?;
        let of = Population {
            fund: FundId::parse_optional("sample.fund", &sample.fund)?,
            scheme: parse_scheme(&sample.scheme)?,
            first: Period::parse("sample.first_period", &sample.first_period)?,
            last: Period::parse("sample.last_period", &sample.last_period)?,
        };
        if of.fund.is_none() && of.scheme.is_none() {
            return Err(Error::required("sample.fund", "a fund, a scheme or both"));
        }
        if of.first > of.last {
            let (first, last) = (of.first, of.last);
            return Err(Error::invalid(
                "sample.last_period",
                "PERIODS_REVERSED",
                format!("`last_period` {last} is before `first_period` {first}"),
                format!("`last_period` {last} 早于 `first_period` {first}"),
            ));
        }
        let size = parse_within("sample.size", sample.size, 1..=MOST, "claims")?;
        let seed = parse_text("sample.seed", sample.seed, 200)?;
        Ok(Self { seed, of, size: usize::try_from(size).unwrap_or_default() })
    }
}

impl TryFrom<pb::GetSampleRequest> for FindSample {
    type Error = Error;
    fn try_from(request: pb::GetSampleRequest) -> Result<Self, Error> {
        SampleId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListSamplesRequest> for ListSamples {
    type Error = Error;
    fn try_from(request: pb::ListSamplesRequest) -> Result<Self, Error> {
        let filter = Filter { fund: FundId::parse_optional("fund", &request.fund)?, scheme: parse_scheme(&request.scheme)? };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::GetSampleItemRequest> for FindSampleItem {
    type Error = Error;
    fn try_from(request: pb::GetSampleItemRequest) -> Result<Self, Error> {
        SampleItemId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListSampleItemsRequest> for ListSampleItems {
    type Error = Error;
    fn try_from(request: pb::ListSampleItemsRequest) -> Result<Self, Error> {
        let filter = ItemFilter {
            sample: SampleId::parse_optional("sample", &request.sample)?,
            claim: ClaimId::parse_optional("claim", &request.claim)?,
            outcome: parse_outcome(request.outcome)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

fn parse_outcome(outcome: i32) -> Result<Option<Outcome>, Error> {
    match pb::FindingOutcome::try_from(outcome) {
        Ok(pb::FindingOutcome::Unspecified) => Ok(None),
        Ok(pb::FindingOutcome::Ok) => Ok(Some(Outcome::Ok)),
        Ok(pb::FindingOutcome::NotOk) => Ok(Some(Outcome::NotOk)),
        Err(_) => Err(unknown_enum("outcome", outcome)),
    }
}

impl TryFrom<pb::RecordFindingRequest> for RecordFinding {
    type Error = Error;
    fn try_from(request: pb::RecordFindingRequest) -> Result<Self, Error> {
        let outcome = parse_outcome(request.outcome)?.ok_or_else(|| Error::required("outcome", "OK or NOT_OK"))?;
        let amount = parse_amount(request.amount)?;
        let ground = match outcome {
            Outcome::NotOk => parse_ground(request.ground)?,
            Outcome::Ok if amount.is_zero() && request.ground.is_empty() => String::new(),
            Outcome::Ok => {
                return Err(Error::invalid(
                    "outcome",
                    "OK_WITH_FAULT",
                    "what is as it should be has neither an amount nor a ground: leave them out",
                    "结论为无问题时不应填写金额或问题代码",
                ));
            }
        };
        Ok(Self { item: SampleItemId::parse("name", &request.name)?, outcome, amount, ground })
    }
}

/// An amount that may be nothing.
fn parse_amount(amount: Option<proto::common::v1::Money>) -> Result<Money, Error> {
    match amount {
        None => Ok(Money::ZERO),
        Some(amount) if amount.fen == 0 => Ok(Money::ZERO),
        amount => Money::parse_positive("amount", amount),
    }
}

fn parse_ground(ground: String) -> Result<String, Error> {
    let ground = parse_text("ground", ground, 40)?;
    if ground.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Ok(ground);
    }
    Err(Error::invalid(
        "ground",
        "GROUND_CODE",
        format!("`ground` is {ground:?}: expected lower-case letters, digits and hyphens, such as `not-employed`"),
        format!("`ground` 为 {ground:?}，应由小写字母、数字和连字符组成，例如 `not-employed`"),
    ))
}

impl TryFrom<pb::ConfirmFindingRequest> for ConfirmFinding {
    type Error = Error;
    fn try_from(request: pb::ConfirmFindingRequest) -> Result<Self, Error> {
        Ok(Self { item: SampleItemId::parse("name", &request.name)?, amount: parse_amount(request.amount)? })
    }
}

impl From<Stored> for pb::Sample {
    fn from(stored: Stored) -> Self {
        let sample = stored.sample;
        Self {
            name: sample.id.to_string(),
            seed: sample.seed,
            fund: sample.of.fund.map(Into::into).unwrap_or_default(),
            scheme: sample.of.scheme.map(|code| format!("schemes/{code}")).unwrap_or_default(),
            first_period: sample.of.first.name(),
            last_period: sample.of.last.name(),
            size: count(sample.size),
            population: count(sample.population),
            created_by: sample.created_by,
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<Listed<Stored>> for pb::ListSamplesResponse {
    fn from(listed: Listed<Stored>) -> Self {
        Self { samples: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<StoredItem> for pb::SampleItem {
    fn from(stored: StoredItem) -> Self {
        let item = stored.item;
        let told = Self {
            name: item.id.to_string(),
            sample: item.sample.to_string(),
            claim: item.claim.to_string(),
            place: count(item.place),
            draw: item.draw,
            ..Self::default()
        };
        let Some(finding) = item.finding else { return told };
        let outcome = match finding.outcome {
            Outcome::Ok => pb::FindingOutcome::Ok,
            Outcome::NotOk => pb::FindingOutcome::NotOk,
        };
        Self {
            outcome: outcome.into(),
            amount: Some(finding.amount.into()),
            ground: finding.ground,
            found_by: finding.by,
            find_time: stored.found_at.map(timestamp),
            confirmed_by: item.confirmed_by.unwrap_or_default(),
            confirm_time: stored.confirmed_at.map(timestamp),
            ..told
        }
    }
}

impl From<Listed<StoredItem>> for pb::ListSampleItemsResponse {
    fn from(listed: Listed<StoredItem>) -> Self {
        Self { sample_items: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
