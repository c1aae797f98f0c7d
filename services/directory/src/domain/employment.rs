//! Employments, derived from the set of what HR systems said.
//!
//! HR systems send late, twice and out of order: a leave may arrive before its hire. So a fact is only ever
//! added to the set, and the employments are computed from the whole set anew; what changed is told.

use super::EmploymentId;
use chrono::NaiveDate;

kit::words! {
    /// What an HR fact says. The order matters: hired and left on one day is a day's employment.
    pub enum HrKind { Hired = "hired", Left = "left" }
}

/// One thing an HR system said about one person at one organisation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HrFact {
    pub effective_date: NaiveDate,
    pub kind: HrKind,
    /// The post of a hire, the reason of a leave.
    pub note: String,
}

/// A stretch of employment; `end` is the last day, absent while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub start: NaiveDate,
    pub end: Option<NaiveDate>,
    pub post: String,
    pub reason: String,
}

/// An employment as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employment {
    pub id: EmploymentId,
    pub period: Period,
    pub withdrawn: bool,
}

/// Computes the employments of one person at one organisation. A hire during an employment and a leave
/// outside one say nothing new, until a fact arrives that gives them meaning.
pub fn derive(facts: &[HrFact]) -> Vec<Period> {
    let mut sorted: Vec<&HrFact> = facts.iter().collect();
    sorted.sort();
    let mut periods: Vec<Period> = Vec::new();
    for fact in sorted {
        let open = periods.last_mut().filter(|period| period.end.is_none());
        match (fact.kind, open) {
            (HrKind::Hired, None) => {
                // Hired on the very day the last one ended: the same employment goes on from the next fact's
                // point of view, but a second period with the same start cannot exist.
                if periods.last().is_none_or(|last| last.start < fact.effective_date) {
                    periods.push(Period {
                        start: fact.effective_date,
                        end: None,
                        post: fact.note.clone(),
                        reason: String::new(),
                    });
                }
            }
            (HrKind::Left, Some(period)) => {
                period.end = Some(fact.effective_date);
                period.reason.clone_from(&fact.note);
            }
            (HrKind::Hired, Some(_)) | (HrKind::Left, None) => {}
        }
    }
    periods
}

/// What has to be told, and kept, so that what is known becomes what is derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Start(Period),
    End(EmploymentId, Period),
    Correct(EmploymentId, Period),
    Withdraw(EmploymentId, Period),
}

/// Compares what is known with what is derived. A period is recognised by its first day.
pub fn reconcile(known: &[Employment], derived: &[Period]) -> Vec<Step> {
    let mut steps = Vec::new();
    for employment in known.iter().filter(|employment| !employment.withdrawn) {
        if !derived.iter().any(|period| period.start == employment.period.start) {
            steps.push(Step::Withdraw(employment.id, employment.period.clone()));
        }
    }
    for period in derived {
        match known.iter().find(|employment| employment.period.start == period.start) {
            None => steps.push(Step::Start(period.clone())),
            Some(was) if was.withdrawn => steps.push(Step::Correct(was.id, period.clone())),
            Some(was) if was.period.end == period.end => {}
            Some(was) if was.period.end.is_none() => steps.push(Step::End(was.id, period.clone())),
            Some(was) => steps.push(Step::Correct(was.id, period.clone())),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;
    use proptest::prelude::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(n)
    }

    fn fact(kind: HrKind, n: u64) -> HrFact {
        HrFact { effective_date: day(n), kind, note: String::new() }
    }

    #[test]
    fn a_leave_that_arrives_before_its_hire_ends_the_employment_all_the_same() {
        let periods = derive(&[fact(HrKind::Left, 90), fact(HrKind::Hired, 1)]);
        assert_eq!(periods.len(), 1);
        assert_eq!((periods[0].start, periods[0].end), (day(1), Some(day(90))));
    }

    #[test]
    fn an_earlier_hire_replaces_the_later_start() {
        let known =
            [Employment { id: EmploymentId::unset(), period: derive(&[fact(HrKind::Hired, 5)])[0].clone(), withdrawn: false }];
        let derived = derive(&[fact(HrKind::Hired, 5), fact(HrKind::Hired, 2)]);
        let steps = reconcile(&known, &derived);
        assert!(matches!(&steps[..], [Step::Withdraw(..), Step::Start(period)] if period.start == day(2)), "{steps:?}");
    }

    /// Applies the steps as the store would.
    fn apply(known: &mut Vec<Employment>, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Start(period) => {
                    known.push(Employment { id: EmploymentId::from_uuid(uuid_of(known.len())), period, withdrawn: false });
                }
                Step::End(id, period) | Step::Correct(id, period) => {
                    let row = known.iter_mut().find(|row| row.id == id).unwrap();
                    (row.period, row.withdrawn) = (period, false);
                }
                Step::Withdraw(id, _) => {
                    known.iter_mut().find(|row| row.id == id).unwrap().withdrawn = true;
                }
            }
        }
    }

    fn uuid_of(n: usize) -> uuid::Uuid {
        uuid::Uuid::from_u128(n as u128 + 1)
    }

    fn live(known: &[Employment]) -> Vec<(NaiveDate, Option<NaiveDate>)> {
        let mut rows: Vec<_> = known.iter().filter(|row| !row.withdrawn).map(|row| (row.period.start, row.period.end)).collect();
        rows.sort();
        rows
    }

    proptest! {
        #[test]
        fn any_order_of_arrival_with_repeats_gives_the_same_employments(
            facts in prop::collection::vec((any::<bool>(), 0u64..60), 0..10),
            shuffle in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let facts: Vec<_> = facts.into_iter().map(|(hired, n)| fact(if hired { HrKind::Hired } else { HrKind::Left }, n)).collect();
            let (mut known, mut seen) = (Vec::new(), Vec::new());
            let order = shuffle.iter().filter(|_| !facts.is_empty()).map(|index| index.index(facts.len())).chain(0..facts.len());
            for at in order {
                // A repeat is dropped by its key before it gets here.
                if !seen.contains(&at) {
                    seen.push(at);
                    let so_far: Vec<_> = seen.iter().map(|at| facts[*at].clone()).collect();
                    let steps = reconcile(&known, &derive(&so_far));
                    apply(&mut known, steps);
                }
            }
            let at_once: Vec<_> = derive(&facts).into_iter().map(|period| (period.start, period.end)).collect();
            prop_assert_eq!(live(&known), at_once);
        }
    }
}
