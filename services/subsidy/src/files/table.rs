//! A table that becomes a file. Whatever is exported as CSV or XLSX goes through here, so that no cell ever
//! begins like a formula.

use chrono::NaiveDate;
use kit::{Error, Money};
use std::borrow::Cow;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Money(Money),
    Count(i64),
    Day(NaiveDate),
}

/// A column by its title in both languages. The English one is a word by which a program finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub en: &'static str,
    pub zh: &'static str,
}

impl Column {
    pub fn title(&self) -> String {
        format!("{} {}", self.en, self.zh)
    }
}

#[derive(Debug, Clone)]
pub struct Table {
    /// The name of the file and of the sheet.
    pub name: &'static str,
    pub columns: &'static [Column],
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// RFC 4180 in UTF-8.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(Column::title)).map_err(Error::internal)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::text)).map_err(Error::internal)?;
        }
        writer.into_inner().map_err(|error| Error::internal(error.to_string()))
    }
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => safe(text).into_owned(),
            Self::Money(amount) => yuan(*amount),
            Self::Count(count) => count.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// Yuan with two decimals and nothing else, such as 1500.00.
pub fn yuan(amount: Money) -> String {
    let fen = amount.as_fen().unsigned_abs();
    let sign = if amount < Money::ZERO { "-" } else { "" };
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// What a spreadsheet would take for a formula, with an apostrophe before it. The full-width forms are typed by
/// Chinese input methods, and some spreadsheets read them alike; blanks before them are passed over.
pub fn safe(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

pub(super) fn is_formula(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\u{3000}']).chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOSTILE: [&str; 10] =
        ["=HYPERLINK(\"http://x\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1＋1", "\u{3000}@x"];

    fn table(rows: Vec<Vec<Cell>>) -> Table {
        Table { name: "t", columns: &[Column { en: "holder", zh: "户名" }, Column { en: "amount", zh: "金额" }], rows }
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_begins_with_an_apostrophe_instead() {
        for text in HOSTILE {
            let csv = table(vec![vec![Cell::Text(text.into()), Cell::Money(Money::fen(-5))]]).csv().unwrap();
            let mut reader = csv::Reader::from_reader(csv.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(&record[0], format!("'{text}"), "{text:?}");
            assert_eq!(&record[1], "-0.05", "a number of our own stays a number");
        }
        assert_eq!(safe("平顶山工业职业技术学院"), "平顶山工业职业技术学院");
    }

    #[test]
    fn the_header_is_in_both_languages() {
        assert_eq!(table(Vec::new()).csv().unwrap(), "holder 户名,amount 金额\r\n".as_bytes());
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_a_file_as_it_was_or_with_the_apostrophe_alone(text in any::<String>()) {
            let csv = table(vec![vec![Cell::Text(text.clone()), Cell::Count(1)]]).csv().unwrap();
            let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert!(!is_formula(&record[0]));
            prop_assert_eq!(record[0].strip_prefix('\'').filter(|_| is_formula(&text)).unwrap_or(&record[0]), text.as_str());
        }

        #[test]
        fn yuan_keeps_every_fen(fen in any::<i64>()) {
            let text = yuan(Money::fen(fen));
            let digits: String = text.chars().filter(|c| *c != '.').collect();
            prop_assert_eq!(digits.parse::<i128>().unwrap(), i128::from(fen));
            prop_assert_eq!(text.rsplit('.').next().unwrap().len(), 2);
        }
    }
}
