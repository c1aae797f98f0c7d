//! What is read by name and what a list is narrowed by, on both engines.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod town;

use kit::auth::Role;
use proto::subsidy::v1 as pb;
use std::collections::BTreeSet;
use testkit::Who;
use tonic::Code;
use town::{Client, ENTERPRISE, OTHER_ENTERPRISE, Town, day, reason};

fn missing(collection: &str) -> String {
    format!("{collection}/00000000-0000-7000-8000-0000000000ff")
}

impl Town {
    fn stranger(&self) -> Client {
        self.as_who(&Who::new("clerk@elsewhere", Some(OTHER_ENTERPRISE), &[Role::Enterprise]))
    }

    async fn second_fund(&self) -> pb::Fund {
        let fund = pb::Fund { code: "roads".into(), display_name: "道路基金".into(), ..Default::default() };
        self.bureau().create_fund(pb::CreateFundRequest { fund: Some(fund) }).await.unwrap().into_inner()
    }

    async fn batches(&self, request: pb::ListPaymentBatchesRequest) -> Vec<pb::PaymentBatch> {
        self.officer().list_payment_batches(request).await.unwrap().into_inner().payment_batches
    }

    /// Two claims, the first paid and clawed back, the second of somebody else still accrued.
    async fn owing(&self) -> (String, pb::Receivable) {
        self.graduate_hired(1).await;
        let claim = self.only_claim().await.name;
        self.pay(&claim).await;
        self.left(1, 3, day(2026, 8, 1)).await;
        self.sandbox.clock.advance(chrono::TimeDelta::hours(1));
        self.graduate_hired(2).await;
        let owed = self.clerk().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner();
        (claim, owed.receivables[0].clone())
    }
}

#[tokio::test]
async fn a_fund_is_read_by_name_and_by_city_wide_roles_alone() {
    for town in Town::both().await {
        let name = town.fund(1_000_000).await;
        let get = || pb::GetFundRequest { name: name.clone() };
        let listed = town.officer().list_funds(pb::ListFundsRequest::default()).await.unwrap().into_inner().funds;
        for mut client in [town.bureau(), town.officer()] {
            assert_eq!(client.get_fund(get()).await.unwrap().into_inner(), listed[0]);
        }
        let none = town.bureau().get_fund(pb::GetFundRequest { name: missing("funds") }).await.unwrap_err();
        assert_eq!(none.code(), Code::NotFound);
        assert_eq!(town.clerk().get_fund(get()).await.unwrap_err().code(), Code::PermissionDenied);
        let misnamed = town.bureau().get_fund(pb::GetFundRequest { name: missing("claims") }).await.unwrap_err();
        assert_eq!(reason(&misnamed), "RESOURCE_NAME");
    }
}

