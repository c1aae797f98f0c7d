//! The bureau says anew how much each part of the fit counts.

use crate::domain::Weights;
use crate::store::weights;
use kit::{Error, Scope, Tx};

/// The weights; the version is given here.
#[derive(Debug, Clone, Copy)]
pub struct SetWeights(pub Weights);

pub async fn set_weights(tx: &mut Tx, _: &Scope, command: SetWeights) -> Result<Weights, Error> {
    let version = weights::newest(tx).await?.version + 1;
    let weights = Weights { version, ..command.0 };
    if weights::insert(tx, &weights).await? { Ok(weights) } else { Err(Error::stale("weights")) }
}
