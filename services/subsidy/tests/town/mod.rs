//! A small town for tests: a school, two enterprises, and the facts that other services would tell.

#![allow(dead_code, reason = "each test file uses its part of the town")]
#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot be set up should stop; fields of messages are optional"
)]

use chrono::{DateTime, Utc};
use kit::auth::Role;
use kit::verify::verify_all;
use proto::common::v1::Money;
use proto::directory::v1 as directory;
use proto::google::r#type::Date;
use proto::mentoring::v1 as mentoring;
use proto::rotation::v1 as rotation;
use proto::subsidy::v1 as pb;
use proto::subsidy::v1::subsidy_service_client::SubsidyServiceClient;
use proto::training::v1 as training;
use testkit::{Caller, Sandbox, Who, both_engines};
use tonic::Status;
use tonic_types::StatusExt;

pub const SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000a";
pub const ENTERPRISE: &str = "organisations/00000000-0000-7000-8000-00000000000b";
pub const OTHER_ENTERPRISE: &str = "organisations/00000000-0000-7000-8000-00000000000c";

pub type Client = SubsidyServiceClient<Caller>;

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn person(n: u32) -> String {
    name("people", n)
}

fn name(collection: &str, n: u32) -> String {
    format!("{collection}/00000000-0000-7000-8000-{n:012}")
}

pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

pub fn fen(fen: i64) -> Option<Money> {
    Some(Money { fen })
}

/// The bank account of an owner, as its paper says.
pub fn account_of(owner: &str) -> pb::BankAccount {
    let end = &owner[owner.len() - 4..];
    let digits: String = end.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
    pb::BankAccount {
        owner: owner.into(),
        holder: format!("单位 & \"{end}\""),
        account_number: format!("62220210011{digits}"),
        bank_code: format!("10249500{digits}"),
        bank_name: "平顶山分行".into(),
        ..Default::default()
    }
}

pub struct Town {
    pub sandbox: Sandbox,
}

impl Town {
    pub async fn both() -> Vec<Self> {
        Self::both_with(subsidy::service).await
    }

    /// With a service of their own, as where a city has schemes of its own.
    pub async fn both_with(service: fn(kit::Context) -> kit::Service) -> Vec<Self> {
        let mut towns = Vec::new();
        for test in both_engines(&[subsidy::MIGRATIONS]).await {
            towns.push(Self { sandbox: Sandbox::new(test, &[("subsidy", service)]).await });
        }
        towns
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.sandbox.clock.now()
    }

    pub fn as_who(&self, who: &Who) -> Client {
        SubsidyServiceClient::new(self.sandbox.caller("subsidy", who))
    }
    /// Somebody of the enterprise.
    pub fn clerk(&self) -> Client {
        self.as_who(&Who::new("clerk@factory", Some(ENTERPRISE), &[Role::Enterprise]))
    }
    pub fn bureau(&self) -> Client {
        self.as_who(&Who::bureau())
    }
    pub fn officer(&self) -> Client {
        self.as_who(&Who::finance())
    }

    /// Sets the fund of the shipped schemes up and fills it, and the accounts it pays from and to.
    pub async fn fund(&self, appropriated: i64) -> String {
        let fund = self.bare_fund(appropriated).await;
        self.accounts(&[&fund, SCHOOL, ENTERPRISE, OTHER_ENTERPRISE]).await;
        fund
    }

    /// As [`Town::fund`], without any account.
    pub async fn bare_fund(&self, appropriated: i64) -> String {
        let fund = pb::Fund { code: "talent".into(), display_name: "人才专项基金".into(), ..Default::default() };
        let fund = self.bureau().create_fund(pb::CreateFundRequest { fund: Some(fund) }).await.unwrap().into_inner();
        self.appropriate(appropriated).await;
        fund.name
    }

    /// Sets bank accounts up: the bureau proposes them, finance confirms them.
    pub async fn accounts(&self, owners: &[&str]) {
        let requests = owners.iter().map(|owner| pb::CreateBankAccountRequest { bank_account: Some(account_of(owner)) });
        let request = pb::BatchCreateBankAccountsRequest { requests: requests.collect() };
        let proposed = self.bureau().batch_create_bank_accounts(request).await.unwrap().into_inner().bank_accounts;
        let confirm = |account: &pb::BankAccount| pb::ConfirmBankAccountRequest {
            name: account.name.clone(),
            account_number: account_of(&account.owner).account_number,
        };
        let request = pb::BatchConfirmBankAccountsRequest { requests: proposed.iter().map(confirm).collect() };
        self.officer().batch_confirm_bank_accounts(request).await.unwrap();
    }

