//! Bank accounts: proposed by one person, confirmed by another, shown masked, changed by versions.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod town;

use kit::auth::Role;
use kit::db::{Lane, args, statements};
use proto::subsidy::v1 as pb;
use testkit::Who;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use town::{Client, ENTERPRISE, OTHER_ENTERPRISE, SCHOOL, Town, account_of, fen, reason};

fn field(status: &Status) -> String {
    status.get_details_error_info().and_then(|info| info.metadata.get("field").cloned()).unwrap_or_default()
}

impl Town {
    async fn propose(&self, mut client: Client, account: pb::BankAccount) -> Result<pb::BankAccount, Status> {
        let request = pb::CreateBankAccountRequest { bank_account: Some(account) };
        client.create_bank_account(request).await.map(tonic::Response::into_inner)
    }

    async fn confirm(&self, mut client: Client, account: &pb::BankAccount, number: &str) -> Result<pb::BankAccount, Status> {
        let request = pb::ConfirmBankAccountRequest { name: account.name.clone(), account_number: number.into() };
        client.confirm_bank_account(request).await.map(tonic::Response::into_inner)
    }

    fn stranger(&self) -> Client {
        self.as_who(&Who::new("clerk@elsewhere", Some(OTHER_ENTERPRISE), &[Role::Enterprise]))
    }
}

#[tokio::test]
async fn an_organisation_proposes_its_account_and_a_second_person_brings_it_into_use() {
    for town in Town::both().await {
        let paper = account_of(ENTERPRISE);
        let proposed = town.propose(town.clerk(), paper.clone()).await.unwrap();
        assert_eq!((proposed.state(), proposed.version), (pb::BankAccountState::Proposed, 1));
        assert_eq!(proposed.account_number, format!("****{}", &paper.account_number[11..]));
        let spaced = format!("{} {}", &paper.account_number[..4], &paper.account_number[4..]);
        let confirmed = town.confirm(town.bureau(), &proposed, &spaced).await.unwrap();
        assert_eq!(confirmed.state(), pb::BankAccountState::Confirmed);
        assert_eq!((confirmed.proposed_by.as_str(), confirmed.confirmed_by.as_str()), ("clerk@factory", "clerk@bureau"));
        let request = pb::GetBankAccountRequest { name: proposed.name };
        assert_eq!(town.clerk().get_bank_account(request).await.unwrap().into_inner(), confirmed);
        town.verify().await;
    }
}

#[tokio::test]
async fn who_proposed_an_account_does_not_confirm_it_and_the_number_must_be_read_anew() {
    for town in Town::both().await {
        let paper = account_of(SCHOOL);
        let proposed = town.propose(town.bureau(), paper.clone()).await.unwrap();
        let own = town.confirm(town.bureau(), &proposed, &paper.account_number).await.unwrap_err();
        assert_eq!((own.code(), reason(&own)), (Code::FailedPrecondition, "FOUR_EYES".into()));
        let other = town.confirm(town.officer(), &proposed, "6222021001199999").await.unwrap_err();
        assert_eq!(reason(&other), "ACCOUNT_NUMBER_DIFFERS");
        assert!(!format!("{other:?}").contains(&paper.account_number), "a refusal gives the number away");
        town.confirm(town.officer(), &proposed, &paper.account_number).await.unwrap();
        let again = town.confirm(town.officer(), &proposed, &paper.account_number).await.unwrap_err();
        assert_eq!(reason(&again), "ACCOUNT_CONFIRMED");
        let request = pb::ConfirmBankAccountRequest { name: proposed.name.clone(), account_number: paper.account_number };
        let clerk = town.clerk().confirm_bank_account(request).await.unwrap_err();
        assert_eq!(clerk.code(), Code::PermissionDenied, "an organisation confirms nothing");
        town.verify().await;
    }
}

