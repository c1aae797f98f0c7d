//! The tables of rotation: one function per statement.

pub mod rotation;

use kit::db::{Sql, statements};
use kit::verify::Check;

pub fn statements() -> Vec<Sql> {
    [rotation::STATEMENTS, STATEMENTS].concat()
}

/// What `talentflow verify` proves about this service.
pub const CHECKS: &[Check] = &[
    Check {
        name: "rotation-four-eyes",
        en: "nobody approved a rotation of their own asking",
        zh: "无人审批本人提出的轮岗申请",
        broken: OWN_APPROVALS,
    },
    Check {
        name: "rotation-full-time",
        en: "no person's concurrent rotations take more than full time",
        zh: "任何人同时进行的轮岗占比之和不超过全职",
        broken: ABOVE_FULL_TIME,
    },
    Check {
        name: "rotation-credit",
        en: "every ended rotation, and no other, has its days credited",
        zh: "且仅有已结束的轮岗计入实践天数",
        broken: WRONG_CREDIT,
    },
];

statements! {
    OWN_APPROVALS = "SELECT CAST(rotation_id AS TEXT) FROM rotation_rotation WHERE approved_by = applied_by LIMIT 100";
    /// The sum can only rise on a day on which something starts, so those days are all it looks at.
    ABOVE_FULL_TIME = "SELECT CAST(a.person_id AS TEXT) || ' on ' || CAST(a.start_date AS TEXT) FROM rotation_rotation a JOIN rotation_rotation b ON b.person_id = a.person_id AND b.start_date <= a.start_date AND a.start_date < COALESCE(b.ended_on, b.end_date) WHERE a.state NOT IN ('rejected', 'declined', 'withdrawn') AND b.state NOT IN ('rejected', 'declined', 'withdrawn') AND a.start_date < COALESCE(a.ended_on, a.end_date) GROUP BY a.rotation_id, a.person_id, a.start_date HAVING SUM(b.share_percent) > 100 LIMIT 100";
    WRONG_CREDIT = "SELECT CAST(rotation_id AS TEXT) || ' ' || state FROM rotation_rotation WHERE (credited_days IS NOT NULL) <> (state IN ('completed', 'ended_early')) LIMIT 100";
}