    pub async fn appropriate(&self, fen: i64) -> pb::Budget {
        let funds = self.officer().list_funds(pb::ListFundsRequest::default()).await.unwrap().into_inner().funds;
        let request = pb::AppropriateFundRequest {
            name: funds[0].name.clone(),
            amount: Some(Money { fen }),
            document: "平财预〔2026〕1号".into(),
        };
        self.officer().appropriate_fund(request).await.unwrap().into_inner()
    }

    pub async fn budget(&self, fund: &str) -> pb::Budget {
        self.officer().get_budget(pb::GetBudgetRequest { name: fund.into() }).await.unwrap().into_inner()
    }

    // What other services tell.

    pub async fn organisation(&self, organisation: &str, kind: directory::OrganisationKind) {
        let told =
            directory::OrganisationRegistered { organisation: organisation.into(), kind: kind.into(), ..Default::default() };
        self.sandbox.arrive(organisation, 1, &told).await;
    }

    pub async fn organisations(&self) {
        self.organisation(SCHOOL, directory::OrganisationKind::School).await;
        self.organisation(ENTERPRISE, directory::OrganisationKind::Enterprise).await;
        self.organisation(OTHER_ENTERPRISE, directory::OrganisationKind::Enterprise).await;
    }

    pub async fn graduated(&self, n: u32, on: Option<Date>) {
        self.graduated_at(n, 1, on).await;
    }

    pub async fn graduated_at(&self, n: u32, version: i64, on: Option<Date>) {
        let enrolment = name("enrolments", n);
        let told = training::EnrolmentGraduated {
            enrolment: enrolment.clone(),
            student: person(n),
            school: SCHOOL.into(),
            enterprise: ENTERPRISE.into(),
            graduation_date: on,
            ..Default::default()
        };
        self.sandbox.arrive(&enrolment, version, &told).await;
    }

    async fn registered(&self, n: u32, kind: directory::PersonKind) {
        let told = directory::PersonRegistered {
            person: person(n),
            organisation: SCHOOL.into(),
            kind: kind.into(),
            ..Default::default()
        };
        self.sandbox.arrive(&person(n), 1, &told).await;
    }

    pub async fn teacher(&self, n: u32) {
        self.registered(n, directory::PersonKind::Teacher).await;
    }

    /// Hired by the enterprise of the order.
    pub async fn hired(&self, n: u32, version: i64, on: Option<Date>) {
        self.registered(n, directory::PersonKind::Student).await;
        self.hired_as(n, version, on, n).await;
    }

    pub async fn hired_as(&self, n: u32, version: i64, on: Option<Date>, employment: u32) {
        let told = directory::EmploymentStarted {
            person: person(n),
            employment: name("employments", employment),
            organisation: ENTERPRISE.into(),
            start_date: on,
            ..Default::default()
        };
        self.sandbox.arrive(&person(n), version, &told).await;
    }

    pub async fn graduate_hired(&self, n: u32) {
        self.organisations().await;
        self.graduated(n, day(2026, 6, 30)).await;
        self.hired(n, 2, day(2026, 7, 10)).await;
    }

    pub async fn left(&self, n: u32, version: i64, on: Option<Date>) {
        self.left_since(n, version, day(2026, 7, 10), on).await;
    }

    /// As [`Town::left`], where the first day was another, as the third word about the person.
    pub async fn left_from(&self, n: u32, first: Option<Date>, on: Option<Date>) {
        self.left_since(n, 3, first, on).await;
    }

    async fn left_since(&self, n: u32, version: i64, start_date: Option<Date>, on: Option<Date>) {
        let told = directory::EmploymentEnded {
            person: person(n),
            employment: name("employments", n),
            organisation: ENTERPRISE.into(),
            start_date,
            end_date: on,
            reason: "resigned".into(),
        };
        self.sandbox.arrive(&person(n), version, &told).await;
    }

