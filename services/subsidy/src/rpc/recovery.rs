//! What was paid back, on the wire.

use crate::app::{ListRecoveries, Listed};
use crate::domain::ReceivableId;
use crate::store::receivable::StoredRecovery;
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::timestamp;
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ListRecoveriesRequest> for ListRecoveries {
    type Error = Error;
    fn try_from(request: pb::ListRecoveriesRequest) -> Result<Self, Error> {
        let receivable = ReceivableId::parse("parent", &request.parent)?;
        Ok(Self { receivable, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl From<StoredRecovery> for pb::Recovery {
    fn from(stored: StoredRecovery) -> Self {
        let recovery = stored.recovery;
        Self {
            receivable: recovery.receivable.to_string(),
            amount: Some(recovery.amount.into()),
            bank_reference: recovery.bank_reference,
            recorded_by: stored.recorded_by,
            record_time: Some(timestamp(stored.recorded_at)),
        }
    }
}

impl From<Listed<StoredRecovery>> for pb::ListRecoveriesResponse {
    fn from(listed: Listed<StoredRecovery>) -> Self {
        Self { recoveries: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
