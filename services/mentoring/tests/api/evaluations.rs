//! Mentors and students evaluate each other, and neither in answer to the other.

use crate::town::*;
use kit::auth::Role;
use kit::db::{Lane, args, statements};
use proto::Event;
use proto::mentoring::v1 as pb;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use testkit::Caller;
use tonic::Code;

type Client = MentoringServiceClient<Caller>;

statements! {
    EVENTS = "SELECT kind, data FROM outbox WHERE subject = $1 ORDER BY version";
}

async fn events_of(town: &Town, subject: &str) -> Vec<(String, Vec<u8>)> {
    let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
    let rows = tx.fetch_all(EVENTS, args![subject]).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}

fn decoded<E: Event>(data: &[u8]) -> E {
    E::decode(data).unwrap()
}

/// A term from September to the end of January, evaluated in its last 30 days.
async fn autumn(town: &Town) -> String {
    let term =
        pb::Term { code: "2026-autumn".into(), start_date: day(2026, 9, 1), end_date: day(2027, 2, 1), ..Default::default() };
    town.term(term).await.unwrap().name
}

/// A student with both mentors, a term, and time for evaluation; the pairings of school and enterprise.
async fn in_january(town: &Town) -> (String, pb::Pairing, pb::Pairing) {
    let term = autumn(town).await;
    town.register(vec![academic(1, 5)]).await;
    town.register(vec![enterprise(2, 5)]).await;
    town.enrol(1, 1..2).await;
    town.paired(1).await;
    let mut pairings = town.pairings(pb::PairingState::Active).await;
    pairings.sort_by_key(|pairing| pairing.side);
    town.sandbox.settle().await;
    town.sandbox.clock.advance(chrono::TimeDelta::days(125));
    (term, pairings[0].clone(), pairings[1].clone())
}

fn said(pairing: &pb::Pairing, term: &str, evaluator: pb::Evaluator, score: i32) -> pb::Evaluation {
    pb::Evaluation { pairing: pairing.name.clone(), term: term.into(), evaluator: evaluator.into(), score, ..Default::default() }
}

async fn evaluate(mut client: Client, evaluations: Vec<pb::Evaluation>) -> Result<Vec<pb::Evaluation>, tonic::Status> {
    let request = pb::BatchCreateEvaluationsRequest { evaluations };
    client.batch_create_evaluations(request).await.map(|answer| answer.into_inner().evaluations)
}

async fn one(client: Client, evaluation: pb::Evaluation) -> Result<pb::Evaluation, tonic::Status> {
    evaluate(client, vec![evaluation]).await.map(|mut evaluations| evaluations.remove(0))
}

/// The scores somebody reads.
async fn read(mut client: Client) -> Vec<i32> {
    let list = client.list_evaluations(pb::ListEvaluationsRequest::default()).await.unwrap().into_inner();
    let mut scores: Vec<i32> = list.evaluations.into_iter().map(|evaluation| evaluation.score).collect();
    scores.sort_unstable();
    scores
}

#[tokio::test]
async fn each_side_evaluates_and_reads_the_other_only_once_both_have() {
    for town in Town::both().await {
        let (term, _, pairing) = in_january(&town).await;
        let aspects = [("expertise".to_owned(), 95), ("care".to_owned(), 70)].into();
        let by_student = pb::Evaluation { aspects, ..said(&pairing, &term, pb::Evaluator::Student, 60) };
        let first = one(town.dean(), by_student.clone()).await.unwrap();
        assert!(!first.shared && first.name.starts_with("evaluations/") && first.create_time == first.update_time);
        town.sandbox.clock.advance(chrono::TimeDelta::minutes(1));
        let again = one(town.dean(), pb::Evaluation { score: 90, ..by_student }).await.unwrap();
        assert_eq!((&again.name, again.create_time, again.score), (&first.name, first.create_time, 90), "given anew");
        assert!(again.update_time.unwrap().seconds > first.update_time.unwrap().seconds);
        assert_eq!((read(town.dean()).await, read(town.foreman()).await), (vec![90], vec![]));
        town.verify().await;

        let by_mentor = said(&pairing, &term, pb::Evaluator::Mentor, 80);
        let answer = one(town.who("mentor@factory", FACTORY, Role::Mentor), by_mentor.clone()).await.unwrap();
        assert!(answer.shared);
        for client in [town.dean(), town.foreman(), town.bureau()] {
            assert_eq!(read(client).await, [80, 90]);
        }
        let sealed = said(&pairing, &term, pb::Evaluator::Student, 1);
        refused(&one(town.dean(), sealed).await.unwrap_err(), "EVALUATION_SEALED", "evaluations[0].pairing");
        refused(&one(town.foreman(), by_mentor).await.unwrap_err(), "EVALUATION_SEALED", "evaluations[0].pairing");
        let narrowed = pb::ListEvaluationsRequest {
            pairing: pairing.name.clone(),
            term: term.clone(),
            mentor: pairing.mentor.clone(),
            evaluator: pb::Evaluator::Student.into(),
            ..Default::default()
        };
        let listed = town.foreman().list_evaluations(narrowed).await.unwrap().into_inner().evaluations;
        assert_eq!(listed, [pb::Evaluation { shared: true, ..again }]);
        town.verify().await;
    }
}

