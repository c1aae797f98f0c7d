//! Projects that are ranked and share their mentor's places, and organisations that say how many students they take and
//! whom first.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;
use tonic::{Code, Status};

pub fn project(mentor: &str, capacity: i32) -> pb::Project {
    pb::Project { mentor: mentor.into(), title: "纺丝工艺".into(), capacity, ..Default::default() }
}

fn ranks(n: u32, ranked: &[&str]) -> pb::Ranking {
    let ranked = ranked.iter().map(ToString::to_string).collect();
    pb::Ranking { author: name("enrolments", n), ranked, ..Default::default() }
}

fn quota(organisation: &str, quota: Option<i32>, priorities: &[String]) -> pb::Admission {
    pb::Admission { organisation: organisation.into(), quota, priorities: priorities.to_vec(), ..Default::default() }
}

/// What was proposed on a side, by the students' numbers: the mentor and the project.
async fn proposed(town: &Town, run: &pb::Run, side: pb::Side) -> Vec<(String, String)> {
    let mut proposals = town.proposals(run).await;
    proposals.retain(|proposal| proposal.side() == side);
    proposals.sort_by_key(|proposal| proposal.enrolment.clone());
    proposals.into_iter().map(|proposal| (proposal.mentor, proposal.project)).collect()
}

/// The better choices a student did not get on a side, with what stood in the way.
async fn better(town: &Town, run: &pb::Run, n: u32, side: pb::Side) -> Vec<(String, String, pb::Obstacle)> {
    let mut proposals = town.proposals(run).await;
    proposals.retain(|proposal| proposal.side() == side && proposal.enrolment == name("enrolments", n));
    let request = pb::ExplainProposalRequest { name: proposals.remove(0).name };
    let why = town.dean().explain_proposal(request).await.unwrap().into_inner();
    let told = |better: &pb::BetterChoice| (better.mentor.clone(), better.project.clone(), better.obstacle());
    why.better.iter().map(told).collect()
}

async fn read(town: &Town, project: &str) -> pb::Project {
    town.bureau().get_project(pb::GetProjectRequest { name: project.into() }).await.unwrap().into_inner()
}

async fn close(town: &Town, project: &str) -> Result<pb::Project, Status> {
    town.bureau().close_project(pb::CloseProjectRequest { name: project.into() }).await.map(tonic::Response::into_inner)
}

async fn reopen(town: &Town, project: &str) -> Result<pb::Project, Status> {
    town.bureau().reopen_project(pb::ReopenProjectRequest { name: project.into() }).await.map(tonic::Response::into_inner)
}

