//! Drafts of schemes: read as their file would be, and run over the past without writing; on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use proto::subsidy::v1 as pb;
use tonic::Code;
use tonic_types::StatusExt;
use town::{Town, day, fen, reason};

const DRAFT: &str = include_str!("../schemes/hiring-subsidy.2.toml");

fn simulate(draft: &str) -> pb::SimulateSchemeRequest {
    pb::SimulateSchemeRequest { draft: draft.into(), from: day(2026, 1, 1), to: day(2027, 1, 1) }
}

#[tokio::test]
async fn a_draft_is_read_with_all_it_says() {
    for town in Town::both().await {
        let request = pb::CheckSchemeRequest { draft: include_str!("../schemes/new-apprenticeship.1.toml").into() };
        let checked = town.bureau().check_scheme(request).await.unwrap().into_inner();
        assert!(checked.faults.is_empty(), "{:?}", checked.faults);
        let scheme = checked.scheme.unwrap();
        assert_eq!(
            (scheme.occasion.as_str(), scheme.beneficiary.as_str(), scheme.clawback.as_str()),
            ("enrolment", "enterprise", "full")
        );
        let stages: Vec<_> =
            scheme.stages.iter().map(|stage| (stage.stage, stage.share, stage.at.as_str(), stage.advance)).collect();
        assert_eq!(stages, [(1, 50, "start", true), (2, 50, "graduation", false)]);
        assert_eq!((scheme.advance_percent, scheme.publicity_days), (50, 7));
        let approvals: Vec<_> = scheme.approvals.iter().map(|level| (level.up_to, level.approvers, level.roles.len())).collect();
        assert_eq!(approvals, [(fen(500_000), 1, 2), (None, 2, 1)]);
        assert_eq!(scheme.evidence, ["apprenticeship-agreement", "labour-contract", "training-plan"]);
        assert_eq!(scheme.caps.unwrap().claims_per_person, 1);
        assert_eq!(scheme.digest.len(), 64);
    }
}

#[tokio::test]
async fn the_schemes_that_are_listed_say_how_they_pay_and_who_carries_it() {
    for town in Town::both().await {
        let request = pb::ListSchemesRequest { page_size: 1000, ..Default::default() };
        let schemes = town.bureau().list_schemes(request).await.unwrap().into_inner().schemes;
        let class = schemes.iter().find(|scheme| scheme.name == "schemes/order-class").unwrap();
        let sources: Vec<_> = class.sources.iter().map(|source| (source.kind.as_str(), source.share_percent)).collect();
        assert_eq!(sources, [("sponsor", 50), ("own-account", 20), ("co-funding", 30)]);
        let booked: Vec<_> = class.sources.iter().map(|source| source.fund_code.as_str()).collect();
        assert_eq!(booked, ["", "", "talent"], "what belongs to an organisation is found by it");
        let excluded: Vec<_> = class.exclusions.iter().map(|rule| (rule.scheme.as_str(), rule.within.as_str())).collect();
        assert_eq!(excluded, [("schemes/new-apprenticeship", "occasion")]);
        let hiring: Vec<_> = schemes.iter().filter(|scheme| scheme.name == "schemes/hiring-subsidy").collect();
        assert_eq!((hiring[0].to, hiring[0].stages.len()), (day(2027, 1, 1), 0));
        assert_eq!(hiring[1].stages.iter().map(|stage| stage.plus_days).collect::<Vec<_>>(), [89, 364]);
    }
}

#[tokio::test]
async fn every_fault_of_a_draft_is_told_with_its_place_and_the_way_out() {
    let broken = DRAFT.replace("version = 2", "version = 0").replace("'150000'", "'hire.wage'");
    for town in Town::both().await {
        let request = pb::CheckSchemeRequest { draft: broken.clone() };
        let faults = town.bureau().check_scheme(request).await.unwrap().into_inner().faults;
        let told: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column, fault.rule.as_str())).collect();
        assert_eq!(told, [(2, 11, "scheme/range"), (15, 16, "scheme/expression")]);
        assert!(
            faults.iter().all(|fault| !fault.message_zh.is_empty() && !fault.way_out.is_empty() && !fault.way_out_zh.is_empty())
        );

        let refused = town.bureau().simulate_scheme(simulate(&broken)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "SCHEME_INVALID"));
        let violations = refused.get_details_bad_request().unwrap().field_violations;
        let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["draft:2:11", "draft:15:16"]);
        assert!(violations[1].description.contains("line 15, column 16"), "{violations:?}");
    }
}

