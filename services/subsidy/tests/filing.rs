//! An organisation files a claim where no event told the occasion: it is judged as facts are, looked at by two persons, and
//! history once events come.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod town;

use kit::auth::Role;
use kit::{Context, Service};
use proto::directory::v1 as directory;
use proto::google::r#type::Date;
use proto::subsidy::v1 as pb;
use proto::subsidy::v1::create_claim_request::Occasion;
use std::sync::Arc;
use subsidy::domain::Schemes;
use testkit::Who;
use tonic::{Code, Status};
use town::{Client, ENTERPRISE, OTHER_ENTERPRISE, SCHOOL, Town, day, fen, person, reason};

const SHIPPED: &str = include_str!("../schemes/hiring-subsidy.1.toml");
const MENTOR: &str = include_str!("../schemes/mentor-allowance.1.toml");
const KEYS: &str = "filed = true\nevidence = [\"contract\"]";
const OVERRIDES: &str = "\n[overrides]\nchecks = [\"on-record\", \"double-funding\"]\n";

fn filed(context: Context) -> Service {
    city::saying(context, KEYS, OVERRIDES)
}

/// Where a person may be hired as often as they like.
fn uncapped(context: Context) -> Service {
    let text = SHIPPED.replace("\n[caps]\nclaims_per_person = 1\n", &format!("{KEYS}\n{OVERRIDES}"));
    let schemes = Schemes::with_own([("hiring-subsidy.1.toml", text.as_str())]).unwrap();
    subsidy::service(context.with_decided(Some(Arc::new(schemes))))
}

/// Half at once, half after a year.
fn staged(context: Context) -> Service {
    let stage = |days: u32| format!("\n[[stages]]\nshare = 50\nat = \"start\"\nplus_days = {days}\n");
    let text = SHIPPED.replace("retention_days = 90\n", "").replace("\n[caps]", &format!("{KEYS}\n\n[caps]"));
    let text = format!("{text}{OVERRIDES}{}{}", stage(0), stage(364));
    let schemes = Schemes::with_own([("hiring-subsidy.1.toml", text.as_str())]).unwrap();
    subsidy::service(context.with_decided(Some(Arc::new(schemes))))
}

/// Mentors are paid by what their organisation states of a month.
fn monthly(context: Context) -> Service {
    let text = MENTOR.replace("retention_days = 0\n", "filed = true\n") + "\n[overrides]\nchecks = [\"on-record\"]\n";
    let schemes = Schemes::with_own([("mentor-allowance.1.toml", text.as_str())]).unwrap();
    subsidy::service(context.with_decided(Some(Arc::new(schemes))))
}

fn contract(digit: &str) -> pb::Evidence {
    pb::Evidence { code: "contract".into(), sha256: digit.repeat(64), place: "档案室 3 号柜".into() }
}

fn hire() -> pb::StatedHire {
    pb::StatedHire {
        employer: ENTERPRISE.into(),
        start_date: day(2026, 7, 10),
        school: SCHOOL.into(),
        order_enterprise: ENTERPRISE.into(),
        graduation_date: day(2026, 6, 30),
        ..Default::default()
    }
}

fn employment(n: u32) -> String {
    format!("employments/00000000-0000-7000-8000-{n:012}")
}

fn filing(n: u32, hire: pb::StatedHire) -> pb::CreateClaimRequest {
    pb::CreateClaimRequest {
        scheme: "schemes/hiring-subsidy".into(),
        person: person(n),
        occasion: Some(Occasion::Hire(hire)),
        evidence: vec![contract(&format!("{:x}", n % 16))],
    }
}

fn guided(student: u32, minutes: i32, on: Option<Date>) -> pb::StatedGuidance {
    pb::StatedGuidance { student: person(student), minutes, last_date: on }
}

/// Person 1 guided those students.
fn month(students: Vec<pb::StatedGuidance>) -> pb::CreateClaimRequest {
    let stated = pb::StatedGuidanceMonth { organisation: ENTERPRISE.into(), students };
    pb::CreateClaimRequest {
        scheme: "schemes/mentor-allowance".into(),
        person: person(1),
        occasion: Some(Occasion::GuidanceMonth(stated)),
        evidence: vec![],
    }
}

