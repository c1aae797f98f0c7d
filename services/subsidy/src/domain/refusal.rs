//! Why a command on funds, claims or payments is refused.

use super::{ClaimId, ClaimRefusal, FundId, LineState, OverrideRefusal, PaymentBatchId, Period, ReceivableId, State};
use chrono::NaiveDate;
use kit::error::Code;
use kit::{Error, Money};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Claim(#[from] ClaimRefusal),
    #[error(transparent)]
    Override(#[from] OverrideRefusal),
    #[error("{claim} is {is}; this needs it to be {}", one_of(needs))]
    WrongState { claim: ClaimId, is: State, needs: &'static [State] },
    #[error("who submitted {claim} does not approve it")]
    OwnClaim { claim: ClaimId },
    #[error("{claim} is not what the given content hash was made of")]
    ContentChanged { claim: ClaimId },
    #[error("the scheme pays from the fund `{code}`, which is not set up")]
    FundMissing { code: String },
    #[error("a fund with the code `{code}` is there already")]
    FundCodeTaken { code: String },
    #[error("{fund} has {available} yuan available; {asked} are asked for")]
    BudgetExceeded { fund: FundId, available: Money, asked: Money },
    #[error("{fund} would be given {would_be} yuan, and {parent} above it has {above}")]
    AboveParent { fund: FundId, would_be: Money, parent: FundId, above: Money },
    #[error("{fund} would hold more money than a ledger can count")]
    TooMuchMoney { fund: FundId },
    #[error("the month {period} is closed")]
    PeriodClosed { period: Period },
    #[error("the month {period} is closed, and nothing is posted before {from}")]
    NothingPosted { period: Period, from: NaiveDate },
    #[error("the month {period} is not over before {over}")]
    PeriodNotOver { period: Period, over: NaiveDate },
    #[error("the month {next} is to be closed before {period}")]
    PeriodOutOfOrder { period: Period, next: Period },
    #[error("the log has {size} entries; {asked} are asked for")]
    LogShorter { size: u64, asked: u64 },
    #[error("no approved claim of {fund} waits for payment")]
    NothingPayable { fund: FundId },
    #[error("{claim} is not in {batch}")]
    LineUnknown { batch: PaymentBatchId, claim: ClaimId },
    #[error("the bank has said of {claim} before that it is {is}")]
    LineSettled { claim: ClaimId, is: LineState },
    #[error("{claim} keeps {kept} yuan; {asked} are to be taken back")]
    ClawedBackTooMuch { claim: ClaimId, kept: Money, asked: Money },
    #[error("{receivable} has {outstanding} yuan outstanding; {asked} are to come back")]
    RecoveryTooMuch { receivable: ReceivableId, outstanding: Money, asked: Money },
    #[error("the bank reference `{bank_reference}` stands for another recovery")]
    RecoveryReferenceReused { bank_reference: String },
    #[error("a payment is reversed by more than it was, or one that is none")]
    ReversedTooMuch,
    #[error("{through} is yet to come; today is {today}")]
    NotYet { through: NaiveDate, today: NaiveDate },
    #[error("a posting with debits of {debits} and credits of {credits} fen is not balanced")]
    Unbalanced { debits: i128, credits: i128 },
}

fn one_of(states: &[State]) -> String {
    states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(" or ")
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            Refusal::Claim(refusal) => refusal.into(),
            Refusal::Override(refusal) => refusal.into(),
            Refusal::WrongState { claim, is, needs } => Self::refused(
                &claim.to_string(),
                "WRONG_STATE",
                en,
                format!("{claim} 当前状态为 {is}，此操作要求 {}", one_of(needs)),
            )
            .rule("subsidy/claim-states")
            .way_out("read the claim again; its state says what can be done next", "请重新读取该申领，按其状态操作"),
            Refusal::OwnClaim { claim } => {
                Self::refused(&claim.to_string(), "FOUR_EYES", en, format!("提交人不得审批本人提交的申领 {claim}"))
                    .rule("subsidy/four-eyes")
                    .way_out("let another person approve it", "请由另一人审批")
            }
            Refusal::ContentChanged { claim } => {
                Self::refused("content_hash", "CONTENT_CHANGED", en, format!("{claim} 的内容与所给内容摘要不符"))
                    .rule("subsidy/approval-binds-content")
                    .way_out(
                        "read the claim again, look at what it says now, and give its content hash",
                        "请重新读取并核对该申领，再提供其内容摘要",
                    )
            }
            Refusal::FundMissing { code } => {
                Self::refused("fund", "FUND_MISSING", en, format!("补贴项目的资金来源“{code}”尚未设立"))
                    .rule("subsidy/scheme-fund")
                    .way_out(format!("set up a fund with the code `{code}`"), format!("请先设立代码为“{code}”的专项基金"))
            }
            Refusal::FundCodeTaken { code } => {
                Self::new(Code::AlreadyExists, "FUND_CODE_TAKEN", en, format!("代码为“{code}”的专项基金已存在"))
                    .on("fund.code")
                    .way_out("use the fund that is there, or another code", "请使用已有基金，或更换代码")
            }
            Refusal::BudgetExceeded { fund, available, asked } => {
                Self::refused(&fund.to_string(), "BUDGET_EXCEEDED", en, format!("{fund} 可用 {available} 元，需 {asked} 元"))
                    .rule("subsidy/budget")
                    .way_out("approve less, or appropriate more first", "请减少审批金额，或先追加预算")
            }
            Refusal::AboveParent { fund, would_be, parent, above } => Self::refused(
                &fund.to_string(),
                "ABOVE_PARENT",
                en,
                format!("{fund} 将有 {would_be} 元，超过其上级 {parent} 的 {above} 元"),
            )
            .rule("subsidy/budget-cap")
            .way_out("appropriate to the fund above first, or less", "请先追加上级基金的预算，或减少金额"),
            Refusal::PeriodClosed { .. }
            | Refusal::NothingPosted { .. }
            | Refusal::PeriodNotOver { .. }
            | Refusal::PeriodOutOfOrder { .. } => of_period(&refusal, en),
            Refusal::LogShorter { size, asked } => {
                Self::refused("size", "LOG_SHORTER", en, format!("账簿日志有 {size} 条分录，所求为 {asked} 条"))
                    .rule("subsidy/ledger-log")
                    .way_out(
                        "ask for a size the log has had; a checkpoint beyond it says that entries are gone",
                        "请使用日志已达到的条数；若检查点超出此数，说明分录已丢失",
                    )
            }
            Refusal::TooMuchMoney { fund } => {
                Self::refused("amount", "AMOUNT_TOO_LARGE", en, format!("{fund} 的金额超出账簿上限"))
                    .rule("subsidy/budget")
                    .way_out("give a smaller amount", "请减小金额")
            }
            Refusal::NothingPayable { fund } => {
                Self::refused(&fund.to_string(), "NOTHING_PAYABLE", en, format!("{fund} 没有待拨付的已批准申领"))
                    .rule("subsidy/payment-batch")
                    .way_out("approve claims first, or settle the open batch", "请先审批申领，或先处理未结批次")
            }
            Refusal::LineUnknown { batch, claim } => {
                Self::refused("claim", "LINE_UNKNOWN", en, format!("{batch} 中没有 {claim}"))
                    .rule("subsidy/payment-batch")
                    .way_out("read the batch; give results for its own lines", "请读取该批次，仅提交其中各笔的结果")
            }
            Refusal::LineSettled { claim, is } => {
                Self::refused("claim", "LINE_SETTLED", en, format!("{claim} 此前的银行结果为 {is}，与本次不同"))
                    .rule("subsidy/payment-batch")
                    .way_out(
                        "clear the contradiction with the bank; a paid line is corrected by a clawback",
                        "请与银行核对；已付款项通过追回更正",
                    )
            }
            Refusal::NotYet { through, today } => {
                Self::invalid("through", "DAY_NOT_COME", en, format!("{through} 尚未到来，今天是 {today}"))
                    .rule("subsidy/due-day")
                    .way_out("give today or an earlier day, or none for today", "请填写今天或更早的日期；留空即为今天")
            }
            Refusal::RecoveryTooMuch { .. } | Refusal::RecoveryReferenceReused { .. } => of_recovery(refusal, en),
            Refusal::ClawedBackTooMuch { .. } | Refusal::ReversedTooMuch | Refusal::Unbalanced { .. } => Self::internal(en),
        }
    }
}

