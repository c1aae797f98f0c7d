//! The tables of mentoring: one function per statement.

pub mod absence;
pub mod admission;
pub mod conflict;
pub mod directory;
pub mod evaluation;
pub mod guidance;
pub mod guidance_month;
pub mod history;
pub mod mentor;
pub mod objection;
pub mod pairing;
pub mod project;
pub mod proposal;
pub mod ranking;
pub mod rematch;
pub mod report;
pub mod round;
pub mod run;
pub mod student;
pub mod term;
pub mod timetable;
pub mod weights;

use kit::Error;
use kit::db::{Sql, Tx, args, statements};
use kit::verify::Check;

pub fn statements() -> Vec<Sql> {
    [
        absence::STATEMENTS,
        admission::STATEMENTS,
        conflict::STATEMENTS,
        directory::STATEMENTS,
        evaluation::STATEMENTS,
        guidance::STATEMENTS,
        guidance_month::STATEMENTS,
        history::STATEMENTS,
        mentor::STATEMENTS,
        objection::STATEMENTS,
        pairing::STATEMENTS,
        project::STATEMENTS,
        proposal::STATEMENTS,
        ranking::STATEMENTS,
        rematch::STATEMENTS,
        report::STATEMENTS,
        round::STATEMENTS,
        run::STATEMENTS,
        student::STATEMENTS,
        term::STATEMENTS,
        timetable::STATEMENTS,
        weights::STATEMENTS,
        STATEMENTS,
    ]
    .concat()
}

/// Takes the turn, and holds it to the end of the transaction: whoever frees a place or makes a vacancy does so
/// one after the other. Two at once would each look round before the other is seen, and a student would wait
/// beside a free mentor.
pub async fn take_turn(tx: &mut Tx) -> Result<(), Error> {
    tx.change(TAKE_TURN, args![], "mentoring").await
}

/// What `talentflow verify` proves about this service.
pub const CHECKS: &[Check] = &[
    Check {
        name: "mentoring-load",
        en: "every mentor's load is the number of live pairings, and of those a round being published is about to make, and within the places there are",
        zh: "导师在带人数等于其有效结对数与发布中轮次待结对数之和，且不超过名额",
        broken: WRONG_LOADS,
    },
    Check {
        name: "mentoring-two-mentors",
        en: "every student in class who was in a published round has one live or vacant pairing on each side, and nobody else has any",
        zh: "已发布轮次中的在班学生两侧各有且仅有一个有效或空缺结对，其他人没有",
        broken: WRONG_PAIRINGS,
    },
    Check {
        name: "mentoring-closed",
        en: "nobody is paired with a mentor who has left",
        zh: "没有与已离任导师的有效结对",
        broken: CLOSED_MENTORS,
    },
    Check {
        name: "mentoring-no-idle-mentor",
        en: "no student waits while an eligible mentor is free",
        zh: "没有在合格导师空闲时仍空缺的学生",
        broken: IDLE_MENTORS,
    },
    Check {
        name: "mentoring-confirmed",
        en: "every confirmed month is the sum of its guidance records",
        zh: "每个已确认月份与其指导记录之和一致",
        broken: WRONG_MONTHS,
    },
    Check {
        name: "mentoring-final",
        en: "no round is final while an objection to it is open",
        zh: "已办结轮次没有未决异议",
        broken: OPEN_OBJECTIONS,
    },
    Check {
        name: "mentoring-rounds",
        en: "every published round has made the pairings it counts",
        zh: "已发布轮次的结对数与其统计一致",
        broken: WRONG_ROUNDS,
    },
    Check {
        name: "mentoring-published-whole",
        en: "every published round is complete: nobody is left in it, and each side of its dry run is a pairing",
        zh: "已发布轮次完整：无遗留学生，试算的每一侧均已结对或空缺",
        broken: HALF_ROUNDS,
    },
    Check {
        name: "mentoring-terms",
        en: "no two terms have a day in common, and no mentor has more places than the term and the capacity give",
        zh: "学期互不重叠，导师名额不超过其学期名额和总名额",
        broken: term::WRONG_TERMS,
    },
    Check {
        name: "mentoring-evaluations",
        en: "evaluations are of pairings with a mentor, and sealed exactly where both sides have evaluated",
        zh: "互评均属有导师的结对，且仅在双方都已评价时封存",
        broken: evaluation::WRONG_SEALS,
    },
    Check {
        name: "mentoring-projects",
        en: "every project's load is the number of live pairings on it, of its own mentor, and within its places",
        zh: "课题在带人数等于其有效结对数，均属其导师，且不超过名额",
        broken: project::WRONG_PROJECTS,
    },
    Check {
        name: "mentoring-quotas",
        en: "no organisation's mentors guide more students of a round than its quota",
        zh: "各单位导师在每一轮次指导的学生数不超过其限额",
        broken: admission::OVER_QUOTA,
    },
    Check {
        name: "mentoring-references",
        en: "what pairings and proposals name is there: student, round or dry run, mentor",
        zh: "结对与试算结果所引用的学生、轮次或试算、导师均存在",
        broken: LOST_REFERENCES,
    },
];