impl Town {
    /// Somebody whom the directory knows, and the subsidy service nothing of besides.
    async fn known(&self, n: u32, version: i64) {
        let kind = directory::PersonKind::Student.into();
        let told = directory::PersonRegistered { person: person(n), organisation: SCHOOL.into(), kind, ..Default::default() };
        self.sandbox.arrive(&person(n), version, &told).await;
    }

    async fn ready(&self) -> String {
        let fund = self.fund(1_000_000).await;
        self.organisations().await;
        self.known(1, 1).await;
        fund
    }

    async fn file(&self, request: pb::CreateClaimRequest) -> Result<pb::Claim, Status> {
        self.clerk().create_claim(request).await.map(tonic::Response::into_inner)
    }

    async fn withdraw(&self, mut who: Client, name: &str) -> Result<pb::Claim, Status> {
        let request = pb::WithdrawClaimRequest { name: name.into(), etag: String::new() };
        who.withdraw_claim(request).await.map(tonic::Response::into_inner)
    }

    async fn kinds_of_facts(&self, name: &str) -> Vec<String> {
        let explained = self.clerk().explain_claim(pb::ExplainClaimRequest { name: name.into() }).await.unwrap();
        explained.into_inner().facts.into_iter().map(|fact| fact.kind).collect()
    }

    async fn check(&self, name: &str) -> pb::Claim {
        let request = pb::BatchCheckClaimsRequest { names: vec![name.into()] };
        self.bureau().batch_check_claims(request).await.unwrap().into_inner().claims.remove(0)
    }

    /// No event is to be had: two persons say so, a third approves.
    async fn approved_without_record(&self, name: &str) -> pb::Claim {
        self.check(name).await;
        let asked = pb::CheckOverride {
            claim: name.into(),
            check: "on-record".into(),
            reason: pb::OverrideReason::NoRecord.into(),
            document: "劳动合同备案表".into(),
            ..Default::default()
        };
        let request = pb::CreateCheckOverrideRequest { check_override: Some(asked) };
        let one = self.officer().create_check_override(request).await.unwrap().into_inner();
        self.bureau().confirm_check_override(pb::ConfirmCheckOverrideRequest { name: one.name }).await.unwrap();
        let checked = self.check(name).await;
        assert_eq!(checked.state(), pb::ClaimState::Checked, "{:?}", checked.checks);
        let request = pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash };
        let mut third = self.as_who(&Who::new("third@finance", None, &[Role::Finance]));
        third.approve_claim(request).await.unwrap().into_inner()
    }

    async fn paid_without_record(&self, name: &str, fund: &str) {
        self.approved_without_record(name).await;
        let batch = self.batch(fund).await.unwrap();
        self.settle_batch(&batch.name, &[(name, true, "B-1")]).await.unwrap();
    }
}

fn result<'a>(claim: &'a pb::Claim, check: &str) -> &'a pb::Check {
    claim.checks.iter().find(|one| one.check == check).unwrap()
}

#[tokio::test]
async fn what_an_organisation_states_is_judged_as_facts_are_and_needs_two_persons_where_no_event_tells_it() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        let claim = town.file(filing(1, hire())).await.unwrap();
        assert_eq!((claim.state(), claim.amount), (pb::ClaimState::Submitted, fen(150_000)));
        let by = claim.filing.clone().unwrap();
        assert_eq!((by.organisation.as_str(), by.filed_by.as_str()), (ENTERPRISE, "clerk@factory"));
        assert_eq!(town.claim(&claim.name).await, claim);
        let facts = town.kinds_of_facts(&claim.name).await;
        assert!(facts.contains(&"hired".to_owned()) && facts.contains(&"graduated".to_owned()), "{facts:?}");

        let checked = town.check(&claim.name).await;
        assert_eq!((checked.state(), result(&checked, "on-record").passed), (pb::ClaimState::Submitted, false));
        assert!(result(&checked, "eligible").passed && result(&checked, "amount").passed, "{:?}", checked.checks);
        // Something else becomes known of the person: what was stated stands.
        town.known(1, 2).await;
        town.verify().await;
        assert_eq!(town.approved_without_record(&claim.name).await.state(), pb::ClaimState::Approved);
        town.verify().await;
    }
}