async fn revise(town: &Town, project: pb::Project, etag: &str) -> Result<pb::Project, Status> {
    let (name, etag) = (project.name.clone(), etag.to_owned());
    let request = pb::ReviseProjectRequest { name, project: Some(project), etag };
    town.bureau().revise_project(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn students_rank_projects_and_get_them_within_the_places_of_project_and_mentor() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 3)]).await.remove(0).name;
        let other = town.register(vec![academic(2, 5)]).await.remove(0).name;
        let spinning = town.offer(vec![project(&one, 1)]).await.unwrap().remove(0).name;
        town.enrol(1, 1..5).await;
        let round = town.open(1).await.name;
        // Three want the project, which has one place; its mentor has three, with and without it.
        let said: Vec<_> = (1..4).map(|n| ranks(n, &[&spinning, &one])).chain([ranks(4, &[&one])]).collect();
        assert_eq!(town.rank(&round, said).await.unwrap()[0].ranked, [spinning.clone(), one.clone()]);
        town.close(&round).await;
        for objective in [pb::Objective::Stable, pb::Objective::Optimal] {
            let run = town.solve_for(&round, objective).await;
            let got = proposed(&town, &run, pb::Side::Academic).await;
            let on = |mentor: &str, project: &str| got.iter().filter(|had| **had == (mentor.into(), project.into())).count();
            assert_eq!((on(&one, &spinning), on(&one, ""), on(&other, "")), (1, 2, 1), "{objective:?} {got:?}");
            assert_eq!((run.matched_academic, run.proof()), (4, pb::Proof::Certified));
        }
        let run = town.solve_for(&round, pb::Objective::Stable).await;
        assert_eq!(run.blocking_pairs, 0);
        let got = proposed(&town, &run, pb::Side::Academic).await;
        let left = u32::try_from(got.iter().position(|had| had.0 == one && had.1.is_empty()).unwrap()).unwrap() + 1;
        // The mentor is full as well, so it is not the project alone that was in the way.
        let told = better(&town, &run, left, pb::Side::Academic).await;
        assert_eq!(told, [(one.clone(), spinning.clone(), pb::Obstacle::Outranked)]);
        town.try_publish(&run).await.unwrap();
        town.verify().await;

        assert_eq!((read(&town, &spinning).await.load, town.mentor(&one).await.load), (1, 3));
        let pairings = town.pairings(pb::PairingState::Active).await;
        let with = pairings.iter().find(|pairing| pairing.project == spinning).unwrap();
        assert_eq!(with.mentor, one);
        let n = got.iter().position(|had| had.1 == spinning).unwrap() + 1;
        town.withdraw(u32::try_from(n).unwrap()).await;
        assert_eq!((read(&town, &spinning).await.load, town.mentor(&one).await.load), (0, 2));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_project_that_is_full_beside_a_mentor_who_is_not_is_told() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 5)]).await.remove(0).name;
        let spinning = town.offer(vec![project(&one, 1)]).await.unwrap().remove(0).name;
        town.enrol(1, 1..3).await;
        let round = town.open(1).await.name;
        let first = pb::Ranking { author: one.clone(), ranked: vec![name("enrolments", 2)], ..Default::default() };
        town.rank(&round, vec![ranks(1, &[&spinning]), ranks(2, &[&spinning]), first]).await.unwrap();
        town.close(&round).await;
        let run = town.solve_for(&round, pb::Objective::Stable).await;
        let none = (one.clone(), String::new());
        assert_eq!(proposed(&town, &run, pb::Side::Academic).await, [none, (one.clone(), spinning.clone())]);
        let told = better(&town, &run, 1, pb::Side::Academic).await;
        assert_eq!(told, [(one, spinning, pb::Obstacle::ProjectFull)]);
    }
}

#[tokio::test]
async fn a_run_on_a_project_that_was_closed_or_taken_since_is_out_of_date() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 5)]).await.remove(0).name;
        let spinning = town.offer(vec![project(&one, 1)]).await.unwrap().remove(0).name;
        let mut runs = Vec::new();
        for class in 1..3 {
            town.enrol(class, class..class + 1).await;
            let round = town.open(class).await.name;
            town.rank(&round, vec![ranks(class, &[&spinning])]).await.unwrap();
            town.close(&round).await;
            runs.push(town.solve(&round).await);
        }
        close(&town, &spinning).await.unwrap();
        refused(&town.try_publish(&runs[0]).await.unwrap_err(), "PROPOSAL_OUTDATED", &runs[0].round);
        reopen(&town, &spinning).await.unwrap();
        town.try_publish(&runs[0]).await.unwrap();
        refused(&town.try_publish(&runs[1]).await.unwrap_err(), "PROPOSAL_OUTDATED", &runs[1].round);
        let again = town.solve(&runs[1].round).await;
        assert_eq!(proposed(&town, &again, pb::Side::Academic).await, [(one, String::new())]);
        town.try_publish(&again).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn who_loses_a_mentor_may_get_a_project_of_another_and_the_projects_of_who_left_are_closed() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 1)]).await.remove(0).name;
        let mine = town.offer(vec![project(&one, 1)]).await.unwrap().remove(0).name;
        town.enrol(1, 1..2).await;
        let other = town.register(vec![academic(2, 1)]).await.remove(0).name;
        let theirs = town.offer(vec![project(&other, 1)]).await.unwrap().remove(0).name;
        let round = town.open(1).await.name;
        town.rank(&round, vec![ranks(1, &[&mine, &theirs])]).await.unwrap();
        town.close(&round).await;
        let run = town.solve_for(&round, pb::Objective::Stable).await;
        assert_eq!(proposed(&town, &run, pb::Side::Academic).await, [(one.clone(), mine.clone())]);
        town.try_publish(&run).await.unwrap();
        town.employed_and_left(1, SCHOOL).await;
        let active = town.pairings(pb::PairingState::Active).await;
        assert_eq!((active[0].mentor.as_str(), active[0].project.as_str()), (other.as_str(), theirs.as_str()));
        let left = read(&town, &mine).await;
        assert_eq!((left.state(), left.load, read(&town, &theirs).await.load), (pb::ProjectState::Closed, 0, 1));
        refused(&reopen(&town, &mine).await.unwrap_err(), "MENTOR_CLOSED", &one);
        let late = town.offer(vec![project(&one, 1)]).await.unwrap_err();
        refused(&late, "MENTOR_CLOSED", "projects[0].mentor");
        town.verify().await;
    }
}

