//! Chance comes from the context, by labelled child generators: one more draw in one place does not
//! reshuffle the others, so a seed that failed fails again.

use chrono::{DateTime, Utc};
use rand::rngs::SysRng;
use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha12Rng;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A source of chance that can hand out independent children by label.
#[derive(Debug, Clone)]
pub struct Chance {
    seed: [u8; 32],
    rng: Arc<Mutex<ChaCha12Rng>>,
}

impl Chance {
    /// The same seed gives the same draws.
    pub fn seeded(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self::from_seed(bytes)
    }

    /// A seed from the operating system.
    pub fn system() -> Result<Self, crate::Error> {
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed).map_err(crate::Error::internal)?;
        Ok(Self::from_seed(seed))
    }

    fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, rng: Arc::new(Mutex::new(ChaCha12Rng::from_seed(seed))) }
    }

    /// A generator of its own for `label`.
    #[must_use]
    pub fn child(&self, label: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(label);
        Self::from_seed(hash.finalize().into())
    }

    pub fn bits(&self) -> u64 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// A number below `bound`, evenly; `0` when there is nothing to choose from.
    pub fn below(&self, bound: u64) -> u64 {
        // Multiply-shift: the bias is below 2^-64 times the bound, far under anything a city can show.
        u64::try_from((u128::from(self.bits()) * u128::from(bound)) >> 64).unwrap_or_default()
    }

    /// A `UUIDv7`: ordered by the millisecond it was made in, random otherwise.
    pub fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let mut random = [0; 10];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut random);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_does_not_notice_draws_from_its_siblings() {
        let (quiet, busy) = (Chance::seeded(42), Chance::seeded(42));
        for _ in 0..100 {
            busy.bits();
            busy.child("other").bits();
        }
        assert_eq!(quiet.child("matching").bits(), busy.child("matching").bits());
        assert_ne!(quiet.child("matching").bits(), quiet.child("other").bits());
    }
}