#[tokio::test]
async fn filing_the_same_again_makes_no_second_claim_nor_do_two_at_once() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        let tries: Vec<_> = (0..6)
            .map(|_| {
                let mut clerk = town.clerk();
                tokio::spawn(async move { clerk.create_claim(filing(1, hire())).await })
            })
            .collect();
        let mut made = 0;
        for answer in tries {
            match answer.await.unwrap() {
                Ok(_) => made += 1,
                Err(status) => {
                    assert_eq!((status.code(), reason(&status)), (Code::AlreadyExists, "FILED_ALREADY".into()));
                }
            }
        }
        assert_eq!((made, town.claims().await.len()), (1, 1), "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}

#[tokio::test]
async fn events_of_the_same_employment_find_the_claim_as_history() {
    for town in Town::both_with(filed).await {
        let fund = town.ready().await;
        let named = pb::StatedHire { employment: employment(1), ..hire() };
        let claim = town.file(filing(1, named)).await.unwrap();
        town.paid_without_record(&claim.name, &fund).await;
        town.graduated(1, day(2026, 6, 30)).await;
        town.hired_as(1, 2, day(2026, 7, 10), 1).await;
        town.sandbox.settle().await;
        assert_eq!(town.only_claim().await.state(), pb::ClaimState::Paid, "nothing more is due");
        // Now the events count: who leaves early has not earned it.
        town.left(1, 3, day(2026, 8, 1)).await;
        town.sandbox.settle().await;
        assert_eq!(town.only_claim().await.state(), pb::ClaimState::ClawedBack);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_filed_claim_is_on_record_once_events_tell_the_same() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        let named = pb::StatedHire { employment: employment(1), ..hire() };
        let claim = town.file(filing(1, named)).await.unwrap();
        town.graduated(1, day(2026, 6, 30)).await;
        town.hired_as(1, 2, day(2026, 7, 10), 1).await;
        town.sandbox.settle().await;
        let checked = town.check(&claim.name).await;
        assert_eq!((checked.state(), result(&checked, "on-record").passed), (pb::ClaimState::Checked, true));
        assert_eq!(town.claims().await.len(), 1);
        town.verify().await;
    }
}

#[tokio::test]
async fn events_that_nobody_can_tell_to_be_of_the_same_are_not_paid_as_well() {
    for town in Town::both_with(uncapped).await {
        town.ready().await;
        let claim = town.file(filing(1, hire())).await.unwrap();
        town.approved_without_record(&claim.name).await;
        town.graduated(1, day(2026, 6, 30)).await;
        town.hired_as(1, 2, day(2026, 7, 12), 1).await;
        town.sandbox.settle().await;
        let claims = town.claims().await;
        let told = claims.iter().find(|one| one.name != claim.name).unwrap();
        let of_claim = pb::ClaimEvidence { claim: told.name.clone(), evidence: vec![contract("c")] };
        let submit = pb::BatchSubmitClaimsRequest { names: vec![told.name.clone()], evidence: vec![of_claim] };
        town.clerk().batch_submit_claims(submit).await.unwrap();
        let checked = town.check(&told.name).await;
        let double = result(&checked, "double-funding");
        assert!(!double.passed && double.detail.contains(&claim.name), "{}", double.detail);
        assert_eq!(checked.state(), pb::ClaimState::Submitted);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_stated_takes_nothing_from_what_events_earn() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        town.graduated(1, day(2026, 6, 30)).await;
        town.hired_as(1, 2, day(2026, 8, 1), 1).await;
        town.sandbox.settle().await;
        let earned = town.only_claim().await;
        // One claim a person: the earlier hire that is stated finds the cap used up, and not the other way round.
        let refused = town.file(filing(1, hire())).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "NOTHING_DUE".into()));
        assert_eq!(town.only_claim().await, earned);
        town.verify().await;
    }
}

