//! What organisations have had of schemes that cap them.

use super::every;
use crate::domain::{Cap, Grant, OrganisationId, ReceivableId};
use chrono::NaiveDate;
use kit::db::{Tx, Value, args, id_list, statements};
use kit::{Error, Money};
use std::collections::BTreeMap;

statements! {
    READ = {
        postgres: "SELECT s.scheme_code, s.organisation_id, s.year, s.used FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS UUID[]), CAST($3 AS BIGINT[])) AS w (scheme, organisation, year) JOIN subsidy_cap s ON s.scheme_code = w.scheme AND s.organisation_id = w.organisation AND s.year = w.year ORDER BY s.scheme_code, s.organisation_id, s.year",
        sqlite: "SELECT s.scheme_code, s.organisation_id, s.year, s.used FROM jsonb_each($1) AS w JOIN subsidy_cap s ON s.scheme_code = w.value->>0 AND s.organisation_id = w.value->>1 AND s.year = w.value->>2 ORDER BY s.scheme_code, s.organisation_id, s.year",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// As `READ`, held to the end of the transaction.
    HOLD = {
        postgres: "SELECT s.scheme_code, s.organisation_id, s.year, s.used FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS UUID[]), CAST($3 AS BIGINT[])) AS w (scheme, organisation, year) JOIN subsidy_cap s ON s.scheme_code = w.scheme AND s.organisation_id = w.organisation AND s.year = w.year ORDER BY s.scheme_code, s.organisation_id, s.year FOR UPDATE OF s",
        sqlite: "SELECT s.scheme_code, s.organisation_id, s.year, s.used FROM jsonb_each($1) AS w JOIN subsidy_cap s ON s.scheme_code = w.value->>0 AND s.organisation_id = w.value->>1 AND s.year = w.value->>2 ORDER BY s.scheme_code, s.organisation_id, s.year",
        reason: "a SQLite file has one writer, and no FOR UPDATE; and knows no arrays: its rows come as JSON",
    };
    /// Begins with what was granted before anybody counted. Who begins at the same time is waited for, and then it is there.
    OPEN = {
        postgres: "INSERT INTO subsidy_cap (scheme_code, organisation_id, year, used) SELECT w.scheme, w.organisation, w.year, COALESCE((SELECT CAST(SUM(c.amount - COALESCE((SELECT SUM(r.recovered) FROM subsidy_receivable r WHERE r.claim_id = c.claim_id), 0) - COALESCE((SELECT SUM(n.amount) FROM subsidy_netting n JOIN subsidy_receivable r ON r.receivable_id = n.receivable_id WHERE r.claim_id = c.claim_id AND n.state = 'posted'), 0)) AS BIGINT) FROM subsidy_claim c WHERE c.scheme_code = w.scheme AND c.beneficiary_id = w.organisation AND c.state IN ('approved', 'paid', 'clawed_back') AND (w.year = 0 OR w.year = CAST(SUBSTR(CAST(c.earned_on AS TEXT), 1, 4) AS BIGINT))), 0) FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS UUID[]), CAST($3 AS BIGINT[])) WITH ORDINALITY AS w (scheme, organisation, year, place) ORDER BY place ON CONFLICT (scheme_code, organisation_id, year) DO NOTHING",
        sqlite: "INSERT INTO subsidy_cap (scheme_code, organisation_id, year, used) SELECT w.value->>0, w.value->>1, w.value->>2, COALESCE((SELECT SUM(c.amount - COALESCE((SELECT SUM(r.recovered) FROM subsidy_receivable r WHERE r.claim_id = c.claim_id), 0) - COALESCE((SELECT SUM(n.amount) FROM subsidy_netting n JOIN subsidy_receivable r ON r.receivable_id = n.receivable_id WHERE r.claim_id = c.claim_id AND n.state = 'posted'), 0)) FROM subsidy_claim c WHERE c.scheme_code = w.value->>0 AND c.beneficiary_id = w.value->>1 AND c.state IN ('approved', 'paid', 'clawed_back') AND (w.value->>2 = 0 OR w.value->>2 = CAST(SUBSTR(CAST(c.earned_on AS TEXT), 1, 4) AS BIGINT))), 0) FROM jsonb_each($1) AS w WHERE TRUE ON CONFLICT (scheme_code, organisation_id, year) DO NOTHING",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// The one statement that counts: what would go above a cap, or below nothing, is left out.
    COUNT = {
        postgres: "UPDATE subsidy_cap AS s SET used = s.used + d.fen FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[])) AS d (scheme, organisation, year, fen, most) WHERE s.scheme_code = d.scheme AND s.organisation_id = d.organisation AND s.year = d.year AND s.used + d.fen >= 0 AND (d.most IS NULL OR s.used + d.fen <= d.most)",
        sqlite: "UPDATE subsidy_cap AS s SET used = s.used + (d.value->>3) FROM jsonb_each($1) AS d WHERE s.scheme_code = d.value->>0 AND s.organisation_id = d.value->>1 AND s.year = d.value->>2 AND s.used + (d.value->>3) >= 0 AND (d.value->>4 IS NULL OR s.used + (d.value->>3) <= d.value->>4)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// The claims that left debts.
    OF_DEBTS = {
        postgres: "SELECT r.receivable_id, c.scheme_code, c.beneficiary_id, c.earned_on FROM subsidy_receivable r JOIN subsidy_claim c ON c.claim_id = r.claim_id WHERE r.receivable_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT r.receivable_id, c.scheme_code, c.beneficiary_id, c.earned_on FROM subsidy_receivable r JOIN subsidy_claim c ON c.claim_id = r.claim_id WHERE r.receivable_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
}

/// How caps are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looking {
    Reading,
    /// They are held to the end of the transaction.
    Holding,
}

/// What is used of those of these caps that have been counted.
pub async fn used(tx: &mut Tx, looking: Looking, caps: impl Iterator<Item = &Cap>) -> Result<BTreeMap<Cap, i64>, Error> {
    let sql = if looking == Looking::Holding { HOLD } else { READ };
    let rows: Vec<(String, OrganisationId, i64, i64)> = tx.fetch_rows(sql, args![], rows(caps)).await?;
    let read = |(scheme, organisation, year, used)| (Cap { scheme, organisation, year }, used);
    Ok(rows.into_iter().map(read).collect())
}

fn rows<'a>(caps: impl Iterator<Item = &'a Cap>) -> Vec<Vec<Value>> {
    caps.map(|cap| args![&cap.scheme, cap.organisation, cap.year]).collect()
}

/// Begins to count caps that nobody counted; answers how many of them nobody else began at the same time.
pub async fn open(tx: &mut Tx, caps: impl Iterator<Item = &Cap>) -> Result<u64, Error> {
    tx.execute_rows(OPEN, args![], rows(caps)).await
}

/// Counts changes, each within the limit given with it, on caps that are held.
pub async fn count(tx: &mut Tx, changes: &BTreeMap<Cap, (i64, Option<i64>)>) -> Result<(), Error> {
    let row = |(cap, (fen, limit)): (&Cap, &(i64, Option<i64>))| args![&cap.scheme, cap.organisation, cap.year, fen, limit];
    every(tx, COUNT, args![], changes.iter().map(row).collect()).await
}

/// What was granted where these debts come from, with what comes back of each.
pub async fn of_debts(tx: &mut Tx, back: &BTreeMap<ReceivableId, Money>) -> Result<Vec<Grant>, Error> {
    let rows: Vec<(ReceivableId, String, OrganisationId, NaiveDate)> =
        tx.fetch_all(OF_DEBTS, args![id_list(back.keys().copied())]).await?;
    let grant = |(id, scheme, organisation, earned_on)| {
        let amount = back.get(&id).copied().unwrap_or(Money::ZERO);
        Grant { scheme, organisation, earned_on, amount }
    };
    Ok(rows.into_iter().map(grant).collect())
}
