//! Students and mentors say whom they would rather have, and whom they would not.

use super::create_round::take_in;
use crate::domain::{
    Absent, Choice, EnrolmentId, Mentor, MentorId, Order, OrganisationId, Project, ProjectId, Ranking, Refusal, Round, RoundId,
    Student, eligible,
};
use crate::store::ranking::{self, Stored};
use crate::store::{mentor, project, round, student};
use kit::{Error, Scope, Tx};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
pub struct SetRankings {
    pub round: RoundId,
    pub rankings: Vec<Ranking>,
}

/// The rankings, in the order of the command.
#[derive(Debug)]
pub struct Ranked(pub Vec<Stored>);

/// Who can be ranked in a round: its students, and the mentors who were named so far.
struct Field {
    students: BTreeMap<EnrolmentId, Student>,
    mentors: BTreeMap<MentorId, Option<Mentor>>,
    projects: BTreeMap<ProjectId, Option<Project>>,
}

pub async fn set_rankings(tx: &mut Tx, scope: &Scope, command: SetRankings) -> Result<Ranked, Error> {
    let round = round::by_id(tx, command.round).await?.ok_or_else(|| Error::not_found(command.round))?.round;
    round.takes_rankings()?;
    // Held, so that none comes in behind the closing.
    round::hold(tx, &round, scope.now()).await?;
    let students = students(tx, &round, &command.rankings).await?;
    let mut field = Field { students, mentors: BTreeMap::new(), projects: BTreeMap::new() };
    let mut stored = Vec::with_capacity(command.rankings.len());
    for (at, ranking) in command.rankings.into_iter().enumerate() {
        let organisation = check(tx, scope, &mut field, &ranking).await;
        let organisation = organisation.map_err(|error| error.within(&format!("rankings[{at}]")))?;
        let row = Stored { id: scope.id(), ranking, updated_at: scope.now() };
        ranking::put(tx, round.id, organisation, &row).await?;
        stored.push(row);
    }
    Ok(Ranked(stored))
}

/// Those students of the rankings who are in the round; who waits since it was opened is taken in.
async fn students(tx: &mut Tx, round: &Round, rankings: &[Ranking]) -> Result<BTreeMap<EnrolmentId, Student>, Error> {
    let named: BTreeSet<EnrolmentId> = rankings.iter().flat_map(students_of).collect();
    let mut found = student::in_round_by_ids(tx, round, named.iter().copied()).await?;
    if found.len() < named.len() {
        take_in(tx, round).await?;
        found = student::in_round_by_ids(tx, round, named).await?;
    }
    Ok(found.into_iter().map(|student| (student.enrolment, student)).collect())
}

fn students_of(ranking: &Ranking) -> Vec<EnrolmentId> {
    match ranking {
        Ranking::OfStudent(author, _) => vec![*author],
        Ranking::OfMentor(_, order) => [order.ranked.as_slice(), &order.excluded].concat(),
    }
}

/// Whether the author may be spoken for by the caller, and can be paired with everybody named. Answers who speaks for
/// the author.
async fn check(tx: &mut Tx, scope: &Scope, field: &mut Field, ranking: &Ranking) -> Result<OrganisationId, Error> {
    match ranking {
        Ranking::OfStudent(author, order) => {
            let student = field.student(*author).map_err(|error| error.on("author"))?.clone();
            scope.own(student.school, author).map_err(|error| error.on("author"))?;
            for (on, named) in named(order) {
                let of = field.mentor_of(tx, named).await.map_err(|error| error.on(&on))?;
                // Whose project is wanted is not excluded.
                if matches!(named, Choice::Project(_)) && order.excluded.contains(&Choice::Mentor(of)) {
                    return Err(Error::from(Refusal::NamedTwice { who: of.to_string() }).on(&on));
                }
                let mentor = field.mentor(tx, of).await.map_err(|error| error.on(&on))?;
                pairable(&student, mentor, &named).map_err(|error| error.on(&on))?;
            }
            Ok(student.school)
        }
        Ranking::OfMentor(author, order) => {
            let mentor = field.mentor(tx, *author).await.map_err(|error| error.on("author"))?.clone();
            scope.own(mentor.profile.organisation, author).map_err(|error| error.on("author"))?;
            for (on, named) in named(order) {
                let student = field.student(named).map_err(|error| error.on(&on))?;
                pairable(student, &mentor, &named).map_err(|error| error.on(&on))?;
            }
            Ok(mentor.profile.organisation)
        }
    }
}

/// Everybody an order names, with the field that names them.
fn named<T: Copy>(order: &Order<T>) -> Vec<(String, T)> {
    let of = |field: &str, ids: &[T]| -> Vec<(String, T)> {
        ids.iter().enumerate().map(|(at, id)| (format!("{field}[{at}]"), *id)).collect()
    };
    [of("ranked", &order.ranked), of("excluded", &order.excluded)].concat()
}

fn pairable(student: &Student, mentor: &Mentor, who: &impl ToString) -> Result<(), Error> {
    if eligible(student, mentor) {
        Ok(())
    } else {
        Err(Refusal::NotInRound { who: who.to_string(), why: Absent::NotEligible }.into())
    }
}

impl Field {
    fn student(&self, id: EnrolmentId) -> Result<&Student, Error> {
        let absent = || Refusal::NotInRound { who: id.to_string(), why: Absent::DoesNotWait }.into();
        self.students.get(&id).ok_or_else(absent)
    }

    /// The mentor who is meant, or whose project is.
    async fn mentor_of(&mut self, tx: &mut Tx, choice: Choice) -> Result<MentorId, Error> {
        let id = match choice {
            Choice::Mentor(mentor) => return Ok(mentor),
            Choice::Project(project) => project,
        };
        let known = match self.projects.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(project::by_id(tx, id).await?.map(|stored| stored.project)),
        };
        let absent = || Refusal::NotInRound { who: id.to_string(), why: Absent::NoProject }.into();
        known.as_ref().filter(|project| project.is_open()).map(|project| project.mentor).ok_or_else(absent)
    }

    async fn mentor(&mut self, tx: &mut Tx, id: MentorId) -> Result<&Mentor, Error> {
        let known = match self.mentors.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(mentor::by_id(tx, id).await?.map(|stored| stored.mentor)),
        };
        let absent = || Refusal::NotInRound { who: id.to_string(), why: Absent::NotActive }.into();
        known.as_ref().filter(|mentor| mentor.is_active()).ok_or_else(absent)
    }
}
