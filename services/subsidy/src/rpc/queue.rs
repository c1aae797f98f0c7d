//! What waits for the next month, on the wire.

use crate::app::{ListWaiting, Listed};
use crate::domain::Period;
use crate::store::queue::{Filter, Item, Kind, What};
use kit::Error;
use kit::page::Page;
use kit::wire::{date, timestamp, unknown_enum};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ListWaitingItemsRequest> for ListWaiting {
    type Error = Error;
    fn try_from(request: pb::ListWaitingItemsRequest) -> Result<Self, Error> {
        let kind = match pb::WaitingKind::try_from(request.kind) {
            Ok(pb::WaitingKind::Unspecified) => None,
            Ok(pb::WaitingKind::Result) => Some(Kind::Result),
            Ok(pb::WaitingKind::Person) => Some(Kind::Person),
            Err(_) => return Err(unknown_enum("kind", request.kind)),
        };
        let period = if request.period.is_empty() { None } else { Some(Period::parse("period", &request.period)?) };
        Ok(Self { filter: Filter { period, kind }, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl From<Item> for pb::WaitingItem {
    fn from(item: Item) -> Self {
        let waits = Self { period: item.until.period.name(), open_date: Some(date(item.until.opens_on)), ..Self::default() };
        match item.what {
            What::Result { batch, result, by, at } => Self {
                kind: pb::WaitingKind::Result.into(),
                payment_batch: batch.to_string(),
                claim: result.claim.to_string(),
                paid: result.paid,
                bank_reference: result.bank_reference.unwrap_or_default(),
                failure_reason: result.failure_reason.unwrap_or_default(),
                queued_by: by,
                queue_time: Some(timestamp(at)),
                ..waits
            },
            What::Person(person) => Self { kind: pb::WaitingKind::Person.into(), person: person.to_string(), ..waits },
        }
    }
}

impl From<Listed<Item>> for pb::ListWaitingItemsResponse {
    fn from(listed: Listed<Item>) -> Self {
        Self { waiting_items: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
