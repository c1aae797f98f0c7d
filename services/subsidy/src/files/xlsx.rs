//! A table as a spreadsheet. Text is written as text, which no spreadsheet reads as a formula, and marked so that
//! it stays text when somebody edits the cell.

use super::table::{Cell, Column, Table, is_formula, yuan};
use chrono::{DateTime, Utc};
use kit::{Error, Money};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// The numbers of a spreadsheet have 15 digits that are exact. An amount beyond that is written as text.
const EXACT: Money = Money::fen(999_999_999_999_999);

struct Formats {
    title: Format,
    money: Format,
    count: Format,
    marked: Format,
    plain: Format,
}

pub fn write(table: &Table, created: DateTime<Utc>) -> Result<Vec<u8>, Error> {
    fill(table, created).map_err(Error::internal)
}

fn fill(table: &Table, created: DateTime<Utc>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The clock of the machine stays out of the file.
    let created = ExcelDateTime::from_timestamp(created.timestamp())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    sheet.set_name(table.name)?;
    sheet.set_freeze_panes(1, 0)?;
    let formats = Formats {
        title: Format::new().set_bold(),
        money: Format::new().set_num_format("#,##0.00"),
        count: Format::new().set_num_format("0"),
        marked: Format::new().set_quote_prefix(),
        plain: Format::new(),
    };
    for (at, column) in (0u16..).zip(table.columns) {
        sheet.set_column_width(at, 20)?;
        sheet.write_string_with_format(0, at, Column::title(column), &formats.title)?;
    }
    for (at, row) in (1u32..).zip(&table.rows) {
        for (column, cell) in (0u16..).zip(row) {
            put(sheet, (at, column), cell, &formats)?;
        }
    }
    workbook.save_to_buffer()
}

#[expect(clippy::cast_precision_loss, reason = "a spreadsheet knows no other numbers; what would lose a fen is text")]
fn put(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell, formats: &Formats) -> Result<(), XlsxError> {
    match cell {
        Cell::Money(amount) if (-EXACT..=EXACT).contains(amount) => {
            sheet.write_number_with_format(row, column, amount.as_fen() as f64 / 100.0, &formats.money)?
        }
        Cell::Money(amount) => sheet.write_string_with_format(row, column, yuan(*amount), &formats.plain)?,
        Cell::Count(count) => sheet.write_number_with_format(row, column, *count as f64, &formats.count)?,
        Cell::Day(day) => sheet.write_string_with_format(row, column, day.to_string(), &formats.plain)?,
        Cell::Text(text) => {
            let format = if is_formula(text) { &formats.marked } else { &formats.plain };
            sheet.write_string_with_format(row, column, text, format)?
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read};

    fn sheet(rows: Vec<Vec<Cell>>) -> (String, String) {
        let columns = &[Column { en: "holder", zh: "户名" }, Column { en: "amount", zh: "金额" }];
        let table = Table { name: "t", columns, rows };
        let bytes = write(&table, "2026-09-01T01:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(bytes, write(&table, "2026-09-01T01:00:00Z".parse().unwrap()).unwrap(), "the same table is the same file");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        (part("xl/worksheets/sheet1.xml"), part("xl/sharedStrings.xml"))
    }

    #[test]
    fn hostile_text_is_text_and_an_amount_is_a_number_in_yuan() {
        let hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1"];
        let rows = hostile.iter().map(|text| vec![Cell::Text((*text).into()), Cell::Money(Money::fen(150_050))]).collect();
        let (sheet, strings) = sheet(rows);
        assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "{sheet}");
        assert_eq!(sheet.matches("t=\"s\"").count(), 2 + hostile.len(), "{sheet}");
        assert_eq!(sheet.matches("<v>1500.5</v>").count(), hostile.len(), "{sheet}");
        assert!(strings.contains("holder 户名") && strings.contains("=HYPERLINK(1)"), "{strings}");
    }

    #[test]
    fn an_amount_that_a_spreadsheet_would_round_is_text() {
        let (sheet, strings) = sheet(vec![vec![Cell::Count(7), Cell::Money(Money::fen(1_000_000_000_000_001))]]);
        assert!(strings.contains("10000000000000.01"), "{strings}");
        assert!(sheet.contains("<v>7</v>"), "{sheet}");
    }
}
