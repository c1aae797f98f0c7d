//! Invariants that can be proved from the tables, while the services run or after they were killed.

use crate::db::{Db, Lane, Sql, Tx, args, statements};
use crate::error::Error;
use futures::future::BoxFuture;

/// One invariant: a query that lists what breaks it, a line each. No rows is proof.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    pub name: &'static str,
    /// What holds, for people.
    pub en: &'static str,
    pub zh: &'static str,
    /// Selects one text column: what is broken, and where. At most a hundred lines are asked for.
    pub broken: Sql,
}

/// What a check is called, and what holds.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub name: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

/// A look under way: what is broken, a line each.
pub type Looking<'a> = BoxFuture<'a, Result<Vec<String>, Error>>;

/// An invariant that no query can state: code reads the tables and says what breaks it. It is given what was kept
/// elsewhere and the tables must agree with, if anything was.
#[derive(Clone, Copy)]
pub struct Look {
    pub name: Named,
    pub broken: for<'a> fn(&'a mut Tx, Option<&'a str>) -> Looking<'a>,
}

/// What a check found.
#[derive(Debug)]
pub struct Finding {
    pub check: Named,
    pub broken: Vec<String>,
}

/// Runs `checks` and kit's own on one consistent picture of the database.
pub async fn verify(db: &Db, checks: &[Check]) -> Result<Vec<Finding>, Error> {
    verify_all(db, checks, &[], None).await
}

/// As [`verify`], and `looks` on the same picture, with what was kept elsewhere.
pub async fn verify_all(db: &Db, checks: &[Check], looks: &[Look], kept: Option<&str>) -> Result<Vec<Finding>, Error> {
    let mut tx = db.read(Lane::Background).await?;
    let mut findings = Vec::new();
    for check in KIT.iter().chain(checks) {
        let rows: Vec<(String,)> = tx.fetch_all(check.broken, args![]).await?;
        let named = Named { name: check.name, en: check.en, zh: check.zh };
        findings.push(Finding { check: named, broken: rows.into_iter().map(|row| row.0).collect() });
    }
    for look in looks {
        findings.push(Finding { check: look.name, broken: (look.broken)(&mut tx, kept).await? });
    }
    tx.rollback().await?;
    Ok(findings)
}

const KIT: &[Check] = &[
    Check {
        name: "outbox-gapless",
        en: "the events of every aggregate are numbered 1, 2, 3, … without a gap",
        zh: "每个聚合的事件编号连续无缺",
        broken: OUTBOX_GAPS,
    },
    Check {
        name: "inbox-in-order",
        en: "no consumer applied an event twice or out of order",
        zh: "没有任何消费者重复或乱序处理事件",
        broken: INBOX_DISORDER,
    },
    Check {
        name: "outbox-complete",
        en: "no consumer has come further with an aggregate than the outbox that tells of it",
        zh: "任何消费者的处理进度不超过发件箱",
        broken: OUTBOX_SHORT,
    },
    Check {
        name: "commands-answered",
        en: "every command that was carried out kept its answer",
        zh: "每个已执行的命令都保存了应答",
        broken: UNANSWERED,
    },
    Check {
        name: "parked-waits-for-something",
        en: "no event is parked although its turn has come",
        zh: "没有已轮到处理却仍被搁置的事件",
        broken: PARKED_IN_TURN,
    },
];

statements! {
    OUTBOX_GAPS = "SELECT service || ' ' || subject || ': ' || CAST(count(*) AS TEXT) || ' events, highest version ' || CAST(max(version) AS TEXT) FROM outbox GROUP BY service, subject HAVING count(*) <> max(version) OR min(version) <> 1 LIMIT 100";
    INBOX_DISORDER = "SELECT i.consumer || ' ' || i.subject || ': ' || CAST(count(*) AS TEXT) || ' applied, position ' || CAST(max(p.version) AS TEXT) FROM inbox i JOIN inbox_position p ON p.consumer = i.consumer AND p.subject = i.subject WHERE i.version IS NOT NULL GROUP BY i.consumer, i.subject HAVING count(*) <> max(p.version) LIMIT 100";
    OUTBOX_SHORT = "SELECT p.consumer || ' ' || p.subject || ' at version ' || CAST(p.version AS TEXT) FROM inbox_position p JOIN (SELECT subject, max(version) AS version FROM outbox GROUP BY subject) o ON o.subject = p.subject WHERE p.version > o.version LIMIT 100";
    UNANSWERED = "SELECT service || ' ' || method || ' key ' || key FROM idempotency WHERE answer IS NULL LIMIT 100";
    PARKED_IN_TURN = "SELECT w.consumer || ' ' || w.subject || ' version ' || CAST(w.version AS TEXT) FROM inbox_parked w JOIN inbox_position p ON p.consumer = w.consumer AND p.subject = w.subject WHERE w.version <= p.version LIMIT 100";
}
