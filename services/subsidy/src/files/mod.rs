//! Files that go out and come in: bytes on one side, values on the other. No tables of the database, no clock.

mod pain001;
mod pain002;
mod payment_csv;
mod result_csv;
mod results;
mod table;
mod xlsx;

pub use results::{Entry, Outcome, Results};
pub use table::{Cell, Column, Table, safe, yuan};

use crate::domain::{FileFormat, PaymentFile, PaymentRefusal};
use chrono::{DateTime, Utc};
use kit::Error;

/// Bytes that are read of one file of results: some ten times what a full batch needs.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

kit::words! {
    /// The form of a file of results.
    pub enum ResultFormat {
        Pain002 = "pain.002",
        Csv = "csv",
    }
}

kit::words! {
    /// The form of a table.
    pub enum TableFormat {
        Csv = "csv",
        Xlsx = "xlsx",
    }
}

impl TableFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    pub fn write(self, table: &Table, created: DateTime<Utc>) -> Result<Vec<u8>, Error> {
        match self {
            // Without the mark a spreadsheet takes Chinese for another encoding.
            Self::Csv => Ok([b"\xEF\xBB\xBF".as_slice(), &table.csv()?].concat()),
            Self::Xlsx => xlsx::write(table, created),
        }
    }
}

/// The file of a payment batch.
pub fn write_payments(format: FileFormat, file: &PaymentFile) -> Result<Vec<u8>, Error> {
    match format {
        FileFormat::Pain001 => pain001::write(file).map_err(Error::internal),
        FileFormat::Csv => payment_csv::write(file),
    }
}

/// What a file of results says, all of it or why not.
pub fn read_results(format: ResultFormat, content: &[u8]) -> Result<Results, PaymentRefusal> {
    if content.len() > MOST_BYTES {
        return Err(PaymentRefusal::FileTooLarge { bytes: content.len(), most: MOST_BYTES });
    }
    let text = std::str::from_utf8(content).map_err(|fault| {
        let at = format!("byte[{}]", fault.valid_up_to());
        let zh = "不是 UTF-8 编码，请转换后再提交".to_owned();
        PaymentRefusal::FileMalformed { at, en: "not UTF-8; convert the file first".to_owned(), zh }
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match format {
        ResultFormat::Pain002 => pain002::read(text),
        ResultFormat::Csv => result_csv::read(text),
    }
}
