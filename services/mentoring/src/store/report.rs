//! Load, coverage and hours, summed by the database.

use crate::domain::{Days, Grouping, MentorId, Month, OrganisationId, PairingId, PersonId, Side};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// What is asked: lines by what, and of whom; `None` for all.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub grouping: Grouping,
    pub organisation: Option<OrganisationId>,
}

/// Mentors of one side in one group.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Load {
    /// The id of an organisation, or the code of a chain.
    pub grouped_by: String,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub mentors: i64,
    pub suspended: i64,
    pub full_up: i64,
    pub idle: i64,
    pub places: i64,
    pub load: i64,
    pub year_minutes: i64,
}

/// Students in class of one group, by the mentors they have now.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Students {
    pub grouped_by: String,
    pub students: i64,
    pub with_both: i64,
    pub with_one: i64,
    pub with_none: i64,
}

/// Students of one group who had a mentor in a month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Mentored {
    pub grouped_by: String,
    pub mentored: i64,
    pub unguided: i64,
}

/// Pairings of one group with the same guidance in a month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Guided {
    pub grouped_by: String,
    pub records: i64,
    /// Of each.
    pub minutes: i64,
    pub pairings: i64,
    /// Minutes of all of them together that are confirmed.
    pub confirmed: i64,
}

/// A pairing's guidance in a month.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OfPairing {
    pub pairing_id: PairingId,
    pub person_id: PersonId,
    pub mentor_id: MentorId,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub records: i64,
    pub minutes: i64,
}

/// A mentor's guidance in a year.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Hours {
    pub mentor_id: MentorId,
    pub person_id: PersonId,
    pub organisation_id: OrganisationId,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub minutes: i64,
    pub confirmed: i64,
}