#[tokio::test]
async fn a_project_is_refused_what_its_mentor_does_not_have_and_what_would_move_a_student() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 2)]).await.remove(0).name;
        let large = town.offer(vec![project(&one, 2), project(&one, 3)]).await.unwrap_err();
        refused(&large, "PROJECT_TOO_LARGE", "projects[1].capacity");
        let listed = pb::ListProjectsRequest { mentor: one.clone(), ..Default::default() };
        assert!(town.dean().list_projects(listed).await.unwrap().into_inner().projects.is_empty(), "all or none");
        let offered = town.offer(vec![project(&one, 2)]).await.unwrap().remove(0);
        town.enrol(1, 1..3).await;
        let round = town.open(1).await.name;
        town.rank(&round, vec![ranks(1, &[&offered.name]), ranks(2, &[&offered.name])]).await.unwrap();
        town.close(&round).await;
        let run = town.solve(&round).await;
        town.try_publish(&run).await.unwrap();
        let now = read(&town, &offered.name).await;
        assert_eq!(now.load, 2);
        let small = revise(&town, pb::Project { capacity: 1, ..now.clone() }, "").await.unwrap_err();
        refused(&small, "PROJECT_TOO_SMALL", "project.capacity");
        let large = revise(&town, pb::Project { capacity: 3, ..now.clone() }, "").await.unwrap_err();
        refused(&large, "PROJECT_TOO_LARGE", "project.capacity");
        let stale = revise(&town, now.clone(), &offered.etag).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let said = pb::Project { title: "热处理".into(), skills: vec!["cnc".into()], ..now.clone() };
        let revised = revise(&town, said, &now.etag).await.unwrap();
        assert_eq!((revised.title.as_str(), revised.load, read(&town, &now.name).await), ("热处理", 2, revised.clone()));
        refused(&reopen(&town, &now.name).await.unwrap_err(), "PROJECT_OPEN", &now.name);
        close(&town, &now.name).await.unwrap();
        refused(&close(&town, &now.name).await.unwrap_err(), "PROJECT_CLOSED", &now.name);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_malformed_project_or_admission_is_refused_by_field() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 2)]).await.remove(0).name;
        let wrong = [
            (pb::Project { mentor: "somebody".into(), ..project(&one, 1) }, "RESOURCE_NAME", "projects[0].mentor"),
            (pb::Project { title: " ".into(), ..project(&one, 1) }, "REQUIRED", "projects[0].title"),
            (pb::Project { title: "题".repeat(201), ..project(&one, 1) }, "TOO_LONG", "projects[0].title"),
            (project(&one, 0), "OUT_OF_RANGE", "projects[0].capacity"),
            (pb::Project { skills: vec!["x".into(); 51], ..project(&one, 1) }, "TOO_MANY", "projects[0].skills"),
        ];
        for (project, why, on) in wrong {
            let status = town.offer(vec![project]).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        assert_eq!(reason(&town.offer(vec![]).await.unwrap_err()), "BATCH_SIZE");
        town.enrol(1, 1..2).await;
        let round = town.open(1).await.name;
        let programme = [name("programmes", 1)];
        let wrong = [
            (quota("factory", None, &[]), "RESOURCE_NAME", "admission.organisation"),
            (quota(SCHOOL, Some(-1), &[]), "OUT_OF_RANGE", "admission.quota"),
            (quota(SCHOOL, None, &[name("people", 1)]), "RESOURCE_NAME", "admission.priorities[0]"),
            (quota(SCHOOL, None, &vec![programme[0].clone(); 51]), "TOO_MANY", "admission.priorities"),
        ];
        for (admission, why, on) in wrong {
            let status = town.admit(&round, admission).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        let twice = quota(SCHOOL, None, &[programme[0].clone(), programme[0].clone()]);
        refused(&town.admit(&round, twice).await.unwrap_err(), "NAMED_TWICE", "admission.priorities");
        let none = pb::SetAdmissionRequest { parent: round, admission: None };
        assert_eq!(reason(&town.bureau().set_admission(none).await.unwrap_err()), "REQUIRED");
    }
}

