//! The tables of the directory: one function per statement.

pub mod employment;
pub mod organisation;
pub mod person;
pub mod programme;

use kit::db::{Sql, statements};
use kit::verify::Check;

pub fn statements() -> Vec<Sql> {
    [employment::STATEMENTS, organisation::STATEMENTS, person::STATEMENTS, programme::STATEMENTS, STATEMENTS].concat()
}

/// Lists of codes are kept as one text, a comma between; codes have none.
fn joined(codes: &[String]) -> String {
    codes.join(",")
}

fn split(text: &str) -> Vec<String> {
    text.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

/// What `talentflow verify` proves about this service.
pub const CHECKS: &[Check] = &[
    Check {
        name: "directory-person-events",
        en: "every person has exactly as many events as the version says",
        zh: "每个人员的事件数与其版本一致",
        broken: VERSION_WITHOUT_EVENT,
    },
    Check {
        name: "directory-one-employment",
        en: "nobody has two open employments at one organisation",
        zh: "任何人在同一单位至多有一段未结束的任职",
        broken: TWICE_EMPLOYED,
    },
];

statements! {
    VERSION_WITHOUT_EVENT = "SELECT CAST(p.person_id AS TEXT) FROM directory_person p LEFT JOIN outbox o ON o.service = 'directory' AND o.subject = 'people/' || CAST(p.person_id AS TEXT) AND o.version = p.version WHERE o.seq IS NULL LIMIT 100";
    TWICE_EMPLOYED = "SELECT CAST(person_id AS TEXT) FROM directory_employment WHERE end_date IS NULL AND withdrawn = FALSE GROUP BY person_id, organisation_id HAVING count(*) > 1 LIMIT 100";
}