#[tokio::test]
async fn a_draft_is_run_over_the_past_by_month_and_nothing_is_written() {
    for town in Town::both().await {
        town.fund(100_000).await;
        town.graduate_hired(1).await;
        town.graduate_hired(2).await;
        // Stays only until the end of August.
        town.left(2, 3, day(2026, 8, 31)).await;
        let claims = town.claims().await;
        let outcome = town.bureau().simulate_scheme(simulate(DRAFT)).await.unwrap().into_inner();
        let months: Vec<_> = outcome.months.iter().map(|month| (month.year, month.month, month.claims, month.amount)).collect();
        assert_eq!(months, [(2026, 10, 1, fen(75_000))], "the 90th day of the one who stayed");
        assert_eq!((outcome.total, outcome.claims, outcome.people, outcome.organisations), (fen(75_000), 1, 1, 1));
        assert_eq!((outcome.budget.unwrap().available, outcome.left), (fen(100_000), fen(25_000)));
        let longer = pb::SimulateSchemeRequest { to: day(2027, 12, 31), ..simulate(DRAFT) };
        let outcome = town.bureau().simulate_scheme(longer).await.unwrap().into_inner();
        assert_eq!((outcome.claims, outcome.total, outcome.left), (2, fen(150_000), fen(-50_000)), "and the 365th");
        assert_eq!(town.claims().await, claims);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_another_scheme_pays_already_is_told_as_an_overlap() {
    let draft = DRAFT.replace("\"hiring-subsidy\"", "\"new-hiring\"").replace("fund = \"talent\"", "fund = \"elsewhere\"");
    let draft = format!("{draft}\n[[exclusions]]\nscheme = \"hiring-subsidy\"\nwithin = \"year\"\n");
    for town in Town::both().await {
        town.graduate_hired(1).await;
        let outcome = town.bureau().simulate_scheme(simulate(&draft)).await.unwrap().into_inner();
        let overlaps: Vec<_> =
            outcome.overlaps.iter().map(|other| (other.scheme.as_str(), other.claims, other.people, other.amount)).collect();
        assert_eq!(overlaps, [("schemes/hiring-subsidy", 1, 1, fen(150_000))]);
        assert_eq!((outcome.claims, outcome.total), (0, fen(0)));
        assert!(outcome.budget.is_none() && outcome.left.is_none(), "that fund is not set up");
    }
}

#[tokio::test]
async fn a_draft_that_cannot_stand_beside_the_others_is_refused() {
    // The class gives way to apprentices; apprentices giving way to the class would leave none to go first.
    let draft = include_str!("../schemes/new-apprenticeship.1.toml");
    let draft = format!("{draft}\n[[exclusions]]\nscheme = \"order-class\"\nwithin = \"occasion\"\n");
    for town in Town::both().await {
        let faults =
            town.bureau().check_scheme(pb::CheckSchemeRequest { draft: draft.clone() }).await.unwrap().into_inner().faults;
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].message.contains("none to go first"), "{faults:?}");
        let refused = town.bureau().simulate_scheme(simulate(&draft)).await.unwrap_err();
        assert_eq!(reason(&refused), "SCHEME_INVALID");
    }
}

#[tokio::test]
async fn a_question_without_a_draft_or_with_a_period_that_is_none_is_refused() {
    for town in Town::both().await {
        let ask = |request: pb::SimulateSchemeRequest| async {
            let refused = town.bureau().simulate_scheme(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument);
            reason(&refused)
        };
        assert_eq!(ask(simulate(" ")).await, "REQUIRED");
        assert_eq!(ask(simulate(&"#".repeat(70_000))).await, "TOO_LONG");
        assert_eq!(ask(pb::SimulateSchemeRequest { to: day(2026, 1, 1), ..simulate(DRAFT) }).await, "PERIOD");
        assert_eq!(ask(pb::SimulateSchemeRequest { to: day(2036, 1, 2), ..simulate(DRAFT) }).await, "PERIOD");
        assert_eq!(ask(pb::SimulateSchemeRequest { from: None, ..simulate(DRAFT) }).await, "REQUIRED");
        let clerk = town.clerk().simulate_scheme(simulate(DRAFT)).await.unwrap_err();
        assert_eq!(clerk.code(), Code::PermissionDenied);
        let clerk = town.clerk().check_scheme(pb::CheckSchemeRequest { draft: DRAFT.into() }).await.unwrap_err();
        assert_eq!(clerk.code(), Code::PermissionDenied);
    }
}
