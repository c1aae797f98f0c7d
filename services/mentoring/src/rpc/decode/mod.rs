//! From requests to commands.

mod evaluations;
mod mentors;
mod pairings;
mod projects;
mod rounds;

use crate::domain::{Month, Side};
use kit::Error;
use kit::rules::Waiver;
use kit::wire::{parse_text, unknown_enum};
use proto::mentoring::v1 as pb;

/// The most elements of a batch.
const BATCH: usize = 1000;
/// The most codes of one kind on a mentor, and the most names in a ranking.
const MOST: usize = 50;
/// The longest code.
const CODE: usize = 64;

/// Holds a list to its length.
pub(super) fn bounded<T>(field: &str, items: Vec<T>) -> Result<Vec<T>, Error> {
    if items.len() <= MOST {
        return Ok(items);
    }
    Err(Error::invalid(
        field,
        "TOO_MANY",
        format!("`{field}` holds {} elements: expected at most {MOST}", items.len()),
        format!("`{field}` 有 {} 项，最多 {MOST} 项", items.len()),
    ))
}

pub(super) fn parse_codes(field: &str, codes: Vec<String>) -> Result<Vec<String>, Error> {
    let codes = bounded(field, codes)?;
    codes.into_iter().enumerate().map(|(at, code)| parse_text(&format!("{field}[{at}]"), code, CODE)).collect()
}

/// A code that may be left out.
pub(super) fn parse_code(field: &str, code: String) -> Result<String, Error> {
    if code.trim().is_empty() { Ok(String::new()) } else { parse_text(field, code, CODE) }
}

pub(super) fn parse_etag(etag: String) -> Option<String> {
    Some(etag).filter(|etag| !etag.is_empty())
}

pub(super) fn parse_side(side: i32) -> Result<Option<Side>, Error> {
    Ok(match pb::Side::try_from(side) {
        Ok(pb::Side::Unspecified) => None,
        Ok(pb::Side::Academic) => Some(Side::Academic),
        Ok(pb::Side::Enterprise) => Some(Side::Enterprise),
        Err(_) => return Err(unknown_enum("side", side)),
    })
}

pub(super) fn parse_month(text: &str) -> Result<Month, Error> {
    Month::parse(text).ok_or_else(|| {
        Error::invalid(
            "month",
            "MONTH",
            format!("`month` is `{text}`: expected a month such as 2026-09"),
            format!("`month` 为“{text}”，应为 2026-09 形式的月份"),
        )
    })
}

/// Reads one of a closed list of codes.
pub(super) fn parse_word<W: Copy + std::fmt::Display>(field: &str, code: &str, known: &[W]) -> Result<W, Error> {
    let found = known.iter().find(|word| word.to_string() == code);
    found.copied().ok_or_else(|| {
        let known = known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Error::invalid(
            field,
            "UNKNOWN_CODE",
            format!("`{field}` is `{code}`: expected one of {known}"),
            format!("`{field}` 为“{code}”，应为 {known} 之一"),
        )
    })
}

/// Reasons for departing from soft rules, by the rules' ids.
pub(super) fn parse_waivers(waivers: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Waiver>, Error> {
    let waiver = |(rule, reason)| Ok(Waiver { rule, reason: parse_text("waivers", reason, 500)? });
    waivers.into_iter().map(waiver).collect()
}
