//! Results as CSV: a header, and a row a payment. Columns are found by the first word of their title.

use super::results::{Entry, Outcome, Results, kept, malformed, quoted};
use crate::domain::PaymentRefusal;
use csv::{ErrorKind, ReaderBuilder, StringRecord};

struct Columns {
    end_to_end_id: usize,
    status: usize,
    bank_reference: Option<usize>,
    failure_reason: Option<usize>,
}

pub fn read(text: &str) -> Result<Results, PaymentRefusal> {
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(|error| unreadable(&error, 1))?)?;
    let mut entries = Vec::new();
    // Rows are counted as a spreadsheet counts them: the header is the first, a cell of two lines is one row.
    for (row, record) in (2u64..).zip(reader.records()) {
        let record = record.map_err(|error| unreadable(&error, row))?;
        entries.push(entry(&columns, &record, row)?);
    }
    if entries.is_empty() {
        return Err(malformed("row[2]", "there is no row below the header", "表头之下没有数据行"));
    }
    Ok(Results { entries, ..Results::default() })
}

fn columns(header: &StringRecord) -> Result<Columns, PaymentRefusal> {
    let find = |name: &str| header.iter().position(|title| title.split_whitespace().next() == Some(name));
    let needed = |name: &str| {
        let en = format!("there is no column {name}; expected end_to_end_id, status, bank_reference, failure_reason");
        find(name).ok_or_else(|| malformed("row[1]", en, format!("缺少列 {name}")))
    };
    Ok(Columns {
        end_to_end_id: needed("end_to_end_id")?,
        status: needed("status")?,
        bank_reference: find("bank_reference"),
        failure_reason: find("failure_reason"),
    })
}

fn entry(columns: &Columns, record: &StringRecord, row: u64) -> Result<Entry, PaymentRefusal> {
    let at = |column: &str| format!("row[{row}].{column}");
    let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().trim();
    let reason_at = at("failure_reason");
    let reason = kept(&reason_at, cell(columns.failure_reason), 500)?;
    let status = cell(Some(columns.status));
    let outcome = match (status, reason) {
        ("paid" | "成功" | "ACSC" | "ACCC", None) => Outcome::Paid,
        ("failed" | "失败" | "RJCT", Some(reason)) => Outcome::Failed(reason),
        ("pending" | "处理中" | "PDNG", _) => Outcome::Pending,
        ("paid" | "成功" | "ACSC" | "ACCC", Some(_)) => {
            return Err(malformed(
                &reason_at,
                "a payment that was made has no reason why it failed",
                "已付款的明细不应有失败原因",
            ));
        }
        ("failed" | "失败" | "RJCT", None) => {
            return Err(malformed(&reason_at, "a payment that failed needs a reason", "失败的明细须有失败原因"));
        }
        _ => {
            let status = quoted(status);
            let en = format!("`{status}` is no status: expected paid, failed or pending");
            return Err(malformed(
                &at("status"),
                en,
                format!("状态“{status}”无效，应为 paid（成功）、failed（失败）或 pending（处理中）"),
            ));
        }
    };
    Ok(Entry {
        at: format!("row[{row}]"),
        end_to_end_id: quoted(cell(Some(columns.end_to_end_id))),
        outcome,
        bank_reference: kept(&at("bank_reference"), cell(columns.bank_reference), 100)?,
    })
}

fn unreadable(error: &csv::Error, row: u64) -> PaymentRefusal {
    let (en, zh) = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            (format!("the row has {len} cells, the header {expected_len}"), format!("该行有 {len} 格，表头有 {expected_len} 格"))
        }
        _ => ("the row cannot be read".to_owned(), "该行无法读取".to_owned()),
    };
    malformed(&format!("row[{row}]"), en, zh)
}
