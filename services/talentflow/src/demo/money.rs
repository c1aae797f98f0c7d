//! The money of the city: funds are set up and filled, claims go from accrual to payment.

use crate::people::{Line, People};
use crate::progress::Progress;
use proto::common::v1::Money;
use proto::subsidy::v1 as sub;
use proto::subsidy::v1::subsidy_service_client::SubsidyServiceClient;
use std::collections::BTreeSet;

/// What each fund is given, in fen: a hundred million yuan.
const APPROPRIATION: i64 = 10_000_000_000;

type Client = SubsidyServiceClient<Line>;

pub async fn fund_and_pay(people: &People, progress: &Progress) -> anyhow::Result<()> {
    let mut bureau = SubsidyServiceClient::new(people.bureau()?);
    let mut finance = SubsidyServiceClient::new(people.finance()?);
    let funds = set_up_funds(&mut bureau, &mut finance).await?;

    let step = progress.step("申领、审核与审批", "claims", 0);
    let request = sub::ListSchemesRequest { page_size: 1000, ..Default::default() };
    let schemes = bureau.list_schemes(request).await?.into_inner().schemes;
    let mut count = 0;
    loop {
        let accrued = claims_in(&mut bureau, sub::ClaimState::Accrued).await?;
        if accrued.is_empty() {
            break;
        }
        count += accrued.len();
        let evidence = evidence(&schemes, &accrued);
        let names: Vec<String> = accrued.into_iter().map(|claim| claim.name).collect();
        bureau.batch_submit_claims(sub::BatchSubmitClaimsRequest { names: names.clone(), evidence }).await?;
        let checked = bureau.batch_check_claims(sub::BatchCheckClaimsRequest { names }).await?.into_inner().claims;
        let requests: Vec<_> = checked
            .into_iter()
            .filter(|claim| claim.state() == sub::ClaimState::Checked)
            .map(|claim| sub::ApproveClaimRequest { name: claim.name, content_hash: claim.content_hash })
            .collect();
        if !requests.is_empty() {
            finance.batch_approve_claims(sub::BatchApproveClaimsRequest { requests }).await?;
        }
        step.advance(count);
    }
    step.done(count);

    set_up_accounts(&mut bureau, &mut finance, &funds).await?;
    let step = progress.step("拨付", "payments", 0);
    let mut paid = 0;
    for fund in funds {
        paid += pay_out(&mut finance, &fund).await?;
    }
    step.done(paid);
    Ok(())
}

/// What the schemes of these claims ask for; the documents of a made-up city are made up.
fn evidence(schemes: &[sub::Scheme], claims: &[sub::Claim]) -> Vec<sub::ClaimEvidence> {
    let of = |claim: &sub::Claim| {
        let judged = |one: &&sub::Scheme| (&one.name, one.version) == (&claim.scheme, claim.scheme_version);
        let codes = schemes.iter().find(judged).map(|scheme| scheme.evidence.as_slice()).unwrap_or_default();
        let named =
            |code: &String| sub::Evidence {
                code: code.clone(), sha256: claim.content_hash.clone(), place: "演示档案".into()
            };
        let evidence: Vec<sub::Evidence> = codes.iter().map(named).collect();
        (!evidence.is_empty()).then(|| sub::ClaimEvidence { claim: claim.name.clone(), evidence })
    };
    claims.iter().filter_map(of).collect()
}

/// A fund for each code the schemes name; one that is there already is only filled.
async fn set_up_funds(bureau: &mut Client, finance: &mut Client) -> anyhow::Result<Vec<String>> {
    let schemes =
        bureau.list_schemes(sub::ListSchemesRequest { page_size: 1000, ..Default::default() }).await?.into_inner().schemes;
    let codes: BTreeSet<String> = schemes.into_iter().map(|scheme| scheme.fund_code).filter(|code| !code.is_empty()).collect();
    let known = bureau.list_funds(sub::ListFundsRequest { page_size: 1000, ..Default::default() }).await?.into_inner().funds;
    let mut names = Vec::new();
    for code in codes {
        let name = if let Some(fund) = known.iter().find(|fund| fund.code == code) {
            fund.name.clone()
        } else {
            let fund = sub::Fund { display_name: format!("专项基金 {code}"), code, ..Default::default() };
            bureau.create_fund(sub::CreateFundRequest { fund: Some(fund) }).await?.into_inner().name
        };
        let request = sub::AppropriateFundRequest {
            name: name.clone(),
            amount: Some(Money { fen: APPROPRIATION }),
            document: "预算下达通知".into(),
        };
        finance.appropriate_fund(request).await?;
        names.push(name);
    }
    Ok(names)
}