#[tokio::test]
async fn events_tell_that_somebody_evaluated_and_what_both_said_only_when_both_have() {
    for town in Town::both().await {
        let (term, _, pairing) = in_january(&town).await;
        one(town.foreman(), said(&pairing, &term, pb::Evaluator::Mentor, 80)).await.unwrap();
        one(town.dean(), said(&pairing, &term, pb::Evaluator::Student, 90)).await.unwrap();
        let told = events_of(&town, &pairing.name).await;
        let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                pb::PairingCreated::TYPE,
                pb::EvaluationRecorded::TYPE,
                pb::EvaluationRecorded::TYPE,
                pb::EvaluationsExchanged::TYPE
            ]
        );
        let exchanged: pb::EvaluationsExchanged = decoded(&told[3].1);
        let expected = pb::EvaluationsExchanged {
            pairing: pairing.name.clone(),
            term,
            student: pairing.student.clone(),
            mentor: pairing.mentor.clone(),
            person: name("people", 2),
            score_by_student: 90,
            score_by_mentor: 80,
        };
        assert_eq!(exchanged, expected);
        town.verify().await;
    }
}

#[tokio::test]
async fn when_the_term_is_over_what_one_side_said_is_read_by_the_other_and_nothing_is_added() {
    for town in Town::both().await {
        let (term, _, pairing) = in_january(&town).await;
        one(town.foreman(), said(&pairing, &term, pb::Evaluator::Mentor, 80)).await.unwrap();
        town.sandbox.clock.advance(chrono::TimeDelta::days(27));
        assert!(read(town.dean()).await.is_empty(), "the last day of the term");
        town.sandbox.clock.advance(chrono::TimeDelta::days(1));
        assert_eq!(read(town.dean()).await, [80]);
        for (client, evaluator) in [(town.dean(), pb::Evaluator::Student), (town.foreman(), pb::Evaluator::Mentor)] {
            let late = one(client, said(&pairing, &term, evaluator, 1)).await.unwrap_err();
            refused(&late, "TERM_OVER", "evaluations[0].term");
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn evaluation_waits_for_its_days_or_for_the_end_of_the_pairing() {
    for town in Town::both().await {
        let term = autumn(&town).await;
        let spring =
            pb::Term { code: "2027-spring".into(), start_date: day(2027, 2, 1), end_date: day(2027, 7, 1), ..Default::default() };
        let spring = town.term(spring).await.unwrap();
        assert_eq!(spring.evaluation_date, day(2027, 6, 1), "30 days before the end");
        town.register(vec![enterprise(2, 5)]).await;
        town.enrol(1, 1..2).await;
        town.paired(1).await;
        let pairing = town.pairings(pb::PairingState::Active).await.remove(0);
        let early = one(town.foreman(), said(&pairing, &term, pb::Evaluator::Mentor, 80)).await.unwrap_err();
        refused(&early, "EVALUATED_EARLY", "evaluations[0].term");
        assert!(early.message().contains("2027-01-02"), "{}", early.message());
        town.graduate(1).await;
        one(town.foreman(), said(&pairing, &term, pb::Evaluator::Mentor, 80)).await.unwrap();
        let outside = one(town.foreman(), said(&pairing, &spring.name, pb::Evaluator::Mentor, 80)).await.unwrap_err();
        refused(&outside, "OUTSIDE_TERM", "evaluations[0].term");
        town.verify().await;
    }
}

#[tokio::test]
async fn each_side_speaks_for_itself_and_a_mentor_for_no_student() {
    for town in Town::both().await {
        let (term, academic, enterprise) = in_january(&town).await;
        let (student, mentor) = (pb::Evaluator::Student, pb::Evaluator::Mentor);
        let foreign = [
            (town.foreman(), said(&enterprise, &term, student, 50)),
            (town.foreman(), said(&academic, &term, mentor, 50)),
            (town.dean(), said(&enterprise, &term, mentor, 50)),
            (town.who("teacher@school", SCHOOL, Role::Mentor), said(&academic, &term, student, 50)),
            (town.who("clerk", STRANGER, Role::School), said(&academic, &term, student, 50)),
        ];
        for (client, evaluation) in foreign {
            let status = one(client, evaluation).await.unwrap_err();
            assert_eq!((status.code(), field(&status).as_str()), (Code::NotFound, "evaluations[0].pairing"));
        }
        let by_bureau = one(town.bureau(), said(&academic, &term, student, 50)).await.unwrap_err();
        assert_eq!(by_bureau.code(), Code::PermissionDenied, "the bureau is no side");

        // The school speaks for both of an academic pairing; a teacher reads what students said once it is shared.
        one(town.dean(), said(&academic, &term, student, 40)).await.unwrap();
        assert_eq!(read(town.dean()).await, [40]);
        assert!(read(town.who("teacher@school", SCHOOL, Role::Mentor)).await.is_empty());
        let both = vec![said(&academic, &term, student, 45), said(&academic, &term, mentor, 55)];
        let kept = evaluate(town.dean(), both).await.unwrap();
        assert!(kept.iter().all(|evaluation| evaluation.shared));
        assert_eq!(read(town.who("teacher@school", SCHOOL, Role::Mentor)).await, [45, 55]);
        assert!(read(town.foreman()).await.is_empty() && read(town.who("clerk", STRANGER, Role::School)).await.is_empty());
        town.verify().await;
    }
}

#[tokio::test]
async fn one_wrong_evaluation_refuses_the_whole_batch_and_says_which() {
    for town in Town::both().await {
        let (term, academic, _) = in_january(&town).await;
        let (student, mentor) = (pb::Evaluator::Student, pb::Evaluator::Mentor);
        let right = said(&academic, &term, mentor, 50);
        let twice = evaluate(town.dean(), vec![right.clone(), right.clone()]).await.unwrap_err();
        refused(&twice, "EVALUATED_TWICE", "evaluations[1].pairing");
        let answered = vec![said(&academic, &term, student, 1), right.clone(), said(&academic, &term, student, 2)];
        refused(&evaluate(town.dean(), answered).await.unwrap_err(), "EVALUATED_TWICE", "evaluations[2].pairing");
        town.enrol(2, 5..6).await;
        town.employed_and_left(1, SCHOOL).await;
        town.paired(2).await;
        let vacant = town.pairings(pb::PairingState::Vacant).await.remove(0);
        let nobody = evaluate(town.dean(), vec![right.clone(), said(&vacant, &term, student, 50)]).await.unwrap_err();
        refused(&nobody, "NO_MENTOR", "evaluations[1].pairing");

        let unknown = one(town.dean(), said(&academic, &name("terms", 9), mentor, 50)).await.unwrap_err();
        assert_eq!((unknown.code(), field(&unknown).as_str()), (Code::NotFound, "evaluations[0].term"));
        let scored = |code: &str, score| pb::Evaluation { aspects: [(code.to_owned(), score)].into(), ..right.clone() };
        let malformed = [
            (said(&academic, &term, mentor, 0), "OUT_OF_RANGE", "evaluations[0].score"),
            (said(&academic, &term, mentor, 101), "OUT_OF_RANGE", "evaluations[0].score"),
            (scored("skill", 0), "OUT_OF_RANGE", "evaluations[0].aspects.skill"),
            (scored("care", 50), "UNKNOWN_CODE", "evaluations[0].aspects"),
            (scored("well done, and greetings to your mother", 50), "UNKNOWN_CODE", "evaluations[0].aspects"),
            (pb::Evaluation { evaluator: 0, ..right.clone() }, "REQUIRED", "evaluations[0].evaluator"),
            (pb::Evaluation { evaluator: 9, ..right.clone() }, "ENUM_UNKNOWN", "evaluations[0].evaluator"),
            (pb::Evaluation { term: "autumn".into(), ..right.clone() }, "RESOURCE_NAME", "evaluations[0].term"),
            (pb::Evaluation { pairing: String::new(), ..right }, "REQUIRED", "evaluations[0].pairing"),
        ];
        for (evaluation, why, on) in malformed {
            let status = one(town.dean(), evaluation).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        assert_eq!(reason(&evaluate(town.dean(), vec![]).await.unwrap_err()), "BATCH_SIZE");
        assert!(read(town.bureau()).await.is_empty(), "all or none");
        town.verify().await;
    }
}

#[tokio::test]
async fn both_sides_at_once_are_exchanged_once_and_neither_is_lost() {
    let town = Town::crowded().await;
    let (term, _, pairing) = in_january(&town).await;
    for attempt in 1..=5 {
        let student = one(town.dean(), said(&pairing, &term, pb::Evaluator::Student, attempt));
        let mentor = one(town.foreman(), said(&pairing, &term, pb::Evaluator::Mentor, attempt));
        let (student, mentor) = tokio::join!(student, mentor);
        if attempt == 1 {
            assert!(student.unwrap().shared || mentor.unwrap().shared, "the second one sees the first");
        } else {
            refused(&student.unwrap_err(), "EVALUATION_SEALED", "evaluations[0].pairing");
            refused(&mentor.unwrap_err(), "EVALUATION_SEALED", "evaluations[0].pairing");
        }
    }
    let told = events_of(&town, &pairing.name).await;
    assert_eq!(told.iter().filter(|(kind, _)| kind == pb::EvaluationsExchanged::TYPE).count(), 1);
    assert_eq!(read(town.bureau()).await, [1, 1]);
    town.verify().await;
}
