//! A sample of what was paid is drawn by a published seed, and kept: whoever has the seed draws the same.

use crate::domain::{Hit, Population, Sample, SampleId, SampleItem, SampleRefusal, draw};
use crate::events;
use crate::store::sample::{self, Stored};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateSample {
    pub seed: String,
    pub of: Population,
    /// How many claims at most.
    pub size: usize,
}

pub async fn create_sample(tx: &mut Tx, scope: &Scope, command: CreateSample) -> Result<Stored, Error> {
    let CreateSample { seed, of, size } = command;
    // Until it is over, a month takes payments, and the same seed would hit others tomorrow.
    of.last.is_over(scope.today())?;
    let paid = sample::population(tx, &of).await?;
    let population = paid.len();
    let hits = draw(&seed, paid, size);
    if hits.is_empty() {
        return Err(SampleRefusal::SampleEmpty.into());
    }
    let id: SampleId = scope.id();
    let item = |(place, hit): (i64, Hit)| SampleItem {
        id: scope.id(),
        // Counts its events; being drawn is one of the sample's.
        version: 0,
        sample: id,
        claim: hit.claim,
        place,
        draw: hit.draw,
        finding: None,
        confirmed_by: None,
    };
    let items: Vec<SampleItem> = (1..).zip(hits).map(item).collect();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let created_by = scope.principal().subject.clone();
    let drawn = Sample { id, seed, of, population: count(population), size: count(items.len()), created_by };
    sample::insert(tx, &drawn, &items, scope.now()).await?;
    events::sample_created(tx, scope, &drawn).await?;
    Ok(Stored { sample: drawn, created_at: scope.now() })
}
