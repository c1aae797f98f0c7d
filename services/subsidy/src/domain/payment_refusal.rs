//! Why a command on bank accounts, or on the files that go to a bank and come back from it, is refused.

use super::{BankAccountId, ClaimId, FundId, OrganisationId, PaymentBatchId};
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefusal {
    #[error("{account} is confirmed already")]
    AccountConfirmed { account: BankAccountId },
    #[error("who proposed {account} does not confirm it")]
    OwnAccount { account: BankAccountId },
    #[error("{account} was replaced by a later proposal")]
    AccountSuperseded { account: BankAccountId },
    #[error("the account number given is not the one of {account}")]
    AccountNumberDiffers { account: BankAccountId },
    #[error("{claims} approved claims of {fund} wait for payment, and none of their beneficiaries has a confirmed bank account")]
    NobodyPayable { fund: FundId, claims: i64 },
    #[error("{beneficiary}, who is to get {claim}, has no confirmed bank account")]
    PayeeAccountMissing { claim: ClaimId, beneficiary: OrganisationId },
    #[error("{fund} has no confirmed bank account to pay from")]
    PayerAccountMissing { fund: FundId },
    #[error("the bank has answered for lines of {batch} already")]
    BatchAnswered { batch: PaymentBatchId },
    #[error("everything in {batch} was set against what its beneficiaries owe")]
    NothingToSend { batch: PaymentBatchId },
    #[error("the report has more than {most} rows")]
    ReportTooLong { most: i64 },
    #[error("the file has {bytes} bytes, more than {most}")]
    FileTooLarge { bytes: usize, most: usize },
    #[error("{at}: {what} may not stand in a file of results")]
    FileUnsafe { at: String, what: &'static str },
    #[error("{at}: {en}")]
    FileMalformed { at: String, en: String, zh: String },
    #[error("{at}: the file answers for `{names}`, which is not {batch}")]
    OtherBatch { at: String, batch: PaymentBatchId, names: String },
    #[error("{at}: `{end_to_end_id}` is no payment of {batch}")]
    EntryUnknown { at: String, batch: PaymentBatchId, end_to_end_id: String },
}

impl From<PaymentRefusal> for Error {
    fn from(refusal: PaymentRefusal) -> Self {
        match refusal {
            PaymentRefusal::AccountConfirmed { .. }
            | PaymentRefusal::OwnAccount { .. }
            | PaymentRefusal::AccountSuperseded { .. }
            | PaymentRefusal::AccountNumberDiffers { .. } => of_account(&refusal),
            PaymentRefusal::NobodyPayable { .. }
            | PaymentRefusal::PayeeAccountMissing { .. }
            | PaymentRefusal::PayerAccountMissing { .. }
            | PaymentRefusal::BatchAnswered { .. }
            | PaymentRefusal::NothingToSend { .. } => of_batch(&refusal),
            _ => of_file(&refusal),
        }
    }
}

fn of_account(refusal: &PaymentRefusal) -> Error {
    let en = refusal.to_string();
    let (account, reason, zh, rule, ways): (_, _, _, _, (&str, &str)) = match refusal {
        PaymentRefusal::OwnAccount { account } => (
            account,
            "FOUR_EYES",
            format!("提出人不得确认本人提出的账户 {account}"),
            "subsidy/four-eyes",
            ("let another person confirm it", "请由另一人确认"),
        ),
        PaymentRefusal::AccountSuperseded { account } => (
            account,
            "ACCOUNT_SUPERSEDED",
            format!("{account} 已被更新的账户信息取代"),
            "subsidy/bank-account",
            ("confirm the newest version of the owner", "请确认该单位最新提出的账户"),
        ),
        PaymentRefusal::AccountNumberDiffers { account } => (
            account,
            "ACCOUNT_NUMBER_DIFFERS",
            format!("所填账号与 {account} 的账号不一致"),
            "subsidy/bank-account",
            (
                "read the number from the organisation's paper again, or let it propose the account anew",
                "请按单位材料重新核对账号，或由单位重新提出账户",
            ),
        ),
        PaymentRefusal::AccountConfirmed { account } => (
            account,
            "ACCOUNT_CONFIRMED",
            format!("{account} 已确认"),
            "subsidy/bank-account",
            ("there is nothing left to do; propose a new version to change it", "无需再次确认；如需变更请提出新账户"),
        ),
        _ => return Error::internal(en),
    };
    Error::refused(&account.to_string(), reason, en, zh).rule(rule).way_out(ways.0, ways.1)
}

fn of_batch(refusal: &PaymentRefusal) -> Error {
    let en = refusal.to_string();
    let (subject, reason, zh, ways): (_, _, _, (&str, &str)) = match refusal {
        PaymentRefusal::NobodyPayable { fund, claims } => (
            fund.to_string(),
            "PAYEE_ACCOUNT_MISSING",
            format!("{fund} 有 {claims} 笔已批准申领待拨付，但收款单位均无已确认的账户"),
            (
                "ListMissingBankAccounts says whose accounts are missing: propose and confirm them",
                "请查询缺少账户的单位，并提出、确认其收款账户",
            ),
        ),
        PaymentRefusal::PayeeAccountMissing { claim, beneficiary } => (
            claim.to_string(),
            "PAYEE_ACCOUNT_MISSING",
            format!("{claim} 的收款单位 {beneficiary} 没有已确认的账户"),
            ("propose and confirm a bank account of the beneficiary", "请提出并确认该单位的收款账户"),
        ),
        PaymentRefusal::PayerAccountMissing { fund } => (
            fund.to_string(),
            "PAYER_ACCOUNT_MISSING",
            format!("{fund} 没有已确认的付款账户"),
            ("propose and confirm a bank account of the fund", "请提出并确认该基金的付款账户"),
        ),
        PaymentRefusal::BatchAnswered { batch } => (
            batch.to_string(),
            "BATCH_ANSWERED",
            format!("{batch} 已有银行结果，不能再首次导出"),
            (
                "a file sent now could be paid a second time; what failed goes into a new batch",
                "此时导出可能造成重复付款；失败款项请另行建立批次",
            ),
        ),
        PaymentRefusal::NothingToSend { batch } => (
            batch.to_string(),
            "NOTHING_TO_SEND",
            format!("{batch} 的款项已全部与应收追回款抵扣"),
            ("there is nothing to pay: the batch is settled", "无需付款：该批次已结清"),
        ),
        _ => return Error::internal(en),
    };
    Error::refused(&subject, reason, en, zh).rule("subsidy/payment-batch").way_out(ways.0, ways.1)
}

fn of_file(refusal: &PaymentRefusal) -> Error {
    let en = refusal.to_string();
    match refusal {
        PaymentRefusal::FileTooLarge { bytes, most } => {
            Error::invalid("content", "FILE_TOO_LARGE", en, format!("文件为 {bytes} 字节，超过上限 {most} 字节"))
                .way_out("ask the bank for a file a batch", "请向银行索取按批次拆分的文件")
        }
        PaymentRefusal::FileUnsafe { at, what } => {
            Error::invalid(&field(at), "FILE_UNSAFE", en, format!("{at}：结果文件中不允许出现 {what}"))
                .way_out("ask the bank for a plain file", "请向银行索取不含此类内容的文件")
        }
        PaymentRefusal::FileMalformed { at, zh, .. } => Error::invalid(&field(at), "FILE_MALFORMED", en, format!("{at}：{zh}"))
            .way_out("mend the file there, and give it again whole", "请在该处更正后重新提交整个文件"),
        PaymentRefusal::OtherBatch { at, batch, names } => {
            Error::refused(&field(at), "FILE_OF_ANOTHER_BATCH", en, format!("{at}：文件所属批次“{names}”不是 {batch}"))
                .rule("subsidy/payment-batch")
                .way_out("give the file to the batch it answers for", "请将文件提交给其对应的批次")
        }
        PaymentRefusal::EntryUnknown { at, batch, end_to_end_id } => {
            Error::refused(&field(at), "LINE_UNKNOWN", en, format!("{at}：“{end_to_end_id}”不是 {batch} 中的付款"))
                .rule("subsidy/payment-batch")
                .way_out("read the batch; it names the end-to-end ids of its lines", "请读取该批次，其中列有各笔的付款标识")
        }
        PaymentRefusal::ReportTooLong { most } => Error::refused("report", "REPORT_TOO_LONG", en, format!("报表超过 {most} 行"))
            .rule("subsidy/report")
            .way_out("ask for one fund, one organisation or one year at a time", "请按基金、单位或年度分别导出"),
        _ => Error::internal(en),
    }
}

/// Where in the content of the file.
fn field(at: &str) -> String {
    if at.is_empty() { "content".to_owned() } else { format!("content.{at}") }
}
