//! Ends a published round: who could object has had the time, and every objection is decided.

use super::find::guarded_round;
use crate::domain::RoundId;
use crate::events;
use crate::store::objection;
use crate::store::round::{self, Stored};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct FinalizeRound {
    pub round: RoundId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn finalize_round(tx: &mut Tx, scope: &Scope, command: FinalizeRound) -> Result<Stored, Error> {
    let stored = guarded_round(tx, scope, command.round, command.etag).await?;
    // Held before the objections are counted: whoever raises one holds it too.
    round::hold(tx, &stored.round, scope.now()).await?;
    let open = objection::count_open(tx, command.round).await?;
    let round = stored.round.finalize(open, scope.today())?;
    round::update(tx, &round, scope.now()).await?;
    events::emit_finalized(tx, scope, &round).await?;
    Ok(Stored { round, created_at: stored.created_at, updated_at: scope.now() })
}
