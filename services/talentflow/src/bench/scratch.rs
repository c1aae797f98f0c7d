//! A database of the benchmark's own, with claims that wait for approval. What is in the database that was named stays
//! untouched.

use super::peer::run;
use anyhow::Context as _;
use kit::config::Config;
use kit::db::{Db, Lane, args, statements};
use kit::id::Id;
use kit::rng::Chance;
use serde_json::json;
use std::process::Command;
use subsidy::domain::{ClaimId, FundId, OrganisationId, PersonId, Schemes};
use tempfile::TempDir;

/// Claims of one statement.
const AT_ONCE: usize = 5000;
/// What each claim asks for: a yuan.
pub const FEN: i64 = 100;
/// Organisations that get the money.
const BENEFICIARIES: u64 = 1000;
/// What an approver has seen of every claim.
pub const HASH: &str = "bench";

/// A fresh database beside the one of the configuration; it is gone with the value.
pub struct Scratch {
    pub url: String,
    place: Place,
}

enum Place {
    /// The URL of the server's own database, and the name of ours.
    Postgres(String, String),
    Sqlite(#[expect(dead_code, reason = "removes the folder when it is dropped")] TempDir),
}

impl Scratch {
    pub fn new(config: &Config, chance: &Chance) -> anyhow::Result<Self> {
        let given = config.database.url.expose();
        if given.starts_with("sqlite:") {
            let folder = tempfile::tempdir()?;
            let url = format!("sqlite:{}", folder.path().join("bench.db").display());
            return Ok(Self { url, place: Place::Sqlite(folder) });
        }
        let name = format!("talentflow_bench_{:08x}", chance.below(1 << 32));
        let (server, _) = given.rsplit_once('/').context("database.url names no database")?;
        run(Command::new("psql").args(["--quiet", given, "-c", &format!("CREATE DATABASE {name}")]), "")?;
        Ok(Self { url: format!("{server}/{name}"), place: Place::Postgres(given.to_owned(), name) })
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Postgres(..))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Place::Postgres(given, name) = &self.place {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            if let Err(error) = run(Command::new("psql").args(["--quiet", given, "-c", &drop]), "") {
                eprintln!("the database {name} of the benchmark is left over: {error}");
            }
        }
    }
}

/// Writes claims that were checked and wait for approval, spread over the funds in turn. They count their events from 0, as
/// nothing was told of them yet.
pub async fn claims(db: &Db, chance: &Chance, funds: &[FundId], count: usize) -> anyhow::Result<Vec<ClaimId>> {
    let clock = kit::clock::Clock::System;
    // Approvals go by what the scheme says that judged a claim.
    let scheme = Schemes::shipped().find("hiring-subsidy", 1);
    let digest = scheme.map(|scheme| scheme.digest.clone()).unwrap_or_default();
    let mut ids = Vec::with_capacity(count);
    let beneficiaries: Vec<OrganisationId> =
        (0..BENEFICIARIES).map(|_| OrganisationId::from_uuid(chance.uuid(clock.now()))).collect();
    while ids.len() < count {
        let mut rows = Vec::new();
        for _ in 0..AT_ONCE.min(count - ids.len()) {
            let (id, person) = (chance.uuid(clock.now()), PersonId::from_uuid(chance.uuid(clock.now())));
            let fund = funds[ids.len() % funds.len()];
            let beneficiary = beneficiaries[ids.len() % beneficiaries.len()];
            rows.push(json!([id, fund.uuid(), person.uuid(), beneficiary.uuid()]));
            ids.push(ClaimId::from_uuid(id));
        }
        let mut tx = db.begin(Lane::Request).await?;
        let now = clock.now();
        tx.execute(CLAIMS, args![json!(rows).to_string(), FEN, HASH, now, kit::clock::local_date(now), digest.as_str()]).await?;
        tx.commit().await?;
    }
    if db.engine() == kit::db::Engine::Postgres {
        let mut tx = db.begin(Lane::Request).await?;
        tx.execute(ANALYZE, args![]).await?;
        tx.commit().await?;
    }
    Ok(ids)
}

statements! {
    CLAIMS = {
        postgres: "INSERT INTO subsidy_claim (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, submitted_by, checks, reconsider, created_at, updated_at) SELECT CAST(e->>0 AS UUID), 0, 'hiring-subsidy', 1, $6, 'bench', CAST(e->>1 AS UUID), CAST(e->>2 AS UUID), CAST(e->>3 AS UUID), 'bench', 1, 1, $2, $5, 'bench', 'checked', $3, 'asker', '[]', FALSE, $4, $4 FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS claims (e)",
        sqlite: "INSERT INTO subsidy_claim (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, submitted_by, checks, reconsider, created_at, updated_at) SELECT value->>0, 0, 'hiring-subsidy', 1, $6, 'bench', value->>1, value->>2, value->>3, 'bench', 1, 1, $2, $5, 'bench', 'checked', $3, 'asker', '[]', FALSE, $4, $4 FROM jsonb_each($1)",
        reason: "neither engine reads the other's form of a JSON array",
    };
    /// So that the first plans are not made for empty tables.
    ANALYZE = "ANALYZE";
}
