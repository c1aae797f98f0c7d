//! The statements of the tax offset as rows of a report.

use super::offset_statement::Statement;
use crate::files::{Cell, Column};
use crate::store::offset::Standing;
use kit::clock::local_date;

pub(super) const OFFSETS: &[Column] = &[
    Column { en: "enterprise", zh: "企业" },
    Column { en: "year", zh: "年度" },
    Column { en: "brought", zh: "上年结转（元）" },
    Column { en: "credit", zh: "本年可抵免（元）" },
    Column { en: "used", zh: "本年已抵免（元）" },
    Column { en: "carried", zh: "结转以后年度（元）" },
    Column { en: "filed_year", zh: "依据申报年度" },
    Column { en: "revision", zh: "申报次数" },
    Column { en: "investment", zh: "投资额（元）" },
    Column { en: "surcharges", zh: "应缴附加（元）" },
    Column { en: "listed", zh: "在目录内" },
    Column { en: "scheme", zh: "政策版本" },
    Column { en: "confirmed", zh: "确认日期" },
];

/// A statement of `year`, or with year 0 of the year it was filed for.
pub(super) fn offsets(year: i32, last: &Standing) -> Vec<Cell> {
    let filed = last.year.year;
    let statement = Statement::of(if year == 0 { filed } else { year }, last);
    let offset = statement.offset;
    let listed = if last.confirmed.integration_listed { "yes 是" } else { "no 否" };
    vec![
        Cell::Text(statement.enterprise.to_string()),
        Cell::Count(i64::from(offset.year)),
        Cell::Money(offset.brought),
        Cell::Money(offset.credit),
        Cell::Money(offset.used),
        Cell::Money(offset.carried),
        Cell::Count(i64::from(filed)),
        Cell::Count(last.year.confirmed),
        Cell::Money(last.investment),
        Cell::Money(last.surcharges),
        Cell::Text(listed.to_owned()),
        Cell::Text(last.confirmed.grant.scheme.citation()),
        Cell::Day(local_date(last.confirmed_at)),
    ]
}