#[tokio::test]
async fn a_change_is_a_version_and_what_it_replaced_is_not_confirmed_after_it() {
    for town in Town::both().await {
        let paper = account_of(ENTERPRISE);
        let first = town.propose(town.clerk(), paper.clone()).await.unwrap();
        // Ids follow time.
        town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
        let second = town.propose(town.clerk(), paper.clone()).await.unwrap();
        assert_eq!((first.version, second.version), (1, 2));
        let late = town.confirm(town.officer(), &first, &paper.account_number).await.unwrap_err();
        assert_eq!(reason(&late), "ACCOUNT_SUPERSEDED");
        town.confirm(town.officer(), &second, &paper.account_number).await.unwrap();
        let request = pb::ListBankAccountsRequest { owner: ENTERPRISE.into(), ..Default::default() };
        let versions = town.bureau().list_bank_accounts(request.clone()).await.unwrap().into_inner().bank_accounts;
        let states: Vec<_> = versions.iter().map(|account| (account.version, account.state())).collect();
        assert_eq!(states, [(1, pb::BankAccountState::Proposed), (2, pb::BankAccountState::Confirmed)]);
        let confirmed = pb::ListBankAccountsRequest { state: pb::BankAccountState::Confirmed.into(), ..request };
        assert_eq!(town.bureau().list_bank_accounts(confirmed).await.unwrap().into_inner().bank_accounts, versions[1..]);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_no_account_is_refused_by_field_and_the_number_is_not_repeated() {
    for town in Town::both().await {
        let good = account_of(ENTERPRISE);
        let cases = [
            (pb::BankAccount { holder: String::new(), ..good.clone() }, "bank_account.holder", "REQUIRED"),
            (pb::BankAccount { holder: "户\u{7}名".into(), ..good.clone() }, "bank_account.holder", "NOT_PRINTABLE"),
            (pb::BankAccount { holder: "户".repeat(61), ..good.clone() }, "bank_account.holder", "TOO_LONG"),
            (
                pb::BankAccount { account_number: "62220x10011".into(), ..good.clone() },
                "bank_account.account_number",
                "ACCOUNT_NUMBER",
            ),
            (pb::BankAccount { account_number: String::new(), ..good.clone() }, "bank_account.account_number", "REQUIRED"),
            (pb::BankAccount { bank_code: "1024".into(), ..good.clone() }, "bank_account.bank_code", "BANK_CODE"),
            (pb::BankAccount { bank_name: String::new(), ..good.clone() }, "bank_account.bank_name", "REQUIRED"),
            (pb::BankAccount { owner: "claims/x".into(), ..good.clone() }, "bank_account.owner", "RESOURCE_NAME"),
        ];
        for (account, at, why) in cases {
            let refused = town.propose(town.bureau(), account.clone()).await.unwrap_err();
            assert_eq!((refused.code(), field(&refused), reason(&refused)), (Code::InvalidArgument, at.into(), why.into()));
            assert!(account.account_number.is_empty() || !format!("{refused:?}").contains(&account.account_number));
        }
        let twice = |owner: &str| pb::CreateBankAccountRequest { bank_account: Some(account_of(owner)) };
        let request = pb::BatchCreateBankAccountsRequest { requests: vec![twice(SCHOOL), twice(SCHOOL)] };
        let refused = town.bureau().batch_create_bank_accounts(request).await.unwrap_err();
        assert_eq!((field(&refused), reason(&refused)), ("requests[1].bank_account.owner".into(), "DUPLICATE".into()));
        let none = pb::BatchConfirmBankAccountsRequest::default();
        assert_eq!(reason(&town.officer().batch_confirm_bank_accounts(none).await.unwrap_err()), "BATCH_SIZE");
    }
}

#[tokio::test]
async fn an_organisation_sees_and_sets_its_own_account_alone() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let mine = town.propose(town.clerk(), account_of(ENTERPRISE)).await.unwrap();
        for owner in [ENTERPRISE, fund.as_str()] {
            let foreign = town.propose(town.stranger(), account_of(owner)).await.unwrap_err();
            assert_eq!(foreign.code(), Code::NotFound, "{owner}");
        }
        let get = || pb::GetBankAccountRequest { name: mine.name.clone() };
        assert_eq!(town.stranger().get_bank_account(get()).await.unwrap_err().code(), Code::NotFound);
        let listed = town.stranger().list_bank_accounts(pb::ListBankAccountsRequest::default()).await.unwrap().into_inner();
        assert!(listed.bank_accounts.iter().all(|account| account.owner == OTHER_ENTERPRISE));
        for owner in [ENTERPRISE, fund.as_str()] {
            let request = pb::ListBankAccountsRequest { owner: owner.into(), ..Default::default() };
            assert!(town.stranger().list_bank_accounts(request).await.unwrap().into_inner().bank_accounts.is_empty());
        }
    }
}