#[tokio::test]
async fn a_receivable_is_read_by_its_debtor_and_another_organisation_cannot_tell_it_from_none() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        let (claim, owed) = town.owing().await;
        let get = || pb::GetReceivableRequest { name: owed.name.clone() };
        for mut client in [town.clerk(), town.officer()] {
            let read = client.get_receivable(get()).await.unwrap().into_inner();
            assert_eq!((&read, read.debtor.as_str(), &read.claim), (&owed, ENTERPRISE, &claim));
        }
        let foreign = town.stranger().get_receivable(get()).await.unwrap_err();
        let request = pb::GetReceivableRequest { name: missing("receivables") };
        let none = town.stranger().get_receivable(request.clone()).await.unwrap_err();
        assert_eq!((foreign.code(), none.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(foreign.message().replace(&owed.name, ""), none.message().replace(&request.name, ""));
        assert_eq!(town.officer().get_receivable(request).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn receivables_are_listed_by_claim_and_a_stranger_finds_none() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        let (claim, owed) = town.owing().await;
        let listed = async |mut client: Client, claim: &str| {
            let request = pb::ListReceivablesRequest { claim: claim.into(), ..Default::default() };
            client.list_receivables(request).await.unwrap().into_inner().receivables
        };
        assert_eq!(listed(town.officer(), &claim).await, std::slice::from_ref(&owed));
        assert_eq!(listed(town.clerk(), &claim).await, [owed]);
        assert!(listed(town.stranger(), &claim).await.is_empty());
        let other = town.claims().await.into_iter().find(|one| one.name != claim).unwrap().name;
        assert!(listed(town.officer(), &other).await.is_empty());
        let both = pb::ListReceivablesRequest { claim, debtor: OTHER_ENTERPRISE.into(), ..Default::default() };
        assert!(town.officer().list_receivables(both).await.unwrap().into_inner().receivables.is_empty());
        let malformed = pb::ListReceivablesRequest { claim: "x".into(), ..Default::default() };
        assert_eq!(town.officer().list_receivables(malformed).await.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn payment_batches_are_listed_without_lines_by_fund_and_state_and_paged() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let other = town.second_fund().await.name;
        for n in 1..=3 {
            town.graduate_hired(n).await;
        }
        let names: Vec<String> = town.claims().await.into_iter().map(|claim| claim.name).collect();
        let mut made = Vec::new();
        for (n, name) in names.iter().enumerate() {
            town.approve(name).await;
            let batch = town.batch(&fund).await.unwrap();
            assert_eq!(batch.lines.len(), 1);
            made.push(pb::PaymentBatch { lines: Vec::new(), sources: Vec::new(), ..batch });
            // Ids follow time.
            town.sandbox.clock.advance(chrono::TimeDelta::seconds(i64::try_from(n).unwrap() + 1));
        }
        let settled = town.settle_batch(&made[0].name, &[(&names[0], true, "B-1")]).await.unwrap();
        made[0].state = settled.state;

        assert_eq!(town.batches(pb::ListPaymentBatchesRequest::default()).await, made);
        let of_fund = |fund: &str| pb::ListPaymentBatchesRequest { fund: fund.into(), ..Default::default() };
        assert_eq!(town.batches(of_fund(&fund)).await, made);
        assert!(town.batches(of_fund(&other)).await.is_empty());
        let in_state = |state: pb::PaymentBatchState| pb::ListPaymentBatchesRequest { state: state.into(), ..of_fund(&fund) };
        assert_eq!(town.batches(in_state(pb::PaymentBatchState::Settled)).await, made[..1]);
        assert_eq!(town.batches(in_state(pb::PaymentBatchState::Open)).await, made[1..]);

        let request = pb::ListPaymentBatchesRequest { page_size: 2, ..Default::default() };
        let page = town.officer().list_payment_batches(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.payment_batches, made[..2]);
        let rest = pb::ListPaymentBatchesRequest { page_token: page.next_page_token, ..request };
        let rest = town.officer().list_payment_batches(rest).await.unwrap().into_inner();
        assert_eq!((rest.payment_batches.as_slice(), rest.next_page_token.as_str()), (&made[2..], ""));
    }
}

#[tokio::test]
async fn payment_batches_are_not_for_beneficiaries_and_a_state_nobody_knows_is_refused() {
    for town in Town::both().await {
        let request = pb::ListPaymentBatchesRequest::default();
        assert_eq!(town.clerk().list_payment_batches(request).await.unwrap_err().code(), Code::PermissionDenied);
        let request = pb::ListPaymentBatchesRequest { state: 99, ..Default::default() };
        assert_eq!(town.officer().list_payment_batches(request).await.unwrap_err().code(), Code::InvalidArgument);
        assert!(town.batches(pb::ListPaymentBatchesRequest::default()).await.is_empty());
    }
}

#[tokio::test]
async fn claims_and_ledger_entries_are_listed_by_fund() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let other = town.second_fund().await.name;
        let appropriate = pb::AppropriateFundRequest { name: other.clone(), amount: town::fen(7), document: "文".into() };
        town.officer().appropriate_fund(appropriate).await.unwrap();
        let (claim, _) = town.owing().await;

        let claims = async |mut client: Client, fund: &str| {
            let request = pb::ListClaimsRequest { fund: fund.into(), ..Default::default() };
            let claims = client.list_claims(request).await.unwrap().into_inner().claims;
            claims.into_iter().map(|claim| claim.name).collect::<Vec<_>>()
        };
        assert_eq!(claims(town.officer(), "").await.len(), 2);
        assert_eq!(
            claims(town.officer(), &fund).await,
            std::slice::from_ref(&claim),
            "the other has no fund before it is submitted"
        );
        assert_eq!(claims(town.clerk(), &fund).await, std::slice::from_ref(&claim));
        assert!(claims(town.officer(), &other).await.is_empty());
        assert!(claims(town.stranger(), &fund).await.is_empty());

        let entries = async |fund: &str, claim: &str| {
            let request = pb::ListLedgerEntriesRequest { fund: fund.into(), claim: claim.into(), ..Default::default() };
            town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries
        };
        let (all, own, others) = (entries("", "").await, entries(&fund, "").await, entries(&other, "").await);
        assert_eq!((own.len() + others.len(), others.len()), (all.len(), 2));
        assert!(own.iter().all(|entry| entry.account.starts_with(&fund)));
        assert!(others.iter().all(|entry| entry.account.starts_with(&other)));
        assert_eq!(entries(&fund, &claim).await, entries("", &claim).await);
        assert!(!entries(&fund, &claim).await.is_empty() && entries(&other, &claim).await.is_empty());
    }
}

#[tokio::test]
async fn every_ledger_entry_is_found_under_the_account_it_names_and_under_no_other() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let other = town.second_fund().await.name;
        let (claim, _) = town.owing().await;
        let listed = async |request: pb::ListLedgerEntriesRequest| {
            town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries
        };
        let on = |account: &str| pb::ListLedgerEntriesRequest { account: account.into(), ..Default::default() };
        let all = listed(on("")).await;
        let payee = format!("{fund}/payee/{ENTERPRISE}");
        let accounts: BTreeSet<&str> = all.iter().map(|entry| entry.account.as_str()).collect();
        assert!(accounts.len() == 7 && accounts.contains(payee.as_str()), "{accounts:?}");
        for account in &accounts {
            let own: Vec<_> = all.iter().filter(|entry| entry.account == *account).cloned().collect();
            assert_eq!(listed(on(account)).await, own);
        }

        let about = |account: &str| pb::ListLedgerEntriesRequest { claim: claim.clone(), ..on(account) };
        let appropriated = format!("{fund}/appropriation");
        assert_eq!((listed(on(&appropriated)).await.len(), listed(about(&appropriated)).await.len()), (1, 0));
        assert_eq!(listed(about(&payee)).await, listed(on(&payee)).await);
        let elsewhere = pb::ListLedgerEntriesRequest { fund: other.clone(), ..on(&payee) };
        assert!(listed(elsewhere).await.is_empty(), "both filters hold");
        assert!(listed(on(&format!("{other}/payee/{ENTERPRISE}"))).await.is_empty());
        assert!(listed(on(&format!("{fund}/payee"))).await.is_empty(), "nobody's");

        let malformed =
            [fund.clone(), format!("{fund}/gold"), format!("{fund}/payee/somebody"), format!("{fund}/paid/"), "x".into()];
        for account in malformed {
            let refused = town.officer().list_ledger_entries(on(&account)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "ACCOUNT"), "{account}");
        }
    }
}
