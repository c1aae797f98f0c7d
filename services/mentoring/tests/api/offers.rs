//! Projects, quotas and priorities in a random history; see [`crate::storms`].

use crate::projects::project;
use crate::storms::{History, below};
use crate::town::*;
use kit::rng::Chance;
use proto::mentoring::v1 as pb;

/// The newest students name projects, and an organisation says how it takes students, in the newest round. Much of it is
/// refused: not everybody waits in the round, and not every project is open or of somebody they may have.
pub async fn wish(town: &Town, chance: &Chance, history: &mut History) {
    let Some(round) = history.rounds.last().cloned() else { return };
    let newest: Vec<u32> = history.enrolled.iter().rev().take(8).copied().collect();
    for student in newest.into_iter().filter(|_| !history.projects.is_empty()) {
        for _ in 0..4 {
            let wanted = history.projects[below(chance, history.projects.len())].clone();
            let ranking = pb::Ranking { author: name("enrolments", student), ranked: vec![wanted], ..Default::default() };
            if town.rank(&round, vec![ranking]).await.is_ok() {
                history.done.rankings += 1;
                break;
            }
        }
    }
    let organisation = [SCHOOL, FACTORY, MILL][below(chance, 3)].to_owned();
    let quota = (below(chance, 4) > 0).then(|| i32::try_from(below(chance, 4)).unwrap());
    let priorities = vec![name("programmes", 1), name("classes", 1 + u32::try_from(below(chance, 3)).unwrap())];
    let admission = pb::Admission { organisation, quota, priorities, ..Default::default() };
    history.done.admissions += u32::from(town.admit(&round, admission).await.is_ok());
}

pub async fn unrest(town: &Town, chance: &Chance, history: &mut History, what: u32) {
    match what {
        15 | 16 if !history.names.is_empty() => {
            // The newest mentors have the most places left. Refused for who has left, and for fewer places.
            let from = history.names.len().saturating_sub(4);
            let mentor = history.names[from + below(chance, history.names.len() - from)].clone();
            let capacity = i32::try_from(1 + below(chance, 2)).unwrap();
            for offered in town.offer(vec![project(&mentor, capacity)]).await.into_iter().flatten() {
                history.projects.push(offered.name);
                history.done.projects += 1;
            }
        }
        17 if !history.projects.is_empty() => {
            let name = history.projects[below(chance, history.projects.len())].clone();
            let close = pb::CloseProjectRequest { name: name.clone() };
            if town.bureau().close_project(close).await.is_err() {
                drop(town.bureau().reopen_project(pb::ReopenProjectRequest { name }).await);
            }
        }
        _ => {}
    }
}
