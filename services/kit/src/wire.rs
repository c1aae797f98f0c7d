//! Between protobuf's well-known types and ours; used by `rpc` and `events`, nowhere deeper.

use crate::error::Error;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use prost_types::Timestamp;
use proto::google::r#type::Date;

/// A civil date (Asia/Shanghai) on its way out.
pub fn date(date: NaiveDate) -> Date {
    Date {
        year: date.year(),
        month: i32::try_from(date.month()).unwrap_or_default(),
        day: i32::try_from(date.day()).unwrap_or_default(),
    }
}

pub fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: instant.timestamp(), nanos: i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or_default() }
}

/// Reads a civil date that must be given.
pub fn parse_date(field: &str, value: Option<Date>) -> Result<NaiveDate, Error> {
    parse_date_optional(field, value)?
        .ok_or_else(|| Error::required(field, "a date such as {\"year\": 2026, \"month\": 7, \"day\": 1}"))
}

/// Reads a civil date that may be left out; half a date is refused.
pub fn parse_date_optional(field: &str, value: Option<Date>) -> Result<Option<NaiveDate>, Error> {
    let Some(Date { year, month, day }) = value else { return Ok(None) };
    let valid = u32::try_from(month)
        .ok()
        .zip(u32::try_from(day).ok())
        .and_then(|(month, day)| if (1900..=2200).contains(&year) { NaiveDate::from_ymd_opt(year, month, day) } else { None });
    valid.map(Some).ok_or_else(|| {
        Error::invalid(
            field,
            "DATE",
            format!("`{field}` {year}-{month}-{day} is not a day of the calendar between 1900 and 2200"),
            format!("`{field}` {year}-{month}-{day} 不是有效日期（1900 至 2200 年）"),
        )
    })
}

/// Reads a whole number within bounds; `unit` is part of the answer when it is not.
pub fn parse_within(field: &str, value: i32, bounds: std::ops::RangeInclusive<i32>, unit: &str) -> Result<i32, Error> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (low, high) = (bounds.start(), bounds.end());
    Err(Error::invalid(
        field,
        "OUT_OF_RANGE",
        format!("`{field}` is {value}: expected {low} to {high} {unit}"),
        format!("`{field}` 为 {value}，应在 {low} 至 {high} 之间（{unit}）"),
    ))
}

/// Reads a text that must be given and not be longer than `most` characters.
#[expect(clippy::needless_pass_by_value, reason = "callers hand a field over, and are done with it")]
pub fn parse_text(field: &str, value: String, most: usize) -> Result<String, Error> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(Error::required(field, &format!("1 to {most} characters")));
    }
    if trimmed.chars().count() > most {
        return Err(Error::invalid(
            field,
            "TOO_LONG",
            format!("`{field}` is longer than {most} characters"),
            format!("`{field}` 超过 {most} 个字符"),
        ));
    }
    Ok(trimmed.to_owned())
}

/// A number that is not a value of its enum.
pub fn unknown_enum(field: &str, value: i32) -> Error {
    Error::invalid(
        field,
        "ENUM_UNKNOWN",
        format!("`{field}` is {value}, which this release does not know; see the API for its values"),
        format!("`{field}` 的取值 {value} 未知，请参阅接口文档"),
    )
}

/// An etag as it stands on a resource: the version its row had.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Reads the batch of a batch method: not empty, not above `most`.
pub fn parse_batch<T>(field: &str, items: Vec<T>, most: usize) -> Result<Vec<T>, Error> {
    if items.is_empty() || items.len() > most {
        return Err(Error::invalid(
            field,
            "BATCH_SIZE",
            format!("`{field}` holds {} elements: expected 1 to {most}; split it into several batches", items.len()),
            format!("`{field}` 有 {} 项，应为 1 至 {most} 项，请分批提交", items.len()),
        ));
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_not_in_the_calendar_is_refused_by_name() {
        let error = parse_date("start_date", Some(Date { year: 2026, month: 2, day: 30 })).unwrap_err();
        assert_eq!(error.field(), Some("start_date"));
        assert!(parse_date("start_date", None).unwrap_err().message().contains("required"));
    }
}
