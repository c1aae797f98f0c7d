//! A placement, and the rules it is judged by.

use super::{EnrolmentId, PlacementId, Student};
use chrono::{Months, NaiveDate};
use kit::rules::{Judgement, RulePack, Waiver};
use kit::{Error, Money};
use serde_json::json;

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "what a placement states, each on its own")]
pub struct Placement {
    pub id: PlacementId,
    pub enrolment: EnrolmentId,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub post: String,
    pub venue: String,
    pub agreement_signed: bool,
    pub insured: bool,
    pub guardian_consent: bool,
    pub monthly_pay: Money,
    pub post_wage: Money,
    pub through_agent: bool,
    pub labour_grade: i32,
}

/// Judges a placement by the rules in force on its first day, for the type of the student's school. The
/// judgement is kept with it; a hard rule broken, or a soft one without a reason, refuses.
pub fn judge(pack: &RulePack, placement: &Placement, student: &Student, waivers: &[Waiver]) -> Result<Judgement, Error> {
    let eighteen_on = student.sixteen_on.checked_add_months(Months::new(24)).unwrap_or(NaiveDate::MAX);
    // A school year begins on 1 September.
    let second_year = NaiveDate::from_ymd_opt(student.entry_year + 1, 9, 1).unwrap_or(NaiveDate::MAX);
    let facts = json!({
        "sixteen": placement.start >= student.sixteen_on,
        "minor": placement.start < eighteen_on,
        "guardian_consent": placement.guardian_consent,
        "first_year": placement.start < second_year,
        "venue": placement.venue,
        "through_agent": placement.through_agent,
        "labour_grade": placement.labour_grade,
        "agreement_signed": placement.agreement_signed,
        "insured": placement.insured,
        "pay_fen": placement.monthly_pay.as_fen(),
        "post_wage_fen": placement.post_wage.as_fen(),
    });
    let judgement = pack.judge(&facts, placement.start, &student.school_type, waivers)?;
    judgement.refusal().map_or(Ok(judgement), Err)
}