#[tokio::test]
async fn a_ranking_names_projects_that_are_open_and_of_mentors_who_can_be_had() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 2)]).await.remove(0).name;
        let steel = pb::Mentor { organisation: MILL.into(), chain: "steel".into(), ..enterprise(3, 5) };
        let strange = town.register(vec![steel]).await.remove(0).name;
        let offered = town.offer(vec![project(&one, 1)]).await.unwrap().remove(0).name;
        let theirs = town.offer(vec![project(&strange, 1)]).await.unwrap().remove(0).name;
        town.enrol(1, 1..2).await;
        let round = town.open(1).await.name;
        let fails = async |ranking: pb::Ranking| town.rank(&round, vec![ranking]).await.unwrap_err();
        refused(&fails(ranks(1, &[&name("projects", 0xfff)])).await, "NOT_IN_ROUND", "rankings[0].ranked[0]");
        refused(&fails(ranks(1, &[&one, &theirs])).await, "NOT_IN_ROUND", "rankings[0].ranked[1]");
        refused(&fails(ranks(1, &[&offered, &offered])).await, "NAMED_TWICE", "rankings[0]");
        let both = pb::Ranking { excluded: vec![one.clone()], ..ranks(1, &[&offered]) };
        refused(&fails(both).await, "NAMED_TWICE", "rankings[0].ranked[0]");
        let never = pb::Ranking { excluded: vec![offered.clone()], ..ranks(1, &[]) };
        let status = fails(never).await;
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), ("RESOURCE_NAME", "rankings[0].excluded[0]"));
        let by_mentor = pb::Ranking { author: one.clone(), ranked: vec![offered.clone()], ..Default::default() };
        assert_eq!(reason(&fails(by_mentor).await), "RESOURCE_NAME");
        close(&town, &offered).await.unwrap();
        refused(&fails(ranks(1, &[&offered])).await, "NOT_IN_ROUND", "rankings[0].ranked[0]");
    }
}

