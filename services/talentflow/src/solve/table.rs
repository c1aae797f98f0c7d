//! CSV files of whole numbers: what is wrong is told by file, row and column, the first ten at once.

use anyhow::{Context, bail};
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Faults told before reading is given up.
const MOST: usize = 10;

/// A file that is being read row by row.
pub struct Table {
    path: PathBuf,
    reader: Reader<File>,
    /// Where in a row each wanted column is; the optional ones may be missing.
    columns: Vec<(&'static str, Option<usize>)>,
    record: ByteRecord,
    faults: Vec<String>,
}

impl Table {
    /// Opens a file that must have these columns, and may have those.
    pub fn open(path: &Path, required: &[&'static str], optional: &[&'static str]) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut reader = ReaderBuilder::new().flexible(true).buffer_capacity(1 << 18).from_reader(file);
        let headers = reader.byte_headers().with_context(|| format!("cannot read {}", path.display()))?.clone();
        let find = |name: &&'static str| (*name, headers.iter().position(|header| header == name.as_bytes()));
        let columns: Vec<_> = required.iter().chain(optional).map(find).collect();
        let missing: Vec<&str> =
            columns.iter().take(required.len()).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            bail!(
                "{}, row 1: there is no column {}; the first line must be {}",
                path.display(),
                missing.join(", "),
                required.join(",")
            );
        }
        Ok(Self { path: path.to_owned(), reader, columns, record: ByteRecord::new(), faults: Vec::new() })
    }

    /// Whether an optional column is there.
    pub fn has(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|(_, at)| at.is_some())
    }

    /// Goes to the next row; `false` after the last.
    pub fn next(&mut self) -> anyhow::Result<bool> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(more) => Ok(more),
            Err(error) => bail!("{}: {error}", self.path.display()),
        }
    }

    /// The row in the file; the header is row 1.
    pub fn row(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    pub fn text(&self, column: usize) -> &[u8] {
        self.columns[column].1.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    /// The whole number in a column, if it is one in the range; otherwise that is a fault.
    pub fn number(&mut self, column: usize, least: i64, most: i64) -> anyhow::Result<Option<i64>> {
        let number = whole(self.text(column)).filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let wrong = String::from_utf8_lossy(self.text(column)).into_owned();
            self.fault(column, &format!("\"{wrong}\" is not a whole number from {least} to {most}"))?;
        }
        Ok(number)
    }

    /// Notes what is wrong with the row that was read last; gives up after the tenth.
    pub fn fault(&mut self, column: usize, what: &str) -> anyhow::Result<()> {
        self.fault_at(self.row(), column, what)
    }

    pub fn fault_at(&mut self, row: u64, column: usize, what: &str) -> anyhow::Result<()> {
        self.faults.push(format!("{}, row {row}, column {}: {what}", self.path.display(), self.columns[column].0));
        if self.faults.len() == MOST {
            self.faults.push(format!("only the first {MOST} faults are told"));
            self.finish()?;
        }
        Ok(())
    }

    /// Refuses the file if anything was wrong.
    pub fn finish(&self) -> anyhow::Result<()> {
        if self.faults.is_empty() { Ok(()) } else { bail!("{}", self.faults.join("\n")) }
    }
}

fn whole(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
