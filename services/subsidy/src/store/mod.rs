//! The tables of subsidy: one function per statement.

pub mod agenda;
pub mod approval;
pub mod bank_account;
pub mod cap;
pub mod check_override;
pub mod claim;
pub mod evidence;
pub mod fact;
pub mod fund;
pub mod ledger;
pub mod log;
pub mod netting;
pub mod objection;
pub mod offset;
pub mod payment;
pub mod payment_file;
pub mod period;
pub mod queue;
pub mod receivable;
pub mod report;
pub mod sample;
pub mod source;

mod checks;

pub use checks::CHECKS;

use kit::Error;
use kit::db::{Sql, Tx, Value, args};
use kit::id::Id;

pub fn statements() -> Vec<Sql> {
    [
        agenda::STATEMENTS,
        approval::STATEMENTS,
        bank_account::STATEMENTS,
        cap::STATEMENTS,
        check_override::STATEMENTS,
        claim::STATEMENTS,
        evidence::STATEMENTS,
        fact::STATEMENTS,
        fund::STATEMENTS,
        ledger::STATEMENTS,
        log::STATEMENTS,
        netting::STATEMENTS,
        objection::STATEMENTS,
        offset::STATEMENTS,
        payment::STATEMENTS,
        payment_file::STATEMENTS,
        period::STATEMENTS,
        queue::STATEMENTS,
        receivable::STATEMENTS,
        report::STATEMENTS,
        sample::STATEMENTS,
        source::STATEMENTS,
        checks::STATEMENTS,
    ]
    .concat()
}

/// Runs a statement that writes a row for each of those given.
async fn every(tx: &mut Tx, sql: Sql, args: Vec<Value>, rows: Vec<Vec<Value>>) -> Result<(), Error> {
    let count = rows.len();
    let changed = tx.execute_rows(sql, args, rows).await?;
    if changed == count as u64 {
        return Ok(());
    }
    Err(Error::internal(format!("{} changed {changed} rows instead of {count}", sql.name)))
}

/// Saves what a second person decided about a row, once. The statement takes the row's id, its version from now on, what was
/// decided, and the version that was read, and changes nothing where somebody has decided already.
async fn decide_once(tx: &mut Tx, sql: Sql, (id, version): (impl Id, i64), decided: Vec<Value>) -> Result<(), Error> {
    let row = [args![id.uuid(), version], decided, args![version - 1]].concat();
    tx.change(sql, row, &id.to_string()).await
}
