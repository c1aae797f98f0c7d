//! The tables of training: one function per statement.

pub mod class;
pub mod enrolment;
pub mod order;
pub mod placement;
pub mod student;

use kit::db::{Sql, statements};
use kit::verify::Check;

pub fn statements() -> Vec<Sql> {
    [class::STATEMENTS, enrolment::STATEMENTS, order::STATEMENTS, placement::STATEMENTS, student::STATEMENTS, STATEMENTS].concat()
}

/// What `talentflow verify` proves about this service.
pub const CHECKS: &[Check] = &[
    Check {
        name: "training-seats",
        en: "the seats taken of every order are those of its agreed classes",
        zh: "订单已用名额等于其订单班班额之和",
        broken: SEATS,
    },
    Check {
        name: "training-enrolled",
        en: "every class counts exactly the students in it",
        zh: "班级人数与在班学生一致",
        broken: ENROLLED,
    },
    Check {
        name: "training-placed",
        en: "everybody who was placed or graduated has a placement with its judgement",
        zh: "凡已实习或毕业者均有实习安排及规则判定记录",
        broken: UNJUDGED,
    },
];

statements! {
    SEATS = "SELECT CAST(o.order_id AS TEXT) FROM training_order o LEFT JOIN training_class c ON c.order_id = o.order_id AND c.state IN ('agreed', 'graduated') GROUP BY o.order_id, o.seats_taken HAVING o.seats_taken <> COALESCE(SUM(c.capacity), 0) LIMIT 100";
    ENROLLED = "SELECT CAST(c.class_id AS TEXT) FROM training_class c LEFT JOIN training_enrolment e ON e.class_id = c.class_id AND e.state <> 'withdrawn' GROUP BY c.class_id, c.enrolled HAVING c.enrolled <> count(e.enrolment_id) LIMIT 100";
    UNJUDGED = "SELECT CAST(e.enrolment_id AS TEXT) FROM training_enrolment e LEFT JOIN training_placement p ON p.enrolment_id = e.enrolment_id WHERE e.state IN ('placed', 'graduated') AND (p.judgement IS NULL OR p.judgement = '') LIMIT 100";
}
