//! Placements in their table.

use crate::domain::{ClassId, EnrolmentId, OrganisationId, PersonId, Placement, PlacementId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

/// A placement with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub placement: Placement,
    /// The judgement that let it pass, as JSON.
    pub judgement: String,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "what a placement states, each on its own")]
struct Row {
    placement_id: PlacementId,
    enrolment_id: EnrolmentId,
    class_id: ClassId,
    start_date: NaiveDate,
    end_date: NaiveDate,
    post: String,
    venue: String,
    agreement_signed: bool,
    insured: bool,
    guardian_consent: bool,
    monthly_pay: Money,
    post_wage: Money,
    through_agent: bool,
    labour_grade: i64,
    judgement: String,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let placement = Placement {
            id: row.placement_id,
            enrolment: row.enrolment_id,
            start: row.start_date,
            end: row.end_date,
            post: row.post,
            venue: row.venue,
            agreement_signed: row.agreement_signed,
            insured: row.insured,
            guardian_consent: row.guardian_consent,
            monthly_pay: row.monthly_pay,
            post_wage: row.post_wage,
            through_agent: row.through_agent,
            labour_grade: i32::try_from(row.labour_grade).unwrap_or_default(),
        };
        Self { placement, judgement: row.judgement, created_at: row.created_at }
    }
}

/// Which placements a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// School or enterprise of the class.
    pub organisation: Option<OrganisationId>,
    pub class: Option<ClassId>,
    pub enrolment: Option<EnrolmentId>,
    pub student: Option<PersonId>,
}

statements! {
    INSERT = "INSERT INTO training_placement (placement_id, enrolment_id, class_id, start_date, end_date, post, venue, agreement_signed, insured, guardian_consent, monthly_pay, post_wage, through_agent, labour_grade, judgement, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    BY_ID = "SELECT placement_id, enrolment_id, class_id, start_date, end_date, post, venue, agreement_signed, insured, guardian_consent, monthly_pay, post_wage, through_agent, labour_grade, judgement, created_at FROM training_placement WHERE placement_id = $1";
    LIST = "SELECT p.placement_id, p.enrolment_id, p.class_id, p.start_date, p.end_date, p.post, p.venue, p.agreement_signed, p.insured, p.guardian_consent, p.monthly_pay, p.post_wage, p.through_agent, p.labour_grade, p.judgement, p.created_at FROM training_placement p JOIN training_class c ON c.class_id = p.class_id JOIN training_enrolment e ON e.enrolment_id = p.enrolment_id WHERE p.placement_id > $1 AND (c.school_id = $3 OR c.enterprise_id = $3 OR $3 IS NULL) AND (p.class_id = $4 OR $4 IS NULL) AND (p.enrolment_id = $5 OR $5 IS NULL) AND (e.student_id = $6 OR $6 IS NULL) ORDER BY p.placement_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, class: ClassId, stored: &Stored) -> Result<(), Error> {
    let placement = &stored.placement;
    let row = args![
        placement.id,
        placement.enrolment,
        class,
        placement.start,
        placement.end,
        placement.post.as_str(),
        placement.venue.as_str(),
        placement.agreement_signed,
        placement.insured,
        placement.guardian_consent,
        placement.monthly_pay,
        placement.post_wage,
        placement.through_agent,
        placement.labour_grade,
        stored.judgement.as_str(),
        stored.created_at,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// A placement, and the class whose sides may see it.
pub async fn by_id(tx: &mut Tx, id: PlacementId) -> Result<Option<(Stored, ClassId)>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(|row| {
        let class = row.class_id;
        (row.into(), class)
    }))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.organisation, filter.class, filter.enrolment, filter.student];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}
