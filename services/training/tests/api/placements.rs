//! Placements and the rules of internships: refused by rule, field and way out, whole batches or nothing.

use crate::town::*;
use proto::common::v1::Money;
use proto::training::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The rule a refusal names.
fn rule(status: &Status) -> String {
    status.get_details_error_info().unwrap().metadata["rule"].clone()
}

async fn list(town: &Town, request: pb::ListPlacementsRequest) -> pb::ListPlacementsResponse {
    town.bureau().list_placements(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_hard_rule_refuses_the_placement_by_name_and_nothing_is_placed() {
    type Wrong = (&'static str, &'static str, fn(&mut pb::Placement));
    let wrong: [Wrong; 6] = [
        ("agreement", "agreement_signed", |p| p.agreement_signed = false),
        ("insurance", "insured", |p| p.insured = false),
        ("venue", "venue", |p| p.venue = "net-cafe".into()),
        ("agent", "through_agent", |p| p.through_agent = true),
        ("labour", "labour_grade", |p| p.labour_grade = 3),
        ("first-year", "start_date", |p| (p.start_date, p.end_date) = (day(2025, 8, 31), day(2026, 1, 1))),
    ];
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..3).await;
        for (id, field, change) in wrong {
            let mut bad = placement(&enrolments[1].name);
            change(&mut bad);
            let refused = town.place(vec![placement(&enrolments[0].name), bad]).await.unwrap_err();
            assert_eq!(refusal(&refused).0, format!("placements[1].{field}"), "{id}");
            assert!(rule(&refused).contains(&format!("/{id}@")), "{} for {id}", rule(&refused));
            // A reason does not waive what is hard.
            let mut excused = placement(&enrolments[1].name);
            change(&mut excused);
            excused.waivers.insert(id.into(), "it was convenient".into());
            town.place(vec![excused]).await.unwrap_err();
        }
        assert!(list(&town, pb::ListPlacementsRequest { class, ..Default::default() }).await.placements.is_empty());
        town.verify().await;
    }
}