#[tokio::test]
async fn later_stages_of_what_was_filed_come_due_with_the_days() {
    for town in Town::both_with(staged).await {
        town.ready().await;
        let first = town.file(filing(1, hire())).await.unwrap();
        assert_eq!((first.stage, first.amount), (1, fen(75_000)));
        assert_eq!(town.claims().await.len(), 1);
        town.sandbox.clock.advance(chrono::TimeDelta::days(400));
        town.bureau().run_accrual(pb::RunAccrualRequest::default()).await.unwrap();
        let claims = town.claims().await;
        let second = claims.iter().find(|claim| claim.stage == 2).unwrap();
        assert_eq!((second.state(), second.amount, claims.len()), (pb::ClaimState::Accrued, fen(75_000), 2));
        assert_eq!(second.filing, first.filing);
        // Withdrawn is withdrawn whole.
        town.withdraw(town.clerk(), &first.name).await.unwrap();
        assert!(town.claims().await.iter().all(|claim| claim.state() == pb::ClaimState::Voided));
        town.bureau().run_accrual(pb::RunAccrualRequest { everyone: true, ..Default::default() }).await.unwrap();
        assert_eq!(town.claims().await.len(), 2);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_was_filed_is_withdrawn_by_its_organisation_before_it_is_approved_and_may_be_filed_again() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        let claim = town.file(filing(1, hire())).await.unwrap();
        let other = town.as_who(&Who::new("clerk@other", Some(OTHER_ENTERPRISE), &[Role::Enterprise]));
        assert_eq!(town.withdraw(other, &claim.name).await.unwrap_err().code(), Code::NotFound);
        let withdrawn = town.withdraw(town.clerk(), &claim.name).await.unwrap();
        assert_eq!(withdrawn.state(), pb::ClaimState::Voided);
        assert!(withdrawn.reason.starts_with("withdrawn by who filed it"), "{}", withdrawn.reason);
        let again = town.file(filing(1, hire())).await.unwrap();
        assert_eq!((again.part, again.state()), (2, pb::ClaimState::Submitted));
        town.approved_without_record(&again.name).await;
        let late = town.withdraw(town.clerk(), &again.name).await.unwrap_err();
        assert_eq!((late.code(), reason(&late)), (Code::FailedPrecondition, "WRONG_STATE".into()));
        town.verify().await;
    }
}