#[tokio::test]
async fn a_quota_holds_when_a_round_is_published_and_as_long_as_it_has_students() {
    for town in Town::both().await {
        let mill = |person, capacity| pb::Mentor { organisation: MILL.into(), ..enterprise(person, capacity) };
        let mills = town.register(vec![mill(1, 1), mill(2, 2)]).await;
        town.enrol(1, 1..4).await;
        let round = town.open(1).await.name;
        town.admit(&round, quota(MILL, Some(2), &[])).await.unwrap();
        let other = pb::Ranking { excluded: vec![mills[0].name.clone()], ..ranks(3, &[&mills[1].name]) };
        town.rank(&round, vec![ranks(1, &[&mills[0].name]), ranks(2, &[&mills[1].name]), other]).await.unwrap();
        town.close(&round).await;
        for objective in [pb::Objective::Optimal, pb::Objective::Stable] {
            let run = town.solve_for(&round, objective).await;
            assert_eq!((run.matched_enterprise, run.bound_matched), (2, 2), "{objective:?}");
        }
        let run = town.solve_for(&round, pb::Objective::Stable).await;
        let got = proposed(&town, &run, pb::Side::Enterprise).await;
        let left = u32::try_from(got.iter().position(|had| had.0.is_empty()).unwrap()).unwrap() + 1;
        let told = better(&town, &run, left, pb::Side::Enterprise).await;
        assert!(told.contains(&(mills[1].name.clone(), String::new(), pb::Obstacle::Quota)), "{told:?}");
        town.try_publish(&run).await.unwrap();
        town.verify().await;
        assert_eq!(town.loads().await.into_values().sum::<i32>(), 2, "a place is free, and stays so");

        // A mentor of the mill goes for a while: the students stay with the mill, as far as it has places.
        town.suspend(&mills[0].name).await.unwrap();
        town.verify().await;
        town.resume(&mills[0].name).await.unwrap();
        town.verify().await;
        // Somebody leaves: the one whom the quota held back comes in, with whomever of the mill is free.
        let gone = if left == 1 { 2 } else { 1 };
        town.withdraw(gone).await;
        town.verify().await;
        assert_eq!(town.loads().await.into_values().sum::<i32>(), 2);
        // Others' students are not bound by it.
        town.enrol(2, 4..5).await;
        town.paired(2).await;
        assert_eq!(town.loads().await.into_values().sum::<i32>(), 3);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_mentor_s_own_ranking_goes_before_the_priorities_of_the_organisation() {
    for (ranked, class, winner, objective) in [
        (vec![], false, 3, pb::Objective::Optimal),
        (vec![2], false, 2, pb::Objective::Stable),
        (vec![2], false, 2, pb::Objective::Optimal),
        (vec![], true, 1, pb::Objective::Stable),
    ] {
        for town in Town::both().await {
            let one = town.register(vec![academic(1, 1)]).await.remove(0).name;
            town.enrol(1, 1..3).await;
            town.enrol_of(1, 3..4, 3).await;
            let round = town.open(1).await.name;
            // By class all come first alike, and then the lower number does.
            let first = if class { name("classes", 1) } else { name("programmes", 3) };
            town.admit(&round, quota(SCHOOL, None, &[name("programmes", 9), first])).await.unwrap();
            let ranked = ranked.iter().map(|n: &u32| name("enrolments", *n)).collect();
            town.rank(&round, vec![pb::Ranking { author: one.clone(), ranked, ..Default::default() }]).await.unwrap();
            town.close(&round).await;
            let run = town.solve_for(&round, objective).await;
            let got = proposed(&town, &run, pb::Side::Academic).await;
            assert_eq!(got.iter().position(|had| had.0 == one).unwrap() + 1, winner, "{objective:?}");
        }
    }
}

#[tokio::test]
async fn each_organisation_speaks_for_its_own_and_reads_its_own_and_the_bureau_reads_all() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 2)]).await.remove(0).name;
        let mill = town.register(vec![pb::Mentor { organisation: MILL.into(), ..enterprise(3, 5) }]).await.remove(0).name;
        let offered = town.offer(vec![project(&one, 1)]).await.unwrap().remove(0).name;
        town.enrol(1, 1..2).await;
        let round = town.open(1).await.name;
        let mut foreman = town.foreman();
        let of = |admission| pb::SetAdmissionRequest { parent: round.clone(), admission: Some(admission) };
        let foreign = foreman.set_admission(of(quota(SCHOOL, Some(1), &[]))).await.unwrap_err();
        assert_eq!((foreign.code(), field(&foreign).as_str()), (Code::NotFound, "admission.organisation"));
        foreman.set_admission(of(quota(FACTORY, Some(7), &[name("classes", 1)]))).await.unwrap();
        // Said anew, in place of what was said before.
        let said = foreman.set_admission(of(quota(FACTORY, Some(0), &[]))).await.unwrap().into_inner();
        assert_eq!((said.quota, said.priorities.len()), (Some(0), 0));
        town.dean().set_admission(of(quota(SCHOOL, None, &[name("programmes", 1)]))).await.unwrap();
        // The mill has a mentor of the chain; a stranger has none.
        town.who("clerk@mill", MILL, Role::Enterprise).set_admission(of(quota(MILL, Some(3), &[]))).await.unwrap();
        let stranger = quota(STRANGER, Some(1), &[]);
        let nobody = town.who("clerk", STRANGER, Role::School).set_admission(of(stranger)).await.unwrap_err();
        refused(&nobody, "NOT_IN_ROUND", "admission.organisation");
        let read = async |mut client: proto::mentoring::v1::mentoring_service_client::MentoringServiceClient<testkit::Caller>| {
            let request = pb::ListAdmissionsRequest { parent: round.clone(), ..Default::default() };
            let admissions = client.list_admissions(request).await.unwrap().into_inner().admissions;
            admissions.into_iter().map(|admission| (admission.organisation, admission.quota)).collect::<Vec<_>>()
        };
        assert_eq!(read(town.foreman()).await, [(FACTORY.to_owned(), Some(0))]);
        assert_eq!(read(town.dean()).await, [(SCHOOL.to_owned(), None)]);
        assert_eq!(read(town.bureau()).await.len(), 3);
        assert!(read(town.who("clerk", STRANGER, Role::School)).await.is_empty());

        // Projects: open ones are there for all to see, and only the mentor's organisation says anything of them.
        let get = pb::GetProjectRequest { name: offered.clone() };
        assert_eq!(foreman.get_project(get.clone()).await.unwrap().into_inner().mentor, one);
        let theirs = pb::BatchCreateProjectsRequest { projects: vec![project(&one, 1)] };
        let foreign = foreman.batch_create_projects(theirs).await.unwrap_err();
        assert_eq!((foreign.code(), field(&foreign).as_str()), (Code::NotFound, "projects[0].mentor"));
        let shut = foreman.close_project(pb::CloseProjectRequest { name: offered.clone() }).await.unwrap_err();
        assert_eq!(shut.code(), Code::NotFound);
        let other = pb::ReviseProjectRequest { name: offered.clone(), project: Some(project(&one, 1)), ..Default::default() };
        assert_eq!(foreman.revise_project(other).await.unwrap_err().code(), Code::NotFound);
        close(&town, &offered).await.unwrap();
        assert_eq!(foreman.get_project(get.clone()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(town.dean().get_project(get).await.unwrap().into_inner().state(), pb::ProjectState::Closed);
        town.offer(vec![project(&mill, 1)]).await.unwrap();
        let list = async |mut client: proto::mentoring::v1::mentoring_service_client::MentoringServiceClient<testkit::Caller>| {
            client.list_projects(pb::ListProjectsRequest::default()).await.unwrap().into_inner().projects.len()
        };
        assert_eq!((list(town.foreman()).await, list(town.dean()).await, list(town.bureau()).await), (1, 2, 2));
        let closed = pb::ListProjectsRequest { state: pb::ProjectState::Closed.into(), ..Default::default() };
        assert!(town.foreman().list_projects(closed).await.unwrap().into_inner().projects.is_empty());

        town.close(&round).await;
        let late = town.foreman().set_admission(of(quota(FACTORY, Some(1), &[]))).await.unwrap_err();
        refused(&late, "PREFERENCES_CLOSED", &round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rounds_published_at_once_never_give_a_place_of_a_project_twice() {
    let town = Town::crowded().await;
    let one = town.register(vec![academic(1, 9)]).await.remove(0).name;
    town.register(vec![enterprise(2, 50)]).await;
    let offered = town.offer(vec![project(&one, 2)]).await.unwrap().remove(0).name;
    let mut runs = Vec::new();
    for class in 1..=6 {
        town.enrol(class, class * 10..class * 10 + 1).await;
        let round = town.open(class).await.name;
        town.rank(&round, vec![ranks(class * 10, &[&offered])]).await.unwrap();
        town.close(&round).await;
        runs.push(town.solve(&round).await);
    }
    let answers = futures::future::join_all(runs.iter().map(|run| town.try_publish(run))).await;
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|status| reason(status) == "PROPOSAL_OUTDATED"));
    assert_eq!((answers.iter().filter(|answer| answer.is_ok()).count(), read(&town, &offered).await.load), (2, 2));
    town.verify().await;
}
