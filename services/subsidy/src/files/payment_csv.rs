//! The file of a payment batch as CSV, for banks that take no messages.

use super::table::{Cell, Column, Table};
use crate::domain::PaymentFile;
use kit::Error;

const COLUMNS: &[Column] = &[
    Column { en: "end_to_end_id", zh: "付款标识" },
    Column { en: "payee_name", zh: "收款户名" },
    Column { en: "payee_account", zh: "收款账号" },
    Column { en: "payee_bank", zh: "收款开户行" },
    Column { en: "payee_bank_code", zh: "收款行联行号" },
    Column { en: "amount", zh: "金额（元）" },
    Column { en: "currency", zh: "币种" },
    Column { en: "purpose", zh: "用途" },
    Column { en: "payer_name", zh: "付款户名" },
    Column { en: "payer_account", zh: "付款账号" },
    Column { en: "payer_bank_code", zh: "付款行联行号" },
];

pub fn write(file: &PaymentFile) -> Result<Vec<u8>, Error> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let rows = file.orders.iter().map(|order| {
        vec![
            text(&order.end_to_end_id),
            text(&order.payee.holder),
            text(order.payee.number.whole()),
            text(&order.payee.bank_name),
            text(order.payee.bank_code.as_str()),
            Cell::Money(order.amount),
            text("CNY"),
            text(&order.purpose),
            text(&file.payer.holder),
            text(file.payer.number.whole()),
            text(file.payer.bank_code.as_str()),
        ]
    });
    Table { name: "payments", columns: COLUMNS, rows: rows.collect() }.csv()
}
