//! Who carries a claim: asked in their order, committed together, paid as one, and given back in proportion.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod carriers;
mod city;
mod town;

use carriers::{CO_FUNDING, OWN, SPONSOR, carried, of_batch};
use kit::db::{Lane, args, statements};
use proto::rotation::v1 as rotation;
use proto::subsidy::v1 as pb;
use std::collections::BTreeMap;
use tonic::Code;
use town::{ENTERPRISE, OTHER_ENTERPRISE, SCHOOL, Town, day, fen, reason};

statements! {
    ROWS = "SELECT CAST(COUNT(*) AS BIGINT) FROM subsidy_claim_source";
    MORE_FOR_ONE = "INSERT INTO subsidy_claim_source (claim_id, position, fund_id, kind, amount) SELECT claim_id, 9, claim_id, kind, 1 FROM subsidy_claim_source WHERE position = 1";
    OTHER_CARRIER = "INSERT INTO subsidy_claim_source (claim_id, position, fund_id, kind, amount) SELECT c.claim_id, 1, c.person_id, 'sponsor', c.amount FROM subsidy_claim c WHERE c.approved_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subsidy_claim_source s WHERE s.claim_id = c.claim_id)";
    CHANGE = "UPDATE subsidy_claim_source SET amount = amount + 1";
    REMOVE = "DELETE FROM subsidy_claim_source";
}

impl Town {
    /// A teacher's practice, whose days may turn out to be fewer.
    async fn practised(&self, version: i64, credited_days: i32) {
        self.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
        if version == 1 {
            self.teacher(5).await;
            return self.rotation_completed(5, 100, credited_days).await;
        }
        let told = rotation::RotationEndedEarly {
            rotation: "rotations/00000000-0000-7000-8000-000000000005".into(),
            person: town::person(5),
            home_organisation: SCHOOL.into(),
            host_organisation: ENTERPRISE.into(),
            start_date: day(2026, 8, 1),
            share_percent: 100,
            credited_days,
            ..Default::default()
        };
        let name = told.rotation.clone();
        self.sandbox.arrive(&name, version, &told).await;
    }

    /// Asked for by the bureau, which may for anybody.
    async fn approved_for_all(&self, name: &str) -> pb::Claim {
        let names = vec![name.to_owned()];
        let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), ..Default::default() };
        self.bureau().batch_submit_claims(submit).await.unwrap();
        let check = pb::BatchCheckClaimsRequest { names };
        let checked = self.bureau().batch_check_claims(check).await.unwrap().into_inner().claims.remove(0);
        assert_eq!(checked.state(), pb::ClaimState::Checked, "{:?}", checked.checks);
        let one = pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash };
        self.approve_one(one, false).await.unwrap()
    }

    async fn rows(&self) -> i64 {
        let mut tx = self.sandbox.test.db.read(Lane::Request).await.unwrap();
        tx.fetch_one::<(i64,)>(ROWS, args![]).await.unwrap().0
    }
}