#[tokio::test]
async fn what_events_earned_is_not_withdrawn_and_what_was_rejected_is_not_filed_again() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        town.graduate_hired(2).await;
        let earned = town.only_claim().await;
        let refused = town.withdraw(town.clerk(), &earned.name).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "NOT_FILED".into()));
        let claim = town.file(filing(1, hire())).await.unwrap();
        let reject = pb::RejectClaimRequest { name: claim.name, reason: "no contract".into(), ..Default::default() };
        town.bureau().reject_claim(reject).await.unwrap();
        assert_eq!(reason(&town.file(filing(1, hire())).await.unwrap_err()), "FILED_ALREADY");
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_not_to_be_filed_is_refused() {
    for town in Town::both_with(filed).await {
        town.ready().await;
        let refused = async |request: pb::CreateClaimRequest| {
            let status = town.file(request).await.unwrap_err();
            (status.code(), reason(&status))
        };
        let precondition = |reason: &str| (Code::FailedPrecondition, reason.to_owned());
        let invalid = |reason: &str| (Code::InvalidArgument, reason.to_owned());
        let with = |hire: pb::StatedHire| filing(1, hire);
        let unfiled = pb::CreateClaimRequest { scheme: "schemes/mentor-allowance".into(), ..with(hire()) };
        assert_eq!(refused(unfiled).await, precondition("SCHEME_NOT_FILED"));
        let others = with(pb::StatedHire { employer: OTHER_ENTERPRISE.into(), ..hire() });
        assert_eq!(refused(others).await, precondition("FILED_FOR_OTHERS"));
        assert_eq!(refused(filing(7, hire())).await.0, Code::NotFound, "nobody knows the person");
        let early = with(pb::StatedHire { graduation_date: day(2024, 6, 30), ..hire() });
        assert_eq!(refused(early).await, precondition("NOTHING_DUE"));
        let left = with(pb::StatedHire { last_date: day(2026, 7, 20), ..hire() });
        assert_eq!(refused(left).await, precondition("NOTHING_DUE"));
        let bare = pb::CreateClaimRequest { evidence: vec![], ..with(hire()) };
        assert_eq!(refused(bare).await, precondition("EVIDENCE_MISSING"));
        let backwards = with(pb::StatedHire { last_date: day(2026, 7, 1), ..hire() });
        assert_eq!(refused(backwards).await, invalid("DATES_IN_ORDER"));
        let to_come = with(pb::StatedHire { start_date: day(2040, 7, 1), ..hire() });
        assert_eq!(refused(to_come).await, invalid("DAY_NOT_COME"));
        let strange = with(pb::StatedHire { employment: "employments/1".into(), ..hire() });
        assert_eq!(refused(strange).await, invalid("RESOURCE_NAME"));
        assert_eq!(refused(pb::CreateClaimRequest { occasion: None, ..with(hire()) }).await, invalid("REQUIRED"));
        assert_eq!(town.bureau().create_claim(with(hire())).await.unwrap_err().code(), Code::PermissionDenied);

        // What events tell is not filed; of what they tell of others, nobody is told.
        town.graduated(1, day(2026, 6, 30)).await;
        town.hired_as(1, 2, day(2026, 7, 10), 1).await;
        town.sandbox.settle().await;
        let named = with(pb::StatedHire { employment: employment(1), ..hire() });
        assert_eq!(refused(named.clone()).await, precondition("OCCASION_ON_RECORD"));
        let mut other = town.as_who(&Who::new("clerk@other", Some(OTHER_ENTERPRISE), &[Role::Enterprise]));
        let theirs = pb::StatedHire { employment: employment(1), employer: OTHER_ENTERPRISE.into(), ..hire() };
        assert_eq!(other.create_claim(filing(1, theirs)).await.unwrap_err().code(), Code::NotFound);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_month_of_guidance_is_filed_once_and_earns_what_confirmed_months_earn() {
    for town in Town::both_with(monthly).await {
        town.ready().await;
        let august = || month(vec![guided(7, 20, day(2026, 8, 20)), guided(8, 15, day(2026, 8, 6))]);
        let claim = town.file(august()).await.unwrap();
        assert_eq!((claim.state(), claim.amount), (pb::ClaimState::Submitted, fen(20_000)));
        assert_eq!(reason(&town.file(august()).await.unwrap_err()), "FILED_ALREADY");
        let facts = town.kinds_of_facts(&claim.name).await;
        assert_eq!(facts.iter().filter(|kind| *kind == "guided").count(), 2, "{facts:?}");
        let other = town.file(month(vec![guided(7, 30, day(2026, 7, 31))])).await.unwrap();
        assert_ne!(other.name, claim.name);
        assert_eq!(town.approved_without_record(&claim.name).await.state(), pb::ClaimState::Approved);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_confirmed_month_finds_what_was_stated_of_it_as_history() {
    for town in Town::both_with(monthly).await {
        town.ready().await;
        let claim = town.file(month(vec![guided(99, 30, day(2026, 8, 20))])).await.unwrap();
        assert!(!result(&town.check(&claim.name).await, "on-record").passed);
        town.guided(1, 1, day(2026, 8, 28), 45).await;
        town.sandbox.settle().await;
        let checked = town.check(&town.only_claim().await.name).await;
        assert_eq!((checked.state(), result(&checked, "on-record").passed), (pb::ClaimState::Checked, true));
        // Of a month that is told, nothing is stated any more.
        town.guided(1, 2, day(2026, 7, 28), 45).await;
        town.sandbox.settle().await;
        let told = town.file(month(vec![guided(8, 30, day(2026, 7, 20))])).await.unwrap_err();
        assert_eq!((told.code(), reason(&told)), (Code::FailedPrecondition, "OCCASION_ON_RECORD".into()));
        assert_eq!(town.claims().await.len(), 2);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_month_of_guidance_that_is_not_to_be_filed_is_refused() {
    for town in Town::both_with(monthly).await {
        town.ready().await;
        let refused = async |request: pb::CreateClaimRequest| reason(&town.file(request).await.unwrap_err());
        let (mid, late) = (day(2026, 8, 15), day(2026, 9, 1));
        assert_eq!(refused(month(vec![])).await, "OUT_OF_RANGE");
        assert_eq!(refused(month((0..101).map(|n| guided(100 + n, 30, mid)).collect())).await, "OUT_OF_RANGE");
        assert_eq!(refused(month(vec![guided(7, 0, mid)])).await, "OUT_OF_RANGE");
        assert_eq!(refused(month(vec![guided(7, 30, mid), guided(8, 30, late)])).await, "ONE_MONTH");
        assert_eq!(refused(month(vec![guided(7, 30, mid), guided(7, 30, mid)])).await, "EACH_ONCE");
        assert_eq!(refused(month(vec![guided(1, 30, mid)])).await, "EACH_ONCE");
        assert_eq!(refused(month(vec![guided(7, 29, mid)])).await, "NOTHING_DUE");
        let today = kit::wire::date(kit::clock::local_date(town.now()));
        assert_eq!(refused(month(vec![guided(7, 30, Some(today))])).await, "DAY_NOT_COME", "the month goes on");
        assert!(town.claims().await.is_empty());
    }
}
