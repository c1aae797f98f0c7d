//! Claims in their table.

use crate::domain::{
    CheckOverride, CheckResult, Claim, ClaimId, Endorsement, FundId, OrganisationId, PaymentBatchId, PersonId, Portion,
    SchemeVersion, State,
};
use chrono::{DateTime, NaiveDate, Utc};
use kit::db::{Tx, Value, args, id_list, statements};
use kit::page::Page;
use kit::{Error, Money};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A claim with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub claim: Claim,
    pub checks: Vec<CheckResult>,
    /// By whom it was approved, as far as that was read.
    pub approvals: Vec<Endorsement>,
    /// Who carries it, as far as that was read; nobody by name where its fund carries it alone.
    pub sources: Vec<Portion>,
    /// What was asked for of its checks, as far as that was read.
    pub overrides: Vec<CheckOverride>,
    /// Objections that nobody has decided about.
    pub open_objections: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Stored {
    /// One that has just been made.
    pub fn new(claim: Claim, now: DateTime<Utc>) -> Self {
        let (checks, approvals, overrides) = (Vec::new(), Vec::new(), Vec::new());
        Self { claim, checks, approvals, sources: Vec::new(), overrides, open_objections: 0, created_at: now, updated_at: now }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    claim_id: ClaimId,
    version: i64,
    scheme_code: String,
    scheme_version: i64,
    scheme_digest: String,
    fund_code: String,
    fund_id: Option<FundId>,
    person_id: PersonId,
    beneficiary_id: OrganisationId,
    occasion: String,
    stage: i64,
    part: i64,
    amount: Money,
    clawed_back: Money,
    denied: Money,
    earned_on: NaiveDate,
    facts: String,
    #[sqlx(try_from = "String")]
    state: State,
    content_hash: String,
    submitted_by: Option<String>,
    approved_by: Option<String>,
    checks: String,
    batch_id: Option<PaymentBatchId>,
    reconsider: bool,
    reason: Option<String>,
    ended_by: Option<String>,
    evidence: String,
    publicity_end_date: Option<NaiveDate>,
    open_objections: i64,
    later_checks: String,
    overrides: String,
    filing: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let mut checks: Vec<CheckResult> = serde_json::from_str(&row.checks).map_err(Error::internal)?;
        checks.extend(serde_json::from_str::<Vec<CheckResult>>(&row.later_checks).map_err(Error::internal)?);
        let claim = Claim {
            id: row.claim_id,
            version: row.version,
            scheme: SchemeVersion { code: row.scheme_code, version: row.scheme_version, digest: row.scheme_digest },
            fund_code: row.fund_code,
            fund: row.fund_id,
            person: row.person_id,
            beneficiary: row.beneficiary_id,
            occasion: row.occasion,
            stage: row.stage,
            part: row.part,
            amount: row.amount,
            clawed_back: row.clawed_back,
            denied: row.denied,
            earned_on: row.earned_on,
            facts: row.facts.lines().map(str::to_owned).collect(),
            state: row.state,
            content_hash: row.content_hash,
            submitted_by: row.submitted_by,
            approved_by: row.approved_by,
            batch: row.batch_id,
            reconsider: row.reconsider,
            reason: row.reason,
            ended_by: row.ended_by,
            evidence: serde_json::from_str(&row.evidence).map_err(Error::internal)?,
            publicity_end: row.publicity_end_date,
            overrides: serde_json::from_str(&row.overrides).map_err(Error::internal)?,
            filing: row.filing.map(|filing| serde_json::from_str(&filing)).transpose().map_err(Error::internal)?.map(Arc::new),
        };
        let open_objections = row.open_objections;
        Ok(Self {
            claim,
            checks,
            approvals: Vec::new(),
            sources: Vec::new(),
            overrides: Vec::new(),
            open_objections,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Which claims a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub scheme: Option<String>,
    pub beneficiary: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub fund: Option<FundId>,
}

statements! {
    /// Takes new claims.
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_claim (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, reconsider, filing, checks, created_at, updated_at) SELECT n.claim_id, n.version, n.scheme_code, n.scheme_version, n.scheme_digest, n.fund_code, n.person_id, n.beneficiary_id, n.occasion, n.stage, n.part, n.amount, n.earned_on, n.facts, n.state, n.content_hash, n.reconsider, n.filing, '[]', $1, $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS UUID[]), CAST($9 AS UUID[]), CAST($10 AS TEXT[]), CAST($11 AS BIGINT[]), CAST($12 AS BIGINT[]), CAST($13 AS BIGINT[]), CAST($14 AS DATE[]), CAST($15 AS TEXT[]), CAST($16 AS TEXT[]), CAST($17 AS TEXT[]), CAST($18 AS BOOLEAN[]), CAST($19 AS TEXT[])) AS n (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, reconsider, filing)",
        sqlite: "INSERT INTO subsidy_claim (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, reconsider, filing, checks, created_at, updated_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15, value->>16, value->>17, '[]', $1, $1 FROM jsonb_each($2)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Takes the decided claims, guarded by the version and by the batch: one that the bank was told to pay in the
    /// meantime must not be voided on the strength of an older picture.
    UPDATE_ALL = {
        postgres: "UPDATE subsidy_claim AS c SET version = d.version, state = d.state, fund_id = d.fund_id, submitted_by = d.submitted_by, approved_by = d.approved_by, approved_hash = d.approved_hash, reason = d.reason, ended_by = d.ended_by, publicity_end_date = d.publicity_end_date, content_hash = d.content_hash, evidence = d.evidence, overrides = d.overrides, clawed_back = d.clawed_back, denied = d.denied, updated_at = $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS TEXT[]), CAST($5 AS UUID[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[]), CAST($10 AS TEXT[]), CAST($11 AS UUID[]), CAST($12 AS DATE[]), CAST($13 AS BIGINT[]), CAST($14 AS TEXT[]), CAST($15 AS TEXT[]), CAST($16 AS TEXT[]), CAST($17 AS BIGINT[]), CAST($18 AS BIGINT[])) AS d (claim_id, version, state, fund_id, submitted_by, approved_by, approved_hash, reason, ended_by, batch_id, publicity_end_date, from_version, content_hash, evidence, overrides, clawed_back, denied) WHERE c.claim_id = d.claim_id AND c.version = d.from_version AND c.batch_id IS NOT DISTINCT FROM d.batch_id",
        sqlite: "UPDATE subsidy_claim AS c SET version = d.value->>1, state = d.value->>2, fund_id = d.value->>3, submitted_by = d.value->>4, approved_by = d.value->>5, approved_hash = d.value->>6, reason = d.value->>7, ended_by = d.value->>8, publicity_end_date = d.value->>10, content_hash = d.value->>12, evidence = d.value->>13, overrides = d.value->>14, clawed_back = d.value->>15, denied = d.value->>16, updated_at = $1 FROM jsonb_each($2) AS d WHERE c.claim_id = d.value->>0 AND c.version = d.value->>11 AND c.batch_id IS d.value->>9",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// Holds claims to the end of the transaction, in the order of their ids: two that share claims wait for each other.
    HOLD = {
        postgres: "SELECT claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, clawed_back, denied, earned_on, facts, state, content_hash, submitted_by, approved_by, checks, batch_id, reconsider, reason, ended_by, evidence, publicity_end_date, open_objections, later_checks, overrides, filing, created_at, updated_at FROM subsidy_claim WHERE claim_id = ANY (CAST($1 AS UUID[])) ORDER BY claim_id FOR UPDATE",
        sqlite: "SELECT claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, clawed_back, denied, earned_on, facts, state, content_hash, submitted_by, approved_by, checks, batch_id, reconsider, reason, ended_by, evidence, publicity_end_date, open_objections, later_checks, overrides, filing, created_at, updated_at FROM subsidy_claim WHERE claim_id IN (SELECT value FROM json_each($1)) ORDER BY claim_id",
        reason: "a SQLite file has one writer, and no FOR UPDATE; and knows no arrays: they come as JSON",
    };
    /// Takes ids, versions and what the checks found.
    RECORD_CHECKS = {
        postgres: "UPDATE subsidy_claim AS c SET checks = f.checks, later_checks = f.later_checks FROM unnest(CAST($1 AS UUID[]), CAST($2 AS BIGINT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[])) AS f (claim_id, version, checks, later_checks) WHERE c.claim_id = f.claim_id AND c.version = f.version",
        sqlite: "UPDATE subsidy_claim AS c SET checks = f.value->>2, later_checks = f.value->>3 FROM jsonb_each($1) AS f WHERE c.claim_id = f.value->>0 AND c.version = f.value->>1",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Makes accrued claims say what is due now.
    AMEND_ALL = {
        postgres: "UPDATE subsidy_claim AS c SET version = d.version, scheme_version = d.scheme_version, scheme_digest = d.scheme_digest, fund_code = d.fund_code, beneficiary_id = d.beneficiary_id, amount = d.amount, earned_on = d.earned_on, facts = d.facts, content_hash = d.content_hash, updated_at = $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS UUID[]), CAST($9 AS BIGINT[]), CAST($10 AS DATE[]), CAST($11 AS TEXT[]), CAST($12 AS TEXT[])) AS d (claim_id, version, was, scheme_version, scheme_digest, fund_code, beneficiary_id, amount, earned_on, facts, content_hash) WHERE c.claim_id = d.claim_id AND c.version = d.was AND c.state = 'accrued'",
        sqlite: "UPDATE subsidy_claim SET version = value->>1, scheme_version = value->>3, scheme_digest = value->>4, fund_code = value->>5, beneficiary_id = value->>6, amount = value->>7, earned_on = value->>8, facts = value->>9, content_hash = value->>10, updated_at = $1 FROM jsonb_each($2) WHERE claim_id = value->>0 AND version = value->>2 AND state = 'accrued'",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// The bank has it at this moment, and so long its state stands.
    RECONSIDER = "UPDATE subsidy_claim SET reconsider = TRUE WHERE claim_id = $1 AND state = 'approved' AND batch_id IS NOT NULL";
    RECONSIDERED = "UPDATE subsidy_claim SET reconsider = FALSE WHERE claim_id = $1 AND reconsider = TRUE";
    BY_ID = "SELECT claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, clawed_back, denied, earned_on, facts, state, content_hash, submitted_by, approved_by, checks, batch_id, reconsider, reason, ended_by, evidence, publicity_end_date, open_objections, later_checks, overrides, filing, created_at, updated_at FROM subsidy_claim WHERE claim_id = $1";
    OF_PEOPLE = {
        postgres: "SELECT claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, clawed_back, denied, earned_on, facts, state, content_hash, submitted_by, approved_by, checks, batch_id, reconsider, reason, ended_by, evidence, publicity_end_date, open_objections, later_checks, overrides, filing, created_at, updated_at FROM subsidy_claim WHERE person_id = ANY (CAST($1 AS UUID[])) ORDER BY person_id, scheme_code, occasion, stage, part",
        sqlite: "SELECT claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, clawed_back, denied, earned_on, facts, state, content_hash, submitted_by, approved_by, checks, batch_id, reconsider, reason, ended_by, evidence, publicity_end_date, open_objections, later_checks, overrides, filing, created_at, updated_at FROM subsidy_claim WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY person_id, scheme_code, occasion, stage, part",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// Who of these people something was filed for.
    FILED_FOR = {
        postgres: "SELECT DISTINCT person_id FROM subsidy_claim WHERE filing IS NOT NULL AND person_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT DISTINCT person_id FROM subsidy_claim WHERE filing IS NOT NULL AND person_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    LIST = "SELECT claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, clawed_back, denied, earned_on, facts, state, content_hash, submitted_by, approved_by, checks, batch_id, reconsider, reason, ended_by, evidence, publicity_end_date, open_objections, later_checks, overrides, filing, created_at, updated_at FROM subsidy_claim WHERE claim_id > $1 AND (state = $3 OR $3 IS NULL) AND (scheme_code = $4 OR $4 IS NULL) AND (beneficiary_id = $5 OR $5 IS NULL) AND (person_id = $6 OR $6 IS NULL) AND (fund_id = $7 OR $7 IS NULL) ORDER BY claim_id LIMIT $2";
    /// Takes payable claims of a fund for a batch, oldest first, where there is an account to pay them on. Whoever
    /// takes a claim first has it. The bank's number of a payment has room for 99 attempts. What is still in its publicity
    /// on day $4, or objected to, stays: the last condition sees an objection that was made while this one waited. So does what
    /// is of somebody whose facts have changed in a closed month: it may have lost its ground.
    TAKE_PAYABLE = "UPDATE subsidy_claim SET batch_id = $1 WHERE claim_id IN (SELECT c.claim_id FROM subsidy_claim c WHERE c.fund_id = $2 AND c.state = 'approved' AND c.batch_id IS NULL AND (c.publicity_end_date IS NULL OR c.publicity_end_date < $4) AND c.open_objections = 0 AND EXISTS (SELECT 1 FROM subsidy_bank_account a JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.owner_id = c.beneficiary_id) AND (SELECT COUNT(*) FROM subsidy_payment_line l WHERE l.claim_id = c.claim_id) < 99 AND NOT EXISTS (SELECT 1 FROM subsidy_agenda w WHERE w.person_id = c.person_id AND w.put_off <> '') ORDER BY c.claim_id LIMIT $3) AND state = 'approved' AND batch_id IS NULL AND open_objections = 0";
    /// What is payable of a fund, and nobody has an account for.
    LEFT_OUT = "SELECT CAST(COUNT(*) AS BIGINT) FROM subsidy_claim c WHERE c.fund_id = $1 AND c.state = 'approved' AND c.batch_id IS NULL AND (c.publicity_end_date IS NULL OR c.publicity_end_date < $2) AND c.open_objections = 0 AND NOT EXISTS (SELECT 1 FROM subsidy_bank_account a JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.owner_id = c.beneficiary_id)";
    /// What is approved of a fund, and not payable yet.
    HELD_BACK = "SELECT CAST(COUNT(*) AS BIGINT) FROM subsidy_claim c WHERE c.fund_id = $1 AND c.state = 'approved' AND c.batch_id IS NULL AND (c.publicity_end_date >= $2 OR c.open_objections > 0)";
    /// Only what is public on day $2, and not with the bank. The row is held, so that no batch takes it meanwhile.
    OBJECT = "UPDATE subsidy_claim SET open_objections = open_objections + 1 WHERE claim_id = $1 AND state = 'approved' AND batch_id IS NULL AND publicity_end_date >= $2";
    RESOLVE = "UPDATE subsidy_claim SET open_objections = open_objections - 1 WHERE claim_id = $1 AND open_objections > 0";
    /// The bank did not pay: payable again.
    PAYABLE_AGAIN = {
        postgres: "UPDATE subsidy_claim SET batch_id = NULL WHERE claim_id = ANY (CAST($2 AS UUID[])) AND batch_id = $1 AND state = 'approved'",
        sqlite: "UPDATE subsidy_claim SET batch_id = NULL WHERE claim_id IN (SELECT value FROM json_each($2)) AND batch_id = $1 AND state = 'approved'",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// Claims of a batch whose facts changed while the bank had them, and that the bank has answered for.
    TO_RECONSIDER = "SELECT c.claim_id, c.person_id FROM subsidy_claim c JOIN subsidy_payment_line l ON l.claim_id = c.claim_id WHERE l.batch_id = $1 AND l.state <> 'pending' AND c.reconsider = TRUE ORDER BY c.person_id";
}

/// Keeps new claims, all of them or none.
pub async fn insert_all<'a>(tx: &mut Tx, claims: impl IntoIterator<Item = &'a Claim>, now: DateTime<Utc>) -> Result<(), Error> {
    let rows = claims.into_iter().map(new_row).collect();
    tx.execute_rows(INSERT_ALL, args![now], rows).await.map(|_| ()).map_err(|error| {
        // Somebody derived the same person at the same time without holding them: derive again.
        if error.code() == kit::Code::AlreadyExists { Error::stale("claims") } else { error }
    })
}

fn new_row(claim: &Claim) -> Vec<Value> {
    args![
        claim.id,
        claim.version,
        &claim.scheme.code,
        claim.scheme.version,
        &claim.scheme.digest,
        &claim.fund_code,
        claim.person,
        claim.beneficiary,
        &claim.occasion,
        claim.stage,
        claim.part,
        claim.amount,
        claim.earned_on,
        claim.facts.join("\n"),
        claim.state,
        &claim.content_hash,
        claim.reconsider,
        claim.filing.as_ref().map(|filing| json!(filing.as_ref()).to_string()),
    ]
}

/// Saves amendments that were each made on the version before, all of them or none.
pub async fn amend_all<'a>(tx: &mut Tx, claims: impl IntoIterator<Item = &'a Claim>, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change_rows(AMEND_ALL, args![now], claims.into_iter().map(amended_row).collect(), "claims").await
}

fn amended_row(claim: &Claim) -> Vec<Value> {
    args![
        claim.id,
        claim.version,
        claim.version - 1,
        claim.scheme.version,
        &claim.scheme.digest,
        &claim.fund_code,
        claim.beneficiary,
        claim.amount,
        claim.earned_on,
        claim.facts.join("\n"),
        &claim.content_hash,
    ]
}

/// Claims, held to the end of the transaction, in the order of their ids; those that are not there are left out.
pub async fn hold(tx: &mut Tx, ids: impl IntoIterator<Item = ClaimId>) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(HOLD, args![id_list(ids)]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// Saves decisions, each made on the version before.
pub async fn update_all<'a>(tx: &mut Tx, claims: impl Iterator<Item = &'a Claim>, now: DateTime<Utc>) -> Result<(), Error> {
    update_from(tx, claims.map(|claim| (claim.version - 1, claim)), now)?;
    tx.flush().await
}

/// Saves claims as they are after one or more decisions, the first of them made on the version given. It is deferred:
/// nothing of this transaction reads them again.
pub fn update_from<'a>(tx: &mut Tx, claims: impl Iterator<Item = (i64, &'a Claim)>, now: DateTime<Utc>) -> Result<(), Error> {
    let row = |(from, claim): (i64, &Claim)| {
        args![
            claim.id,
            claim.version,
            claim.state,
            claim.fund,
            claim.submitted_by.as_deref(),
            claim.approved_by.as_deref(),
            claim.approved_by.as_ref().map(|_| claim.content_hash.as_str()),
            claim.reason.as_deref(),
            claim.ended_by.as_deref(),
            claim.batch,
            claim.publicity_end,
            from,
            claim.content_hash.as_str(),
            json!(claim.evidence).to_string(),
            json!(claim.overrides).to_string(),
            claim.clawed_back,
            claim.denied,
        ]
    };
    tx.defer_rows(UPDATE_ALL, args![now], claims.map(row).collect(), "claims")
}

/// Records what the checks found of each claim as it was at its version.
pub async fn record_checks(tx: &mut Tx, checked: &[Stored]) -> Result<(), Error> {
    let row = |one: &Stored| {
        let (first, later): (Vec<&CheckResult>, Vec<&CheckResult>) =
            one.checks.iter().partition(|result| result.check.is_long_known());
        Ok(args![one.claim.id, one.claim.version, serde_json::to_string(&first)?, serde_json::to_string(&later)?])
    };
    let rows = checked.iter().map(row).collect::<Result<_, serde_json::Error>>().map_err(Error::internal)?;
    tx.change_rows(RECORD_CHECKS, args![], rows, "claims").await
}

pub async fn reconsider(tx: &mut Tx, id: ClaimId) -> Result<(), Error> {
    tx.change(RECONSIDER, args![id], &id.to_string()).await
}

pub async fn reconsidered(tx: &mut Tx, id: ClaimId) -> Result<(), Error> {
    tx.change(RECONSIDERED, args![id], &id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: ClaimId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    row.map(Stored::try_from).transpose()
}

/// The claims of people, each person's in the order of schemes and occasions.
pub async fn of_people(tx: &mut Tx, people: impl IntoIterator<Item = PersonId>) -> Result<Vec<Claim>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_PEOPLE, args![id_list(people)]).await?;
    rows.into_iter().map(|row| Stored::try_from(row).map(|stored| stored.claim)).collect()
}

/// Who of these people something was filed for.
pub async fn filed_for(tx: &mut Tx, people: impl IntoIterator<Item = PersonId>) -> Result<BTreeSet<PersonId>, Error> {
    let rows: Vec<(PersonId,)> = tx.fetch_all(FILED_FOR, args![id_list(people)]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row =
        args![page.after, page.limit(), filter.state, filter.scheme.as_deref(), filter.beneficiary, filter.person, filter.fund];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// Takes at most `most` claims of a fund that are payable on a day for a batch; answers how many.
pub async fn take_payable(tx: &mut Tx, batch: PaymentBatchId, fund: FundId, most: i64, today: NaiveDate) -> Result<u64, Error> {
    tx.execute(TAKE_PAYABLE, args![batch, fund, most, today]).await
}

/// How many payable claims of a fund have nobody with an account.
pub async fn left_out(tx: &mut Tx, fund: FundId, today: NaiveDate) -> Result<i64, Error> {
    let row: (i64,) = tx.fetch_one(LEFT_OUT, args![fund, today]).await?;
    Ok(row.0)
}

/// How many approved claims of a fund are in their publicity, or objected to.
pub async fn held_back(tx: &mut Tx, fund: FundId, today: NaiveDate) -> Result<i64, Error> {
    let row: (i64,) = tx.fetch_one(HELD_BACK, args![fund, today]).await?;
    Ok(row.0)
}

/// Counts an objection to a claim that is public on this day; false when it is not.
pub async fn object(tx: &mut Tx, id: ClaimId, today: NaiveDate) -> Result<bool, Error> {
    Ok(tx.execute(OBJECT, args![id, today]).await? == 1)
}

/// An objection was decided about.
pub async fn resolve(tx: &mut Tx, id: ClaimId) -> Result<(), Error> {
    tx.change(RESOLVE, args![id], &id.to_string()).await
}

pub async fn payable_again(tx: &mut Tx, batch: PaymentBatchId, ids: &[ClaimId]) -> Result<(), Error> {
    all(tx.execute(PAYABLE_AGAIN, args![batch, id_list(ids.iter().copied())]).await?, ids.len(), batch)
}

fn all(changed: u64, wanted: usize, batch: PaymentBatchId) -> Result<(), Error> {
    if usize::try_from(changed) == Ok(wanted) { Ok(()) } else { Err(Error::stale(&batch.to_string())) }
}

pub async fn to_reconsider(tx: &mut Tx, batch: PaymentBatchId) -> Result<Vec<(ClaimId, PersonId)>, Error> {
    tx.fetch_all(TO_RECONSIDER, args![batch]).await
}