#[tokio::test]
async fn a_batch_of_confirmations_is_all_or_none() {
    for town in Town::both().await {
        let (school, enterprise) = (account_of(SCHOOL), account_of(ENTERPRISE));
        let one = town.propose(town.bureau(), school.clone()).await.unwrap();
        let two = town.propose(town.officer(), enterprise.clone()).await.unwrap();
        let confirm = |account: &pb::BankAccount, number: &str| pb::ConfirmBankAccountRequest {
            name: account.name.clone(),
            account_number: number.into(),
        };
        let requests = vec![confirm(&one, &school.account_number), confirm(&two, &enterprise.account_number)];
        let request = pb::BatchConfirmBankAccountsRequest { requests };
        let refused = town.officer().batch_confirm_bank_accounts(request).await.unwrap_err();
        assert_eq!(reason(&refused), "FOUR_EYES");
        assert!(field(&refused).starts_with("requests[1]"), "{}", field(&refused));
        let listed = town.bureau().list_bank_accounts(pb::ListBankAccountsRequest::default()).await.unwrap().into_inner();
        assert!(listed.bank_accounts.iter().all(|account| account.state() == pb::BankAccountState::Proposed));
    }
}

#[tokio::test]
async fn without_a_confirmed_account_a_claim_stays_payable_and_it_is_said_whose_is_missing() {
    for town in Town::both().await {
        let fund = town.bare_fund(1_000_000).await;
        town.graduate_hired(1).await;
        town.teacher(2).await;
        town.rotation_completed(2, 100, 20).await;
        let claims = town.claims().await;
        assert_eq!(claims.len(), 2);
        for claim in &claims {
            let by_bureau = pb::BatchSubmitClaimsRequest { names: vec![claim.name.clone()], ..Default::default() };
            town.bureau().batch_submit_claims(by_bureau).await.unwrap();
            let check = pb::BatchCheckClaimsRequest { names: vec![claim.name.clone()] };
            let checked = town.bureau().batch_check_claims(check).await.unwrap().into_inner().claims.remove(0);
            let approve = pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash };
            town.officer().approve_claim(approve).await.unwrap();
        }
        let nobody = town.batch(&fund).await.unwrap_err();
        assert_eq!((nobody.code(), reason(&nobody)), (Code::FailedPrecondition, "PAYEE_ACCOUNT_MISSING".into()));

        // A proposal alone changes nothing.
        let proposed = town.propose(town.bureau(), account_of(SCHOOL)).await.unwrap();
        assert_eq!(reason(&town.batch(&fund).await.unwrap_err()), "PAYEE_ACCOUNT_MISSING");
        town.confirm(town.officer(), &proposed, &account_of(SCHOOL).account_number).await.unwrap();
        let batch = town.batch(&fund).await.unwrap();
        assert_eq!((batch.line_count, batch.left_out), (1, 1));
        assert_eq!(batch.lines[0].beneficiary, SCHOOL);
        let missing = town.bureau().list_missing_bank_accounts(pb::ListMissingBankAccountsRequest::default()).await.unwrap();
        let row = pb::MissingBankAccount { organisation: ENTERPRISE.into(), claims: 1, amount: fen(150_000) };
        assert_eq!(missing.into_inner().missing_bank_accounts, [row]);
        town.accounts(&[ENTERPRISE]).await;
        assert_eq!(town.batch(&fund).await.unwrap().left_out, 0);
        town.verify().await;
    }
}

mod leaks {
    use super::statements;
    statements! {
        EVENTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE kind LIKE '%bank-account%' AND CAST(data AS TEXT) LIKE $1";
        TOLD = "SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE kind LIKE '%bank-account%'";
    }
}

#[tokio::test]
async fn no_event_carries_an_account_number() {
    for town in Town::both().await {
        town.accounts(&[ENTERPRISE]).await;
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        let told: (i64,) = tx.fetch_one(leaks::TOLD, args![]).await.unwrap();
        assert_eq!(told.0, 2, "proposed and confirmed");
        let number = account_of(ENTERPRISE).account_number;
        for text in [hex::encode(&number), number] {
            let found: (i64,) = tx.fetch_one(leaks::EVENTS, args![format!("%{text}%")]).await.unwrap();
            assert_eq!(found.0, 0, "{text}");
        }
        tx.rollback().await.unwrap();
    }
}