    /// A student's way through an order class of the school for the enterprise, one word a version.
    pub async fn enrolled(&self, n: u32, start_date: Option<Date>, end_date: Option<Date>) {
        let told = training::EnrolmentCreated {
            enrolment: name("enrolments", n),
            student: person(n),
            school: SCHOOL.into(),
            enterprise: ENTERPRISE.into(),
            programme: "programmes/p".into(),
            start_date,
            end_date,
            ..Default::default()
        };
        self.sandbox.arrive(&name("enrolments", n), 1, &told).await;
    }

    pub async fn placed(&self, n: u32, start_date: Option<Date>) {
        let told = training::EnrolmentPlaced {
            enrolment: name("enrolments", n),
            student: person(n),
            school: SCHOOL.into(),
            enterprise: ENTERPRISE.into(),
            placement: name("placements", n),
            start_date,
            ..Default::default()
        };
        self.sandbox.arrive(&name("enrolments", n), 2, &told).await;
    }

    pub async fn left_class(&self, n: u32, version: i64, left_on: Option<Date>) {
        let told = training::EnrolmentWithdrawn {
            enrolment: name("enrolments", n),
            student: person(n),
            school: SCHOOL.into(),
            enterprise: ENTERPRISE.into(),
            left_on,
            ..Default::default()
        };
        self.sandbox.arrive(&name("enrolments", n), version, &told).await;
    }

    pub async fn rotation_completed(&self, n: u32, share_percent: i32, credited_days: i32) {
        self.organisations().await;
        let told = rotation::RotationCompleted {
            rotation: name("rotations", n),
            person: person(n),
            home_organisation: SCHOOL.into(),
            host_organisation: ENTERPRISE.into(),
            start_date: day(2026, 8, 1),
            end_date: day(2026, 8, 21),
            share_percent,
            credited_days,
        };
        self.sandbox.arrive(&name("rotations", n), 1, &told).await;
    }

    /// A pairing of an enterprise mentor at version 1, and a confirmed month at each later one.
    pub async fn guided(&self, mentor: u32, record: u32, on: Option<Date>, minutes: i32) {
        let pairing = name("pairings", mentor);
        let paired = mentoring::PairingCreated {
            pairing: pairing.clone(),
            person: person(mentor),
            student: person(99),
            organisation: ENTERPRISE.into(),
            side: mentoring::Side::Enterprise.into(),
            ..Default::default()
        };
        self.sandbox.arrive(&pairing, 1, &paired).await;
        let told = mentoring::GuidanceConfirmed {
            pairing: pairing.clone(),
            guidance_month: name("guidanceMonths", record),
            student: person(99),
            person: person(mentor),
            organisation: ENTERPRISE.into(),
            last_date: on,
            minutes,
            ..Default::default()
        };
        self.sandbox.arrive(&pairing, i64::from(record) + 1, &told).await;
    }

    // What people do.

    pub async fn claims(&self) -> Vec<pb::Claim> {
        let request = pb::ListClaimsRequest { page_size: 1000, ..Default::default() };
        self.bureau().list_claims(request).await.unwrap().into_inner().claims
    }

    pub async fn only_claim(&self) -> pb::Claim {
        let mut claims = self.claims().await;
        assert_eq!(claims.len(), 1, "{claims:?}");
        claims.remove(0)
    }

    pub async fn claim(&self, name: &str) -> pb::Claim {
        self.clerk().get_claim(pb::GetClaimRequest { name: name.into() }).await.unwrap().into_inner()
    }

    /// Everything that the schemes of these claims ask for.
    pub async fn evidence(&self, names: &[String]) -> Vec<pb::ClaimEvidence> {
        let request = pb::ListSchemesRequest { page_size: 1000, ..Default::default() };
        let schemes = self.bureau().list_schemes(request).await.unwrap().into_inner().schemes;
        let mut all = Vec::new();
        for name in names {
            let claim = self.bureau().get_claim(pb::GetClaimRequest { name: name.clone() }).await.unwrap().into_inner();
            let judged = |one: &&pb::Scheme| (&one.name, one.version) == (&claim.scheme, claim.scheme_version);
            let codes = schemes.iter().find(judged).map(|scheme| scheme.evidence.clone()).unwrap_or_default();
            let named =
                |code: String| pb::Evidence { code, sha256: claim.content_hash.clone(), place: "档案室 3 号柜".into() };
            let evidence: Vec<pb::Evidence> = codes.into_iter().map(named).collect();
            if !evidence.is_empty() {
                all.push(pb::ClaimEvidence { claim: name.clone(), evidence });
            }
        }
        all
    }