#[tokio::test]
async fn who_is_too_young_is_not_placed_and_a_minor_only_with_the_guardian() {
    for town in Town::both().await {
        town.student(1, |person| person.sixteen_on = day(2026, 10, 2)).await;
        town.student(2, |person| person.sixteen_on = day(2026, 10, 1)).await;
        let class = town.agreed(2).await;
        let enrolments = town.enrol(&class, students(1..3)).await.unwrap();
        let with_guardian = |at: usize| pb::Placement { guardian_consent: true, ..placement(&enrolments[at].name) };
        let refused = town.place(vec![with_guardian(0)]).await.unwrap_err();
        assert!(rule(&refused).contains("/minimum-age@"), "{refused:?}");
        let refused = town.place(vec![placement(&enrolments[1].name)]).await.unwrap_err();
        assert_eq!(refusal(&refused).0, "placements[0].guardian_consent");
        assert!(rule(&refused).contains("/guardian@"));
        town.place(vec![with_guardian(1)]).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn low_pay_needs_a_reason_that_is_kept_with_the_placement() {
    for town in Town::both().await {
        let (_, enrolments) = town.full(1..3).await;
        let pay = |fen| pb::Placement { monthly_pay: Some(Money { fen }), ..placement(&enrolments[0].name) };
        let refused = town.place(vec![pay(279_999)]).await.unwrap_err();
        assert_eq!(refusal(&refused).0, "placements[0].monthly_pay");
        let mut excused = pay(279_999);
        excused.waivers.insert("pay".into(), String::new());
        assert_eq!(refusal(&town.place(vec![excused.clone()]).await.unwrap_err()).0, "placements[0].waivers");
        excused.waivers.insert("pay".into(), "board and lodging are given".into());
        let placed = town.place(vec![excused]).await.unwrap();
        let verdict = placed[0].verdicts.iter().find(|verdict| verdict.rule.contains("/pay@")).unwrap();
        assert_eq!((verdict.severity.as_str(), verdict.outcome.as_str()), ("soft", "waived"));
        // Exactly four fifths of the wage is enough.
        let enough = pb::Placement { enrolment: enrolments[1].name.clone(), ..pay(280_000) };
        assert!(town.place(vec![enough]).await.unwrap()[0].verdicts.iter().all(|verdict| verdict.outcome != "waived"));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_university_is_held_to_the_rules_for_everybody_alone() {
    for town in Town::both().await {
        town.programme(2, ACADEMY, CODE).await;
        town.student(1, |person| {
            person.organisation = ACADEMY.into();
            person.programme = name("programmes", 2);
        })
        .await;
        let order = town.publish(order(1)).await.name;
        let mut office = town.who("office@academy", ACADEMY, kit::auth::Role::School);
        let class = pb::Class { school: ACADEMY.into(), ..class(&order, 1) };
        let class = office.create_class(pb::CreateClassRequest { class: Some(class) }).await.unwrap().into_inner().name;
        town.agree(&class).await.unwrap();
        let enrol = pb::BatchCreateEnrolmentsRequest { class, students: students(1..2) };
        let enrolment = office.batch_create_enrolments(enrol).await.unwrap().into_inner().enrolments.remove(0).name;
        let mut place = async |placement: pb::Placement| {
            office.batch_create_placements(pb::BatchCreatePlacementsRequest { placements: vec![placement] }).await
        };
        let lenient = pb::Placement { labour_grade: 3, monthly_pay: Some(Money { fen: 1 }), ..placement(&enrolment) };
        let refused = place(pb::Placement { insured: false, ..lenient.clone() }).await.unwrap_err();
        assert!(rule(&refused).contains("/insurance@"));
        place(lenient).await.unwrap();
    }
}

#[tokio::test]
async fn a_malformed_placement_is_refused_by_field() {
    type Wrong = (&'static str, &'static str, fn(&mut pb::Placement));
    let wrong: [Wrong; 10] = [
        ("enrolment", "RESOURCE_NAME", |p| p.enrolment = "somebody".into()),
        ("start_date", "REQUIRED", |p| p.start_date = None),
        ("end_date", "REQUIRED", |p| p.end_date = None),
        ("end_date", "EMPTY_RANGE", |p| p.end_date = p.start_date),
        ("venue", "VENUE_UNKNOWN", |p| p.venue = "moon".into()),
        ("post", "", |p| p.post = " ".into()),
        ("monthly_pay", "", |p| p.monthly_pay = Some(Money { fen: 0 })),
        ("post_wage", "", |p| p.post_wage = None),
        ("labour_grade", "", |p| p.labour_grade = 0),
        ("labour_grade", "", |p| p.labour_grade = 5),
    ];
    for town in Town::both().await {
        let enrolment = name("enrolments", 1);
        for (field, expected, change) in wrong {
            let mut bad = placement(&enrolment);
            change(&mut bad);
            let refused = town.place(vec![bad]).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
            let (named, why) = refusal(&refused);
            assert_eq!(named, format!("placements[0].{field}"));
            assert!(expected.is_empty() || why == expected, "{field}: {why}");
        }
        for batch in [Vec::new(), vec![placement(&enrolment); 1001]] {
            assert_eq!(refusal(&town.place(batch).await.unwrap_err()), says("placements", "BATCH_SIZE"));
        }
        assert_eq!(town.place(vec![placement(&enrolment)]).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn nobody_is_placed_twice_nor_after_leaving() {
    for town in Town::both().await {
        let (_, enrolments) = town.full(1..3).await;
        let place = |at: usize| town.place(vec![placement(&enrolments[at].name)]);
        place(0).await.unwrap();
        assert_eq!(refusal(&place(0).await.unwrap_err()).1, "WRONG_STATE");
        town.withdraw(&enrolments[1].name, day(2026, 9, 1)).await.unwrap();
        assert_eq!(refusal(&place(1).await.unwrap_err()).1, "WRONG_STATE");
        town.verify().await;
    }
}

#[tokio::test]
async fn placements_of_a_class_are_listed_page_by_page() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..6).await;
        let placed = town.place(enrolments.iter().map(|enrolment| placement(&enrolment.name)).collect()).await.unwrap();
        let (_, others) = town.full(6..7).await;
        town.place(vec![placement(&others[0].name)]).await.unwrap();
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let page =
                list(&town, pb::ListPlacementsRequest { class: class.clone(), page_size: 2, page_token, ..Default::default() })
                    .await;
            assert!(page.placements.len() <= 2);
            seen.extend(page.placements.into_iter().map(|one| one.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        seen.sort();
        let mut expected: Vec<_> = placed.into_iter().map(|one| one.name).collect();
        expected.sort();
        assert_eq!(seen, expected);
    }
}