statements! {
    TAKE_TURN = "UPDATE mentoring_turn SET changes = changes + 1 WHERE turn_id = 1";
    /// The places of a round that is being published are taken before its pairings are made.
    WRONG_LOADS = "SELECT CAST(m.mentor_id AS TEXT) || ' load ' || CAST(m.load AS TEXT) || ' of ' || CAST(m.places AS TEXT) || ', live pairings ' || CAST(count(p.pairing_id) AS TEXT) || ', to be made ' || CAST(coalesce(max(k.kept), 0) AS TEXT) FROM mentoring_mentor m LEFT JOIN mentoring_pairing p ON p.mentor_id = m.mentor_id AND p.state = 'active' LEFT JOIN (SELECT q.mentor_id, count(*) AS kept FROM mentoring_round r JOIN mentoring_student s ON s.open_round_id = r.round_id JOIN mentoring_proposal q ON q.run_id = r.run_id AND q.enrolment_id = s.enrolment_id WHERE r.state = 'publishing' AND q.mentor_id IS NOT NULL GROUP BY q.mentor_id) k ON k.mentor_id = m.mentor_id GROUP BY m.mentor_id, m.load, m.places HAVING m.load <> count(p.pairing_id) + coalesce(max(k.kept), 0) OR m.load > m.places LIMIT 100";
    WRONG_PAIRINGS = "SELECT CAST(s.enrolment_id AS TEXT) || ' ' || s.state || ' academic ' || CAST(count(p.pairing_id) FILTER (WHERE p.side = 'academic') AS TEXT) || ' enterprise ' || CAST(count(p.pairing_id) FILTER (WHERE p.side = 'enterprise') AS TEXT) FROM mentoring_student s LEFT JOIN mentoring_pairing p ON p.enrolment_id = s.enrolment_id AND p.state <> 'ended' GROUP BY s.enrolment_id, s.state, s.round_id HAVING count(p.pairing_id) FILTER (WHERE p.side = 'academic') <> CASE WHEN s.state = 'enrolled' AND s.round_id IS NOT NULL THEN 1 ELSE 0 END OR count(p.pairing_id) FILTER (WHERE p.side = 'enterprise') <> CASE WHEN s.state = 'enrolled' AND s.round_id IS NOT NULL THEN 1 ELSE 0 END LIMIT 100";
    CLOSED_MENTORS = "SELECT CAST(p.pairing_id AS TEXT) FROM mentoring_pairing p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.state = 'active' AND m.state <> 'active' LIMIT 100";
    /// Free is who may be paired with the student: within the quota of the organisation, no conflict, no exclusion in their round, and a match for the mentor
    /// of the other side.
    IDLE_MENTORS = "SELECT CAST(p.pairing_id AS TEXT) || ' could have ' || CAST(m.mentor_id AS TEXT) FROM mentoring_pairing p JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_mentor m ON m.side = p.side AND m.state = 'active' AND m.available = TRUE AND m.load < m.places AND m.person_id <> p.person_id AND ((p.side = 'academic' AND m.organisation_id = p.school_id) OR (p.side = 'enterprise' AND (m.organisation_id = p.enterprise_id OR (s.chain <> '' AND m.chain = s.chain)))) JOIN mentoring_round r ON r.round_id = p.round_id WHERE p.state = 'vacant' AND p.rematch_id IS NULL AND NOT EXISTS (SELECT 1 FROM mentoring_admission a WHERE a.round_id = p.round_id AND a.organisation_id = m.organisation_id AND a.quota <= (SELECT count(*) FROM mentoring_pairing g WHERE g.round_id = p.round_id AND g.mentor_organisation_id = m.organisation_id AND g.state = 'active') + (SELECT count(*) FROM mentoring_student w JOIN mentoring_proposal q ON q.run_id = r.run_id AND q.enrolment_id = w.enrolment_id JOIN mentoring_mentor k ON k.mentor_id = q.mentor_id AND k.organisation_id = m.organisation_id WHERE r.state = 'publishing' AND w.open_round_id = r.round_id)) AND NOT EXISTS (SELECT 1 FROM mentoring_conflict c WHERE c.mentor_id = m.mentor_id AND c.person_id = p.person_id AND c.withdrawn_at IS NULL) AND NOT EXISTS (SELECT 1 FROM mentoring_ranking k WHERE k.round_id = p.round_id AND ((k.author_id = p.enrolment_id AND k.excluded LIKE '%' || CAST(m.mentor_id AS TEXT) || '%') OR (k.author_id = m.mentor_id AND k.excluded LIKE '%' || CAST(p.enrolment_id AS TEXT) || '%'))) AND NOT EXISTS (SELECT 1 FROM mentoring_pairing o JOIN mentoring_mentor n ON n.mentor_id = o.mentor_id WHERE o.enrolment_id = p.enrolment_id AND o.side <> p.side AND o.state = 'active' AND ((r.same_place = TRUE AND m.place <> '' AND n.place <> '' AND m.place <> n.place) OR EXISTS (SELECT 1 FROM mentoring_conflict v WHERE v.withdrawn_at IS NULL AND ((v.mentor_id = m.mentor_id AND v.other_mentor_id = n.mentor_id) OR (v.mentor_id = n.mentor_id AND v.other_mentor_id = m.mentor_id))))) LIMIT 100";
    /// A month is told from another by the first seven characters of a day, on both engines.
    WRONG_MONTHS = "SELECT CAST(c.guidance_month_id AS TEXT) || ' says ' || CAST(c.minutes AS TEXT) || ' minutes, its records ' || CAST(coalesce(sum(g.minutes), 0) AS TEXT) FROM mentoring_guidance_month c LEFT JOIN mentoring_guidance_record g ON g.pairing_id = c.pairing_id AND g.withdrawn_at IS NULL AND substr(CAST(g.held_on AS TEXT), 1, 7) = substr(CAST(c.first_day AS TEXT), 1, 7) GROUP BY c.guidance_month_id, c.records, c.minutes HAVING c.minutes <> coalesce(sum(g.minutes), 0) OR c.records <> count(g.guidance_record_id) LIMIT 100";
    OPEN_OBJECTIONS = "SELECT CAST(o.objection_id AS TEXT) FROM mentoring_objection o JOIN mentoring_round r ON r.round_id = o.round_id WHERE o.state = 'open' AND r.state = 'final' LIMIT 100";
    /// What a round counts as matched was matched then: pairings that came to be vacant only later had a mentor before.
    WRONG_ROUNDS = "SELECT CAST(r.round_id AS TEXT) || ' counts ' || CAST(r.students AS TEXT) || ' students, paired ' || CAST(count(DISTINCT p.enrolment_id) AS TEXT) FROM mentoring_round r LEFT JOIN mentoring_pairing p ON p.round_id = r.round_id WHERE r.state IN ('published', 'final') GROUP BY r.round_id, r.students HAVING r.students <> count(DISTINCT p.enrolment_id) LIMIT 100";
    HALF_ROUNDS = "SELECT CAST(r.round_id AS TEXT) || ' still holds ' || CAST(s.enrolment_id AS TEXT) FROM mentoring_round r JOIN mentoring_student s ON s.open_round_id = r.round_id WHERE r.state IN ('published', 'final') UNION ALL SELECT CAST(w.round_id AS TEXT) || ' made ' || CAST(coalesce(m.made, 0) AS TEXT) || ' of ' || CAST(w.wanted AS TEXT) || ' pairings' FROM (SELECT r.round_id, count(*) AS wanted FROM mentoring_round r JOIN mentoring_proposal q ON q.run_id = r.run_id WHERE r.state IN ('published', 'final') GROUP BY r.round_id) w LEFT JOIN (SELECT d.round_id, count(*) AS made FROM (SELECT DISTINCT round_id, enrolment_id, side FROM mentoring_pairing) d GROUP BY d.round_id) m ON m.round_id = w.round_id WHERE coalesce(m.made, 0) <> w.wanted LIMIT 100";
    /// Foreign keys guard this on SQLite; on PostgreSQL they cost a city's round half its time.
    LOST_REFERENCES = "SELECT CAST(p.pairing_id AS TEXT) || ' names what is not there' FROM mentoring_pairing p LEFT JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id LEFT JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE s.enrolment_id IS NULL OR r.round_id IS NULL OR (m.mentor_id IS NULL AND p.mentor_id IS NOT NULL) UNION ALL SELECT CAST(q.proposal_id AS TEXT) || ' names what is not there' FROM mentoring_proposal q LEFT JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id LEFT JOIN mentoring_run r ON r.run_id = q.run_id LEFT JOIN mentoring_mentor m ON m.mentor_id = q.mentor_id WHERE s.enrolment_id IS NULL OR r.run_id IS NULL OR (m.mentor_id IS NULL AND q.mentor_id IS NOT NULL) LIMIT 100";
}