    /// Submitted by the enterprise, checked by the bureau.
    pub async fn checked(&self, name: &str) -> pb::Claim {
        let names = vec![name.to_owned()];
        let evidence = self.evidence(&names).await;
        let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), evidence };
        self.clerk().batch_submit_claims(submit).await.unwrap();
        let checked = self.bureau().batch_check_claims(pb::BatchCheckClaimsRequest { names }).await.unwrap();
        checked.into_inner().claims.remove(0)
    }

    pub async fn approve(&self, name: &str) -> pb::Claim {
        let checked = self.checked(name).await;
        assert_eq!(checked.state(), pb::ClaimState::Checked, "{:?}", checked.checks);
        let request = pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash };
        self.officer().approve_claim(request).await.unwrap().into_inner()
    }

    /// All at once, by the batch methods; the answers come in the order of the request.
    pub async fn approve_all(&self, names: &[String]) {
        let names: Vec<String> = names.iter().rev().cloned().collect();
        let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), ..Default::default() };
        self.clerk().batch_submit_claims(submit).await.unwrap();
        let check = pb::BatchCheckClaimsRequest { names: names.clone() };
        let checked = self.bureau().batch_check_claims(check).await.unwrap().into_inner().claims;
        assert_eq!(checked.iter().map(|claim| &claim.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
        let approve = |claim: pb::Claim| pb::ApproveClaimRequest { name: claim.name, content_hash: claim.content_hash };
        let requests = checked.into_iter().map(approve).collect();
        let approved = self.officer().batch_approve_claims(pb::BatchApproveClaimsRequest { requests }).await.unwrap();
        assert!(approved.into_inner().claims.iter().all(|claim| claim.state() == pb::ClaimState::Approved));
    }

    pub async fn batch(&self, fund: &str) -> Result<pb::PaymentBatch, Status> {
        let payment_batch = Some(pb::PaymentBatch { fund: fund.into(), ..Default::default() });
        let made = self.officer().create_payment_batch(pb::CreatePaymentBatchRequest { payment_batch }).await?.into_inner();
        let read = self.officer().get_payment_batch(pb::GetPaymentBatchRequest { name: made.name.clone() }).await?.into_inner();
        assert_eq!(made, read);
        Ok(made)
    }

    pub async fn settle_batch(&self, batch: &str, results: &[(&str, bool, &str)]) -> Result<pb::PaymentBatch, Status> {
        let result = |(claim, paid, reference): &(&str, bool, &str)| pb::LineResult {
            claim: (*claim).into(),
            paid: *paid,
            bank_reference: (*reference).into(),
            failure_reason: if *paid { String::new() } else { "account closed".into() },
        };
        let request = pb::SettlePaymentBatchRequest { name: batch.into(), results: results.iter().map(result).collect() };
        Ok(self.officer().settle_payment_batch(request).await?.into_inner())
    }

    /// From accrued to paid, once whatever publicity there is is over.
    pub async fn pay(&self, name: &str) -> pb::Claim {
        let approved = self.approve(name).await;
        if let Some(end) = &approved.publicity_end_date {
            let end = chrono::NaiveDate::from_ymd_opt(end.year, end.month.unsigned_abs(), end.day.unsigned_abs()).unwrap();
            self.sandbox.clock.advance(chrono::TimeDelta::days((end - kit::clock::local_date(self.now())).num_days() + 1));
        }
        let batch = self.batch(&approved.fund).await.unwrap();
        self.settle_batch(&batch.name, &[(name, true, "B-1")]).await.unwrap();
        self.claim(name).await
    }

    /// Proves every invariant on the tables, after everything was delivered.
    pub async fn verify(&self) {
        self.sandbox.settle().await;
        for finding in verify_all(&self.sandbox.test.db, subsidy::CHECKS, subsidy::LOOKS, None).await.unwrap() {
            assert!(finding.broken.is_empty(), "{}: {:?}", finding.check.name, finding.broken);
        }
    }
}
