//! A matching round is opened: for a class, for several, or for everybody who waits in a school, in an enterprise's
//! classes, in a chain or in the city.

use crate::domain::{ClassId, OrganisationId, Outcome, Reach, Refusal, Round, RoundState};
use crate::store::round::{self, Stored};
use crate::store::student;
use kit::{Error, Scope, Tx};
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub struct CreateRound {
    pub reach: Reach,
    pub place: String,
    /// Whether the two mentors of a student must be of the same place, where both have one.
    pub same_place: bool,
    /// Days for objections after the day of publishing.
    pub objection_days: i64,
    /// Possible mentors a dry run looks at first, a student and side.
    pub candidates: i64,
}

pub async fn create_round(tx: &mut Tx, scope: &Scope, command: CreateRound) -> Result<Stored, Error> {
    let reach = command.reach;
    let (school, enterprise) = parties(tx, scope, &reach).await?;
    let round = Round {
        id: scope.id(),
        version: 1,
        reach,
        school,
        enterprise,
        place: command.place,
        same_place: command.same_place,
        objection_days: command.objection_days,
        candidates: command.candidates,
        state: RoundState::Open,
        outcome: Outcome::default(),
        weights: None,
        run: None,
        objections_until: None,
        cause: String::new(),
    };
    // The round first, as the students point to it.
    round::insert(tx, &round, scope.now()).await?;
    let students = take_in(tx, &round).await?;
    if students == 0 {
        return Err(Refusal::NobodyWaits { reach: round.reach }.into());
    }
    let round = Round { outcome: Outcome { students, ..Outcome::default() }, ..round };
    round::counted(tx, &round).await?;
    Ok(Stored { round, created_at: scope.now(), updated_at: scope.now() })
}

/// Takes in whoever waits within the reach of a round that takes rankings, those who came after it was opened too.
/// Answers how many are in it now.
pub(super) async fn take_in(tx: &mut Tx, round: &Round) -> Result<i64, Error> {
    let classes = classes(tx, &round.reach).await?;
    student::claim(tx, &classes, round.id).await?;
    if let Some(other) = student::claimed_by_another(tx, &classes, round.id).await? {
        return Err(Refusal::RoundOpen { reach: round.reach.clone(), round: other }.into());
    }
    if round.school.is_none() || round.enterprise.is_none() {
        round::insert_parties(tx, round.id).await?;
    }
    student::count_in_round(tx, round.id).await
}

/// The classes within the reach, as far as anybody waits there.
async fn classes(tx: &mut Tx, reach: &Reach) -> Result<Vec<ClassId>, Error> {
    match reach {
        Reach::Class(class) => Ok(vec![*class]),
        Reach::Classes(classes) => Ok(classes.iter().copied().collect()),
        Reach::School(school) => student::classes_waiting(tx, Some(*school), None, None).await,
        Reach::Enterprise(enterprise) => student::classes_waiting(tx, None, Some(*enterprise), None).await,
        Reach::Chain(chain) => student::classes_waiting(tx, None, None, Some(chain)).await,
        Reach::City => student::classes_waiting(tx, None, None, None).await,
    }
}

/// The school and the enterprise of all students within the reach, where it is one. A school opens rounds of its own
/// students, the bureau those that reach further.
async fn parties(tx: &mut Tx, scope: &Scope, reach: &Reach) -> Result<(Option<OrganisationId>, Option<OrganisationId>), Error> {
    match reach {
        Reach::Class(class) => {
            let (school, enterprise) = of_class(tx, scope, *class, "round.class").await?;
            Ok((Some(school), Some(enterprise)))
        }
        Reach::Classes(classes) => {
            let (mut schools, mut enterprises) = (BTreeSet::new(), BTreeSet::new());
            for (at, class) in classes.iter().enumerate() {
                let (school, enterprise) = of_class(tx, scope, *class, &format!("round.classes[{at}]")).await?;
                schools.insert(school);
                enterprises.insert(enterprise);
            }
            let one = |all: BTreeSet<OrganisationId>| all.first().copied().filter(|_| all.len() == 1);
            Ok((one(schools), one(enterprises)))
        }
        Reach::School(school) => {
            scope.own(school, school).map_err(|error| error.on("round.school"))?;
            Ok((Some(*school), None))
        }
        _ if !scope.principal().sees_all() => Err(Refusal::BureauOnly { reach: reach.clone() }.into()),
        Reach::Enterprise(enterprise) => Ok((None, Some(*enterprise))),
        Reach::Chain(_) | Reach::City => Ok((None, None)),
    }
}

/// The school and the enterprise of a class, which is known here by its students.
async fn of_class(tx: &mut Tx, scope: &Scope, class: ClassId, field: &str) -> Result<(OrganisationId, OrganisationId), Error> {
    let unknown = || {
        Error::not_found(class).on(field).way_out(
            "enrol students first; those enrolled just now arrive in a moment",
            "请先办理学生入班；刚入班的学生稍后即可见",
        )
    };
    let someone = student::any_of_class(tx, class).await?.ok_or_else(unknown)?;
    scope.own(someone.school, class).map_err(|_| unknown())?;
    Ok((someone.school, someone.enterprise))
}
