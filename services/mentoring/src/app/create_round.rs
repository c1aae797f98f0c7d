//! A school opens a matching round for a class.

use crate::domain::{ClassId, Outcome, Refusal, Round, RoundState};
use crate::store::round::{self, Stored};
use crate::store::student;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateRound {
    pub class: ClassId,
    pub place: String,
    /// Whether the two mentors of a student must be of the same place, where both have one.
    pub same_place: bool,
    /// Days for objections after the day of publishing.
    pub objection_days: i64,
}

pub async fn create_round(tx: &mut Tx, scope: &Scope, command: CreateRound) -> Result<Stored, Error> {
    let class = command.class;
    // A class is known here by its students.
    let unknown = || {
        Error::not_found(class).on("round.class").way_out(
            "enrol students first; those enrolled just now arrive in a moment",
            "请先办理学生入班；刚入班的学生稍后即可见",
        )
    };
    let someone = student::any_of_class(tx, class).await?.ok_or_else(unknown)?;
    scope.own(someone.school, class).map_err(|_| unknown())?;
    let students = student::count_waiting(tx, class).await?;
    if students == 0 {
        return Err(Refusal::NobodyWaits { class }.into());
    }
    let round = Round {
        id: scope.id(),
        version: 1,
        class,
        school: someone.school,
        enterprise: someone.enterprise,
        place: command.place,
        same_place: command.same_place,
        objection_days: command.objection_days,
        state: RoundState::Open,
        outcome: Outcome { students, ..Outcome::default() },
        weights: None,
        run: None,
        objections_until: None,
    };
    if !round::insert(tx, &round, scope.now()).await? {
        let open = round::open_of_class(tx, class).await?;
        // Published in this very moment: then the way is free.
        let open = open.ok_or_else(|| Error::stale(&class.to_string()))?;
        return Err(Refusal::RoundOpen { class, round: open }.into());
    }
    Ok(Stored { round, created_at: scope.now(), updated_at: scope.now() })
}