/// The bureau proposes an account for every fund and for everybody who waits to be paid; finance confirms them, each
/// with the number once more.
async fn set_up_accounts(bureau: &mut Client, finance: &mut Client, funds: &[String]) -> anyhow::Result<()> {
    let mut owners = Vec::new();
    for fund in funds {
        let confirmed = sub::BankAccountState::Confirmed.into();
        let request = sub::ListBankAccountsRequest { owner: fund.clone(), state: confirmed, page_size: 1, ..Default::default() };
        if bureau.list_bank_accounts(request).await?.into_inner().bank_accounts.is_empty() {
            owners.push(fund.clone());
        }
    }
    loop {
        let request = sub::ListMissingBankAccountsRequest { page_size: 900, ..Default::default() };
        let missing = bureau.list_missing_bank_accounts(request).await?.into_inner().missing_bank_accounts;
        owners.extend(missing.into_iter().map(|missing| missing.organisation));
        if owners.is_empty() {
            return Ok(());
        }
        let requests = owners.drain(..).map(|owner| sub::CreateBankAccountRequest { bank_account: Some(account_of(owner)) });
        let request = sub::BatchCreateBankAccountsRequest { requests: requests.collect() };
        let proposed = bureau.batch_create_bank_accounts(request).await?.into_inner().bank_accounts;
        let confirm = |account: sub::BankAccount| sub::ConfirmBankAccountRequest {
            account_number: account_number(&account.owner),
            name: account.name,
        };
        let requests = proposed.into_iter().map(confirm).collect();
        finance.batch_confirm_bank_accounts(sub::BatchConfirmBankAccountsRequest { requests }).await?;
    }
}

fn account_of(owner: String) -> sub::BankAccount {
    sub::BankAccount {
        account_number: account_number(&owner),
        holder: format!("示例户名 {}", &owner[owner.len().saturating_sub(6)..]),
        owner,
        bank_code: "102495000019".into(),
        bank_name: "示例银行平顶山分行".into(),
        ..Default::default()
    }
}

/// Made from the owner's id: the demo has no paper to read it from.
fn account_number(owner: &str) -> String {
    let digits = owner.bytes().rev().take(12).map(|byte| char::from(b'0' + byte % 10));
    format!("6222021{}", digits.collect::<String>())
}

async fn claims_in(bureau: &mut Client, state: sub::ClaimState) -> anyhow::Result<Vec<sub::Claim>> {
    let request = sub::ListClaimsRequest { state: state.into(), page_size: 1000, ..Default::default() };
    Ok(bureau.list_claims(request).await?.into_inner().claims)
}

/// Batches until nothing is payable. The bank refuses one line in a hundred the first time.
async fn pay_out(finance: &mut Client, fund: &str) -> anyhow::Result<usize> {
    let (mut paid, mut refusing) = (0, true);
    loop {
        let wanted = sub::PaymentBatch { fund: fund.to_owned(), ..Default::default() };
        let batch = match finance.create_payment_batch(sub::CreatePaymentBatchRequest { payment_batch: Some(wanted) }).await {
            Ok(batch) => batch.into_inner(),
            // Nothing is payable: the fund is done.
            Err(status) if status.code() == tonic::Code::FailedPrecondition => return Ok(paid),
            Err(status) => return Err(status.into()),
        };
        if batch.lines.is_empty() {
            return Ok(paid);
        }
        let format = sub::PaymentFileFormat::Pain001.into();
        finance.export_payment_batch(sub::ExportPaymentBatchRequest { name: batch.name.clone(), format }).await?;
        let result = |(at, line): (usize, sub::PaymentLine)| {
            let refused = refusing && at % 100 == 99;
            sub::LineResult {
                claim: line.claim,
                paid: !refused,
                bank_reference: format!("BANK-{at:06}"),
                failure_reason: if refused { "account closed".into() } else { String::new() },
            }
        };
        let results: Vec<_> = batch.lines.into_iter().enumerate().map(result).collect();
        paid += results.iter().filter(|line| line.paid).count();
        refusing = false;
        finance.settle_payment_batch(sub::SettlePaymentBatchRequest { name: batch.name, results }).await?;
    }
}