#[tokio::test]
async fn a_claim_is_carried_by_a_sponsor_the_own_account_and_public_funds_and_paid_as_one() {
    for batch in [false, true] {
        for town in Town::both_with(city::shared).await {
            let funds = town.four([1_000_000; 4], ENTERPRISE).await;
            let one = town.one_checked(1).await;
            let claim = town.approve_one(one, batch).await.unwrap();
            let expected = [
                ("sponsor", SPONSOR, 75_000),
                ("own", OWN, 30_000),
                ("talent", CO_FUNDING, 30_000),
                ("county", CO_FUNDING, 15_000),
            ];
            assert_eq!(carried(&funds, &claim), expected, "{}", town.sandbox.test.engine);
            assert_eq!(town.claim(&claim.name).await, claim);
            assert_eq!(town.left_in(&funds).await, [970_000, 985_000, 925_000, 970_000]);
            let explained = pb::ExplainClaimRequest { name: claim.name.clone() };
            let explained = town.clerk().explain_claim(explained).await.unwrap().into_inner();
            assert_eq!((explained.claim.unwrap().sources, explained.ledger_entries.len()), (claim.sources.clone(), 8));
            town.verify().await;

            let made = town.batch(&funds.talent).await.unwrap();
            assert_eq!((made.lines.len(), made.lines[0].amount), (1, fen(150_000)), "the beneficiary gets one payment");
            let parts = [("county", 15_000, 0), ("own", 30_000, 0), ("sponsor", 75_000, 0), ("talent", 30_000, 0)];
            assert_eq!(of_batch(&funds, &made), parts);
            // A failure gives nothing back of what is committed: it is payable again, whole.
            town.settle_batch(&made.name, &[(&claim.name, false, "B-1")]).await.unwrap();
            let again = town.batch(&funds.talent).await.unwrap();
            town.settle_batch(&again.name, &[(&claim.name, true, "B-2")]).await.unwrap();
            let budget = town.budget(&funds.sponsor).await;
            assert_eq!((budget.committed, budget.paid, budget.available), (fen(0), fen(75_000), fen(925_000)));
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn a_sponsor_who_is_short_leaves_no_hole_and_a_public_fund_that_lacks_refuses_the_approval() {
    for batch in [false, true] {
        for town in Town::both_with(city::shared).await {
            let funds = town.four([1_000_000, 46_666, 10_000, 0], ENTERPRISE).await;
            let names = {
                town.graduate_hired(1).await;
                vec![town.only_claim().await.name]
            };
            let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), ..Default::default() };
            town.clerk().batch_submit_claims(submit).await.unwrap();
            let check = pb::BatchCheckClaimsRequest { names: names.clone() };
            // The check says what can be carried of it.
            let checked = town.bureau().batch_check_claims(check.clone()).await.unwrap().into_inner().claims.remove(0);
            let budget = checked.checks.iter().find(|one| one.check == "budget").unwrap();
            assert!(!budget.passed && budget.detail.contains("1,499.99"), "{budget:?}");
            town.give(&funds.county, 1).await;
            let checked = town.bureau().batch_check_claims(check).await.unwrap().into_inner().claims.remove(0);
            assert_eq!(checked.state(), pb::ClaimState::Checked, "{:?}", checked.checks);

            // In between the county spends on another claim what this one needs.
            let one = pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash };
            town.give(&funds.county, 46_667).await;
            let other = town.one_checked(2).await;
            let first = town.approve_one(other, batch).await.unwrap();
            let expected = [("sponsor", SPONSOR, 10_000), ("talent", CO_FUNDING, 93_333), ("county", CO_FUNDING, 46_667)];
            assert_eq!(carried(&funds, &first), expected);
            let refused = town.approve_one(one.clone(), batch).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "BUDGET_EXCEEDED".into()));
            assert!(refused.message().contains(&funds.county), "{}", refused.message());
            assert_eq!((town.left_in(&funds).await, town.rows().await), ([906_667, 46_667, 0, 0], 3));
            town.give(&funds.county, 3_333).await;
            let second = town.approve_one(one, batch).await.unwrap();
            assert_eq!(carried(&funds, &second), [("talent", CO_FUNDING, 100_000), ("county", CO_FUNDING, 50_000)]);
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn what_is_taken_back_in_parts_is_owed_to_each_source_in_proportion_and_netted_by_each() {
    for town in Town::both_with(city::shared).await {
        let funds = town.four([1_000_000; 4], SCHOOL).await;
        town.practised(1, 20).await;
        let claim = town.approved_for_all(&town.only_claim().await.name).await;
        let first = [("sponsor", 50_000), ("own", 20_000), ("talent", 20_000), ("county", 10_000)];
        assert_eq!(carried(&funds, &claim).iter().map(|one| (one.0, one.2)).collect::<Vec<_>>(), first);
        let batch = town.batch(&funds.talent).await.unwrap();
        town.settle_batch(&batch.name, &[(&claim.name, true, "B-1")]).await.unwrap();
        for (version, days, expected) in [
            (2, 12, [("sponsor", 20_000), ("own", 8_000), ("talent", 8_000), ("county", 4_000)]),
            (3, 11, [("sponsor", 2_500), ("own", 1_000), ("talent", 1_000), ("county", 500)]),
        ] {
            let before = town.owed().await;
            town.practised(version, days).await;
            let mut owed = town.owed().await;
            owed.retain(|one| before.iter().all(|known| known.name != one.name));
            let owed: BTreeMap<_, _> = owed.iter().map(|one| (funds.name(&one.fund), one.outstanding.unwrap().fen)).collect();
            assert_eq!(owed, BTreeMap::from(expected), "{}", town.sandbox.test.engine);
            town.verify().await;
        }

        // The next claim is netted by each fund with what is owed to it alone: nothing is owed to the second sponsor.
        town.practised(4, 20).await;
        let accrued = town.claims().await.into_iter().find(|claim| claim.state() == pb::ClaimState::Accrued).unwrap();
        let again = town.approved_for_all(&accrued.name).await;
        assert_eq!(again.amount, fen(45_000));
        let batch = town.batch(&funds.talent).await.unwrap();
        assert_eq!((batch.state(), batch.netted), (pb::PaymentBatchState::Settled, fen(45_000)));
        let parts = [("county", 4_500, 4_500), ("own", 9_000, 9_000), ("sponsor", 22_500, 22_500), ("talent", 9_000, 9_000)];
        assert_eq!(of_batch(&funds, &batch), parts);
        assert!(town.owed().await.iter().all(|one| one.state() == pb::ReceivableState::Netted));
        assert_eq!(town.left_in(&funds).await, [980_000, 990_000, 950_000, 980_000], "what 20 days earn, once");
        town.verify().await;

        // All of it at last, the newest first.
        town.practised(5, 0).await;
        assert!(town.claims().await.iter().all(|claim| claim.state() == pb::ClaimState::ClawedBack));
        let owed = town.owed().await;
        let of = |fund: &str| -> i64 { owed.iter().filter(|one| one.fund == fund).map(|one| one.outstanding.unwrap().fen).sum() };
        assert_eq!((of(&funds.sponsor), of(&funds.county)), (50_000, 10_000));
        for (n, one) in owed.iter().filter(|one| one.outstanding != fen(0)).enumerate() {
            let (name, amount) = (one.name.clone(), one.outstanding);
            let request = pb::RecordRecoveryRequest { name, amount, bank_reference: format!("R-{n}") };
            town.officer().record_recovery(request).await.unwrap();
        }
        assert_eq!(town.left_in(&funds).await, [1_000_000; 4]);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_line_that_fails_gives_each_source_its_debt_back() {
    for town in Town::both_with(city::shared).await {
        let funds = town.four([1_000_000; 4], ENTERPRISE).await;
        let one = town.one_checked(1).await;
        let claim = town.approve_one(one, false).await.unwrap();
        let batch = town.batch(&funds.talent).await.unwrap();
        town.settle_batch(&batch.name, &[(&claim.name, true, "B-1")]).await.unwrap();
        town.left(1, 3, day(2026, 8, 1)).await;
        // The sponsor's money is back; the sponsor's part of the next claim is the bank's to pay.
        let of_sponsor = town.owed().await.into_iter().find(|one| one.fund == funds.sponsor).unwrap();
        let request = pb::RecordRecoveryRequest { name: of_sponsor.name, amount: fen(75_000), bank_reference: "R-1".into() };
        town.officer().record_recovery(request).await.unwrap();
        let two = town.one_checked(2).await;
        let claim = town.approve_one(two, false).await.unwrap();
        for (pays, reference) in [(false, "B-2"), (true, "B-3")] {
            let batch = town.batch(&funds.talent).await.unwrap();
            assert_eq!((batch.netted, batch.lines[0].netted), (fen(75_000), fen(75_000)));
            let parts = [("county", 15_000, 15_000), ("own", 30_000, 30_000), ("sponsor", 75_000, 0), ("talent", 30_000, 30_000)];
            assert_eq!(of_batch(&funds, &batch), parts);
            town.settle_batch(&batch.name, &[(&claim.name, pays, reference)]).await.unwrap();
            let open = town.owed().await.iter().filter(|one| one.state() == pb::ReceivableState::Open).count();
            assert_eq!(open, if pays { 0 } else { 3 });
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn a_claim_that_loses_its_ground_before_it_is_paid_releases_every_source() {
    for town in Town::both_with(city::shared).await {
        let funds = town.four([1_000_000, 1_000_000, 60_000, 1_000_000], ENTERPRISE).await;
        let one = town.one_checked(1).await;
        let claim = town.approve_one(one, false).await.unwrap();
        assert_eq!(claim.sources[0].amount, fen(60_000), "the sponsor gives what it has");
        town.left(1, 3, day(2026, 8, 1)).await;
        assert_eq!(town.claim(&claim.name).await.state(), pb::ClaimState::Voided);
        assert_eq!(town.left_in(&funds).await, [1_000_000, 1_000_000, 60_000, 1_000_000]);
        town.verify().await;
    }
}

#[tokio::test]
async fn approvals_at_the_same_time_share_what_a_sponsor_has_and_never_more() {
    for town in Town::both_with(city::shared).await {
        let funds = town.four([10_000_000, 10_000_000, 200_000, 0], ENTERPRISE).await;
        let mut asked = Vec::new();
        for n in 1..=6 {
            asked.push(town.one_checked(n).await);
        }
        let approve = |one: pb::ApproveClaimRequest| {
            let mut officer = town.officer();
            tokio::spawn(async move { officer.approve_claim(one).await.unwrap().into_inner() })
        };
        let tries: Vec<_> = asked.into_iter().map(approve).collect();
        let mut given = Vec::new();
        for answer in tries {
            let claim = answer.await.unwrap();
            let parts = carried(&funds, &claim);
            assert_eq!(parts.iter().map(|part| part.2).sum::<i64>(), 150_000);
            given.extend(parts.into_iter().filter(|part| part.0 == "sponsor").map(|part| part.2));
        }
        given.sort_unstable();
        assert_eq!(given, [50_000, 75_000, 75_000], "{}", town.sandbox.test.engine);
        assert_eq!(town.budget(&funds.sponsor).await.available, fen(0));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_claim_of_one_fund_says_so_and_keeps_no_rows() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let accrued = town.only_claim().await;
        assert!(accrued.sources.is_empty(), "nobody carries it yet");
        let approved = town.approve(&accrued.name).await;
        let alone = pb::ClaimSource { fund, kind: CO_FUNDING.into(), amount: fen(150_000) };
        assert_eq!((approved.sources.clone(), town.rows().await), (vec![alone], 0));
        assert_eq!(town.claim(&approved.name).await.sources, approved.sources);
        assert_eq!(town.only_claim().await.sources, approved.sources);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_fund_of_an_organisation_stands_by_itself_and_an_organisation_has_one_of_a_kind() {
    for town in Town::both().await {
        let talent = town.fund(1_000_000).await;
        let unknown = town.create("gift", SPONSOR, ENTERPRISE).await.unwrap_err();
        assert_eq!((unknown.code(), reason(&unknown)), (Code::FailedPrecondition, "OWNER_UNKNOWN".into()));
        town.organisations().await;
        let gift = town.create("gift", SPONSOR, ENTERPRISE).await.unwrap();
        assert_eq!((gift.kind(), gift.organisation.as_str()), (SPONSOR, ENTERPRISE));
        let read = town.officer().get_fund(pb::GetFundRequest { name: gift.name.clone() }).await.unwrap().into_inner();
        assert_eq!(read, gift);
        let again = town.create("gift-2", SPONSOR, ENTERPRISE).await.unwrap_err();
        assert_eq!((again.code(), reason(&again)), (Code::AlreadyExists, "OWNER_HAS_FUND".into()));
        let taken = town.create("gift", SPONSOR, OTHER_ENTERPRISE).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken)), (Code::AlreadyExists, "FUND_CODE_TAKEN".into()));
        town.create("own", OWN, ENTERPRISE).await.unwrap();
        for (parent, kind, owner) in [(&talent, OWN, SCHOOL), (&gift.name, CO_FUNDING, "")] {
            let fund = pb::Fund {
                code: "below".into(),
                display_name: "below".into(),
                parent: parent.clone(),
                kind: kind.into(),
                organisation: owner.into(),
                ..Default::default()
            };
            let refused = town.bureau().create_fund(pb::CreateFundRequest { fund: Some(fund) }).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "FUND_STANDS_ALONE".into()));
        }
        let public = town.create("city", CO_FUNDING, SCHOOL).await.unwrap_err();
        assert_eq!((public.code(), reason(&public)), (Code::InvalidArgument, "PUBLIC_FUND".into()));
        let whose = town.create("city", OWN, "").await.unwrap_err();
        assert_eq!((whose.code(), reason(&whose)), (Code::InvalidArgument, "REQUIRED".into()));
        assert_eq!(town.create("city", pb::SourceKind::Unspecified, "").await.unwrap().kind(), CO_FUNDING);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_public_source_that_is_not_set_up_is_named() {
    for town in Town::both_with(city::shared).await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let names = vec![town.only_claim().await.name];
        let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), ..Default::default() };
        town.clerk().batch_submit_claims(submit).await.unwrap();
        let refused = town.bureau().batch_check_claims(pb::BatchCheckClaimsRequest { names }).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "FUND_MISSING".into()));
        assert!(refused.message().contains("county"), "{}", refused.message());
    }
}

#[tokio::test]
async fn who_carries_a_claim_is_never_changed_and_verify_finds_what_does_not_come_to_it() {
    for town in Town::both_with(city::shared).await {
        town.four([1_000_000; 4], ENTERPRISE).await;
        let one = town.one_checked(1).await;
        town.approve_one(one, false).await.unwrap();
        for sql in [CHANGE, REMOVE] {
            let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
            let refused = format!("{:?}", tx.execute(sql, args![]).await.unwrap_err());
            assert!(refused.contains("append-only"), "{refused}");
        }
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        assert_eq!(tx.execute(MORE_FOR_ONE, args![]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(!town.broken("subsidy-sources").await.is_empty());
    }
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        town.approve(&town.only_claim().await.name).await;
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        assert_eq!(tx.execute(OTHER_CARRIER, args![]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(!town.broken("subsidy-sources").await.is_empty(), "another than who committed");
    }
}
