//! Rankings are closed: from now on dry runs are made of them, and of the students who are in the round now.

use super::create_round::take_in;
use super::find::guarded_round;
use crate::domain::{Outcome, Round, RoundId};
use crate::store::round::{self, Stored};
use crate::store::weights;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ClosePreferences {
    pub round: RoundId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn close_preferences(tx: &mut Tx, scope: &Scope, command: ClosePreferences) -> Result<Stored, Error> {
    let stored = guarded_round(tx, scope, command.round, command.etag).await?;
    let round = stored.round.close(weights::newest(tx).await?.version)?;
    let students = take_in(tx, &round).await?;
    let round = Round { outcome: Outcome { students, ..Outcome::default() }, ..round };
    round::update(tx, &round, scope.now()).await?;
    Ok(Stored { round, created_at: stored.created_at, updated_at: scope.now() })
}