/// Of months that are closed, or not yet to be.
fn of_period(refusal: &Refusal, en: String) -> Error {
    match refusal {
        Refusal::PeriodClosed { period } => {
            Error::refused(&period.name(), "PERIOD_CLOSED", en, format!("会计期间 {period} 已结账"))
                .rule("subsidy/periods")
                .way_out("post to the open month, naming what it corrects", "请记入未结账的期间，并注明所更正的账务")
        }
        Refusal::NothingPosted { period, from } => {
            Error::refused(&period.name(), "PERIOD_CLOSED", en, format!("会计期间 {period} 已结账，{from} 之前不再入账"))
                .rule("subsidy/periods")
                .way_out(format!("do it from {from} on"), format!("请自 {from} 起办理"))
        }
        Refusal::PeriodNotOver { period, over } => {
            Error::refused(&period.name(), "PERIOD_NOT_OVER", en, format!("会计期间 {period} 在 {over} 之前尚未结束"))
                .rule("subsidy/periods")
                .way_out(
                    format!("close it from {over} on; the running month may be closed early, with `before_its_end`"),
                    format!("请自 {over} 起结账；当月可用 `before_its_end` 提前结账"),
                )
        }
        Refusal::PeriodOutOfOrder { period, next } => {
            Error::refused(&period.name(), "PERIOD_OUT_OF_ORDER", en, format!("结账 {period} 之前应先结账 {next}"))
                .rule("subsidy/periods")
                .way_out(format!("close {next} first"), format!("请先结账 {next}"))
        }
        _ => Error::internal(en),
    }
}

/// Of money that is to come back.
fn of_recovery(refusal: Refusal, en: String) -> Error {
    match refusal {
        Refusal::RecoveryTooMuch { receivable, outstanding, asked } => {
            Error::refused("amount", "RECOVERY_TOO_MUCH", en, format!("{receivable} 尚欠 {outstanding} 元，不能收回 {asked} 元"))
                .rule("subsidy/recovery")
                .way_out(
                    "record no more than is outstanding; what a batch at the bank is set against is not",
                    "入账金额不得超过尚欠金额；已与在途批次抵扣的部分不计在内",
                )
        }
        Refusal::RecoveryReferenceReused { bank_reference } => Error::refused(
            "bank_reference",
            "RECOVERY_REFERENCE_REUSED",
            en,
            format!("银行流水号“{bank_reference}”已用于另一笔退回款"),
        )
        .rule("subsidy/recovery")
        .way_out(
            "give the reference of this payment; one reference stands for one",
            "请填写本笔款项的流水号，一个流水号仅对应一笔",
        ),
        _ => Error::internal(en),
    }
}