statements! {
    /// Academic mentors are a school's, enterprise mentors an enterprise's; by chain and in the city both are counted.
    LOAD = "SELECT CASE CAST($1 AS TEXT) WHEN 'chain' THEN m.chain WHEN 'city' THEN '' ELSE CAST(m.organisation_id AS TEXT) END AS grouped_by, m.side, CAST(count(*) AS BIGINT) AS mentors, CAST(count(*) FILTER (WHERE m.state = 'suspended') AS BIGINT) AS suspended, CAST(count(*) FILTER (WHERE m.state = 'active' AND m.load >= m.places) AS BIGINT) AS full_up, CAST(count(*) FILTER (WHERE m.load = 0) AS BIGINT) AS idle, CAST(sum(m.places) AS BIGINT) AS places, CAST(sum(m.load) AS BIGINT) AS load, CAST(coalesce(sum(h.minutes), 0) AS BIGINT) AS year_minutes FROM mentoring_mentor m LEFT JOIN (SELECT mentor_id, sum(minutes) AS minutes FROM mentoring_guidance_record WHERE held_on >= $3 AND held_on < $4 AND withdrawn_at IS NULL GROUP BY mentor_id) AS h ON h.mentor_id = m.mentor_id WHERE m.state <> 'closed' AND (m.organisation_id = $2 OR $2 IS NULL) AND CASE CAST($1 AS TEXT) WHEN 'school' THEN m.side = 'academic' WHEN 'enterprise' THEN m.side = 'enterprise' ELSE TRUE END GROUP BY 1, 2 ORDER BY 1, 2";
    STUDENTS = "SELECT grouped_by, CAST(count(*) AS BIGINT) AS students, CAST(count(*) FILTER (WHERE live = 2) AS BIGINT) AS with_both, CAST(count(*) FILTER (WHERE live = 1) AS BIGINT) AS with_one, CAST(count(*) FILTER (WHERE live = 0) AS BIGINT) AS with_none FROM (SELECT CASE CAST($1 AS TEXT) WHEN 'school' THEN CAST(s.school_id AS TEXT) WHEN 'enterprise' THEN CAST(s.enterprise_id AS TEXT) WHEN 'chain' THEN s.chain ELSE '' END AS grouped_by, s.enrolment_id, count(p.pairing_id) AS live FROM mentoring_student s LEFT JOIN mentoring_pairing p ON p.enrolment_id = s.enrolment_id AND p.state = 'active' WHERE s.state = 'enrolled' AND (s.school_id = $2 OR s.enterprise_id = $2 OR $2 IS NULL) GROUP BY 1, 2) AS covered GROUP BY grouped_by ORDER BY grouped_by";
    MENTORED = "SELECT grouped_by, CAST(count(*) AS BIGINT) AS mentored, CAST(count(*) FILTER (WHERE records = 0) AS BIGINT) AS unguided FROM (SELECT CASE CAST($1 AS TEXT) WHEN 'school' THEN CAST(s.school_id AS TEXT) WHEN 'enterprise' THEN CAST(s.enterprise_id AS TEXT) WHEN 'chain' THEN s.chain ELSE '' END AS grouped_by, s.enrolment_id, count(g.guidance_record_id) AS records FROM mentoring_pairing p JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id LEFT JOIN mentoring_guidance_record g ON g.pairing_id = p.pairing_id AND g.held_on >= $3 AND g.held_on < $4 AND g.withdrawn_at IS NULL WHERE p.mentor_id IS NOT NULL AND p.start_date < $4 AND (p.end_date IS NULL OR (p.end_date >= $3 AND p.end_date >= p.start_date)) AND (s.school_id = $2 OR s.enterprise_id = $2 OR $2 IS NULL) GROUP BY 1, 2) AS guided GROUP BY grouped_by";
    /// How many pairings had as many records and minutes in the month: few rows, each of which the rules judge once.
    GUIDED = "SELECT grouped_by, records, minutes, CAST(count(*) AS BIGINT) AS pairings, CAST(sum(confirmed) AS BIGINT) AS confirmed FROM (SELECT CASE CAST($1 AS TEXT) WHEN 'school' THEN CAST(s.school_id AS TEXT) WHEN 'enterprise' THEN CAST(s.enterprise_id AS TEXT) WHEN 'chain' THEN s.chain ELSE '' END AS grouped_by, p.pairing_id, CAST(count(g.guidance_record_id) AS BIGINT) AS records, CAST(coalesce(sum(g.minutes), 0) AS BIGINT) AS minutes, max(coalesce(c.minutes, 0)) AS confirmed FROM mentoring_pairing p JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id LEFT JOIN mentoring_guidance_month c ON c.pairing_id = p.pairing_id AND c.first_day = $3 LEFT JOIN mentoring_guidance_record g ON g.pairing_id = p.pairing_id AND g.held_on >= $3 AND g.held_on < $4 AND g.withdrawn_at IS NULL WHERE p.mentor_id IS NOT NULL AND p.start_date < $4 AND (p.end_date IS NULL OR (p.end_date >= $3 AND p.end_date >= p.start_date)) AND (s.school_id = $2 OR s.enterprise_id = $2 OR $2 IS NULL) GROUP BY 1, 2) AS guided GROUP BY grouped_by, records, minutes ORDER BY grouped_by, records, minutes";
    OF_PAIRINGS = "SELECT p.pairing_id, p.person_id, p.mentor_id, p.side, CAST(count(g.guidance_record_id) AS BIGINT) AS records, CAST(coalesce(sum(g.minutes), 0) AS BIGINT) AS minutes FROM mentoring_pairing p LEFT JOIN mentoring_guidance_record g ON g.pairing_id = p.pairing_id AND g.held_on >= $3 AND g.held_on < $4 AND g.withdrawn_at IS NULL WHERE p.pairing_id > $1 AND p.mentor_id IS NOT NULL AND p.start_date < $4 AND (p.end_date IS NULL OR (p.end_date >= $3 AND p.end_date >= p.start_date)) AND (p.school_id = $5 OR p.enterprise_id = $5 OR p.mentor_organisation_id = $5 OR $5 IS NULL) GROUP BY p.pairing_id, p.person_id, p.mentor_id, p.side ORDER BY p.pairing_id LIMIT $2";
    HOURS = "SELECT m.mentor_id, m.person_id, m.organisation_id, m.side, (SELECT CAST(coalesce(sum(g.minutes), 0) AS BIGINT) FROM mentoring_guidance_record g WHERE g.mentor_id = m.mentor_id AND g.held_on >= $3 AND g.held_on < $4 AND g.withdrawn_at IS NULL) AS minutes, (SELECT CAST(coalesce(sum(c.minutes), 0) AS BIGINT) FROM mentoring_guidance_month c WHERE c.mentor_id = m.mentor_id AND c.first_day >= $3 AND c.first_day < $4) AS confirmed FROM mentoring_mentor m WHERE m.mentor_id > $1 AND (m.organisation_id = $5 OR $5 IS NULL) AND (m.state <> 'closed' OR EXISTS (SELECT 1 FROM mentoring_guidance_record g WHERE g.mentor_id = m.mentor_id AND g.held_on >= $3 AND g.held_on < $4 AND g.withdrawn_at IS NULL)) ORDER BY m.mentor_id LIMIT $2";
}

/// Mentors and their load, with the guidance of some days.
pub async fn load(tx: &mut Tx, asked: Asked, days: Days) -> Result<Vec<Load>, Error> {
    tx.fetch_all(LOAD, args![asked.grouping, asked.organisation, days.start, days.end]).await
}

pub async fn students(tx: &mut Tx, asked: Asked) -> Result<Vec<Students>, Error> {
    tx.fetch_all(STUDENTS, args![asked.grouping, asked.organisation]).await
}

pub async fn mentored(tx: &mut Tx, asked: Asked, month: Month) -> Result<Vec<Mentored>, Error> {
    tx.fetch_all(MENTORED, args![asked.grouping, asked.organisation, month.first(), month.end()]).await
}

pub async fn guided(tx: &mut Tx, asked: Asked, month: Month) -> Result<Vec<Guided>, Error> {
    tx.fetch_all(GUIDED, args![asked.grouping, asked.organisation, month.first(), month.end()]).await
}

/// The pairings that had a mentor in a month, whatever guidance there was.
pub async fn of_pairings(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    month: Month,
    page: Page,
) -> Result<Vec<OfPairing>, Error> {
    tx.fetch_all(OF_PAIRINGS, args![page.after, page.limit(), month.first(), month.end(), organisation]).await
}

pub async fn hours(tx: &mut Tx, organisation: Option<OrganisationId>, days: Days, page: Page) -> Result<Vec<Hours>, Error> {
    tx.fetch_all(HOURS, args![page.after, page.limit(), days.start, days.end, organisation]).await
}
