//! A report as a file, whole.

use super::Outgoing;
use super::offset_report::{OFFSETS, offsets};
use super::report::{bounds, visible};
use crate::domain::PaymentRefusal;
use crate::files::{Cell, Column, Table, TableFormat};
use crate::store::offset;
use crate::store::report::{self, Age, ClaimTotal, Execution, Filter, PaymentTotal, Window};
use chrono::NaiveDate;
use kit::clock::local_date;
use kit::{Error, Scope, Tx};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Rows of a file; more would not fit into one answer.
pub const MOST_ROWS: i64 = 20_000;

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    BudgetExecution,
    ClaimTotals,
    PaymentTotals,
    ReceivableAges,
    OffsetStatements,
}

#[derive(Debug, Clone)]
pub struct ExportReport {
    pub which: Which,
    pub format: TableFormat,
    pub filter: Filter,
    /// Every year when 0.
    pub year: i32,
    /// Today when absent.
    pub day: Option<NaiveDate>,
}

pub async fn export_report(tx: &mut Tx, scope: &Scope, query: ExportReport) -> Result<Outgoing, Error> {
    let table = table(tx, scope, &query).await?;
    if i64::try_from(table.rows.len()).unwrap_or(i64::MAX) > MOST_ROWS {
        return Err(PaymentRefusal::ReportTooLong { most: MOST_ROWS }.into());
    }
    let content = query.format.write(&table, scope.now())?;
    Ok(Outgoing {
        file_name: format!("{}-{}.{}", table.name, scope.today(), query.format),
        media_type: query.format.media_type(),
        sha256: hex::encode(Sha256::digest(&content)),
        content,
    })
}

async fn table(tx: &mut Tx, scope: &Scope, query: &ExportReport) -> Result<Table, Error> {
    let all = Window { limit: MOST_ROWS + 1, offset: 0 };
    // Whole budgets are not for those who see but their own.
    let filter = visible(scope, query.filter).filter(|_| scope.visible().is_none() || query.which != Which::BudgetExecution);
    let Some(filter) = filter else { return Err(Error::not_found("reports")) };
    Ok(match query.which {
        Which::BudgetExecution => {
            let rows = report::budget_execution(tx, filter.fund, query.year, all).await?;
            Table { name: "budget-execution", columns: EXECUTION, rows: rows.into_iter().map(execution).collect() }
        }
        Which::ClaimTotals => {
            let rows = report::claim_totals(tx, filter, all).await?;
            Table { name: "claims", columns: CLAIMS, rows: rows.into_iter().map(claims).collect() }
        }
        Which::PaymentTotals => {
            let rows = report::payment_totals(tx, filter, Uuid::nil(), all.limit).await?;
            Table { name: "payments", columns: PAYMENTS, rows: rows.into_iter().map(payments).collect() }
        }
        Which::ReceivableAges => {
            let bounds = bounds(query.day.unwrap_or_else(|| scope.today()));
            let rows = report::receivable_ages(tx, filter, bounds, all).await?;
            Table { name: "receivables", columns: AGES, rows: rows.into_iter().map(ages).collect() }
        }
        Which::OffsetStatements => {
            let rows = match query.year {
                0 => offset::every_standing(tx, filter.organisation, all.limit).await?,
                year => offset::last_standing(tx, filter.organisation, year, (Uuid::nil(), all.limit)).await?,
            };
            let rows = rows.iter().map(|last| offsets(query.year, last)).collect();
            Table { name: "offset-statements", columns: OFFSETS, rows }
        }
    })
}

const EXECUTION: &[Column] = &[
    Column { en: "fund", zh: "资金代码" },
    Column { en: "month", zh: "月份" },
    Column { en: "scheme", zh: "补贴项目" },
    Column { en: "appropriated", zh: "本月下达" },
    Column { en: "committed", zh: "月末预占" },
    Column { en: "paid", zh: "本月拨付" },
    Column { en: "clawed_back", zh: "本月追回" },
    Column { en: "fund_available", zh: "月末基金可用" },
];

fn execution(row: Execution) -> Vec<Cell> {
    vec![
        Cell::Text(row.fund_code),
        Cell::Text(row.month),
        Cell::Text(row.scheme),
        Cell::Money(row.appropriated),
        Cell::Money(row.committed),
        Cell::Money(row.paid),
        Cell::Money(row.clawed_back),
        Cell::Money(row.available),
    ]
}

const CLAIMS: &[Column] = &[
    Column { en: "scheme", zh: "补贴项目" },
    Column { en: "state", zh: "状态" },
    Column { en: "claims", zh: "笔数" },
    Column { en: "amount", zh: "金额（元）" },
];

fn claims(row: ClaimTotal) -> Vec<Cell> {
    vec![Cell::Text(row.scheme), Cell::Text(row.state.to_string()), Cell::Count(row.claims), Cell::Money(row.amount)]
}

const PAYMENTS: &[Column] = &[
    Column { en: "payment_batch", zh: "拨付批次" },
    Column { en: "fund", zh: "资金代码" },
    Column { en: "state", zh: "状态" },
    Column { en: "created", zh: "建立日期" },
    Column { en: "lines", zh: "笔数" },
    Column { en: "total", zh: "合计（元）" },
    Column { en: "paid_lines", zh: "已付笔数" },
    Column { en: "paid", zh: "已付（元）" },
    Column { en: "failed_lines", zh: "失败笔数" },
    Column { en: "failed", zh: "失败（元）" },
    Column { en: "pending", zh: "待银行答复（元）" },
];

fn payments(row: PaymentTotal) -> Vec<Cell> {
    let pending = row.pending();
    vec![
        Cell::Text(row.batch.to_string()),
        Cell::Text(row.fund_code),
        Cell::Text(row.state.to_string()),
        Cell::Day(local_date(row.created_at)),
        Cell::Count(row.lines),
        Cell::Money(row.total),
        Cell::Count(row.paid_lines),
        Cell::Money(row.paid),
        Cell::Count(row.failed_lines),
        Cell::Money(row.failed),
        Cell::Money(pending),
    ]
}

const AGES: &[Column] = &[
    Column { en: "debtor", zh: "欠款单位" },
    Column { en: "fund", zh: "资金代码" },
    Column { en: "days_0_to_30", zh: "0–30 天" },
    Column { en: "days_31_to_90", zh: "31–90 天" },
    Column { en: "days_91_to_180", zh: "91–180 天" },
    Column { en: "days_over_180", zh: "180 天以上" },
    Column { en: "outstanding", zh: "合计（元）" },
];

fn ages(row: Age) -> Vec<Cell> {
    vec![
        Cell::Text(row.debtor.to_string()),
        Cell::Text(row.fund_code),
        Cell::Money(row.to_30),
        Cell::Money(row.to_90),
        Cell::Money(row.to_180),
        Cell::Money(row.over_180),
        Cell::Money(row.outstanding),
    ]
}
