//! The money of the city: funds are set up and filled, claims go from accrual to payment.

use super::people::{Line, People};
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
    let mut count = 0;
    loop {
        let accrued = claims_in(&mut bureau, sub::ClaimState::Accrued).await?;
        if accrued.is_empty() {
            break;
        }
        count += accrued.len();
        let names: Vec<String> = accrued.into_iter().map(|claim| claim.name).collect();
        bureau.batch_submit_claims(sub::BatchSubmitClaimsRequest { names: names.clone() }).await?;
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

    let step = progress.step("拨付", "payments", 0);
    let mut paid = 0;
    for fund in funds {
        paid += pay_out(&mut finance, &fund).await?;
    }
    step.done(paid);
    Ok(())
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
