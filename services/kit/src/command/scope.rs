//! Who asks, when, and why: what a use case knows besides its command.

use super::Asked;
use crate::auth::Principal;
use crate::context::Context;
use crate::db::{Tx, args, statements};
use crate::error::Error;
use crate::event::Envelope;
use crate::id::{AuditId, EventId};
use crate::rules::{RulePack, Shipped};
use crate::telemetry;
use chrono::{DateTime, NaiveDate, Utc};
use proto::Event;
use std::fmt::Display;

/// What a use case knows besides its command: who asks, when, and why.
#[derive(Debug, Clone)]
pub struct Scope {
    context: Context,
    principal: Principal,
    now: DateTime<Utc>,
    /// The command or event that everything emitted here follows from.
    cause: String,
    traceparent: Option<String>,
}

impl Scope {
    /// The scope of a command: its audit entry is the cause of what follows from it.
    pub(super) fn of_command(context: &Context, asked: &Asked, audit: AuditId, now: DateTime<Utc>) -> Self {
        Self {
            now,
            principal: asked.call.principal.clone(),
            cause: audit.to_string(),
            traceparent: telemetry::traceparent().or_else(|| asked.call.traceparent.clone()),
            context: context.clone(),
        }
    }

    /// The scope of work nobody called for, such as a job of the service itself: it is the actor, `cause` the reason.
    pub fn of_job(context: &Context, cause: &str) -> Self {
        Self {
            now: context.clock.now(),
            principal: Principal::system(context.service),
            cause: cause.to_owned(),
            traceparent: telemetry::traceparent(),
            context: context.clone(),
        }
    }

    /// The scope of a question, which causes nothing.
    pub(super) fn of_query(context: &Context, principal: Principal, traceparent: Option<String>) -> Self {
        Self { now: context.clock.now(), principal, cause: String::new(), traceparent, context: context.clone() }
    }

    /// The scope of what follows from an earlier command.
    #[must_use]
    pub fn following(&self, cause: &str) -> Self {
        Self { cause: cause.to_owned(), ..self.clone() }
    }

    /// Has this service's worker go on with what this transaction begins, once it has committed.
    pub fn begin(&self, tx: &mut Tx) {
        tx.wakes(&self.context.begun);
    }

    pub(super) fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Today in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        crate::clock::local_date(self.now)
    }

    /// The rules in force: the city's own, or those that are shipped.
    pub fn rules<'a>(&'a self, shipped: &'a Shipped) -> Result<&'a RulePack, Error> {
        self.context.rules(shipped)
    }

    /// What a city decided by itself, in the service's own type, if it did.
    pub fn decided<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.context.decided()
    }

    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// A fresh id.
    pub fn id<T: crate::id::Id>(&self) -> T {
        T::from_uuid(self.context.chance.uuid(self.now))
    }

    /// Lets city-wide roles pass, and others only for their own organisation. What is not yours and what
    /// is not there answer alike.
    pub fn own(&self, organisation: impl Display, name: impl Display) -> Result<(), Error> {
        self.own_either(&[organisation], name)
    }

    /// As [`Scope::own`], where a resource belongs to several organisations.
    pub fn own_either<O: Display>(&self, organisations: &[O], name: impl Display) -> Result<(), Error> {
        let mine = |organisation: &O| Some(organisation.to_string()) == self.principal.organisation;
        if self.principal.sees_all() || organisations.iter().any(mine) { Ok(()) } else { Err(Error::not_found(name)) }
    }

    /// The organisation a list is narrowed to: `None` for city-wide roles, which see all.
    pub fn visible(&self) -> Option<&str> {
        if self.principal.sees_all() {
            None
        } else {
            Some(self.principal.organisation.as_deref().unwrap_or("organisations/none"))
        }
    }

    /// Writes an event into the outbox of this transaction: the `version`-th of `subject`.
    pub async fn emit<E: Event>(&self, tx: &mut Tx, subject: impl Display, version: i64, event: &E) -> Result<(), Error> {
        let id: EventId = self.id();
        let data = event.encode_to_vec();
        if data.len() > crate::event::MAX_EVENT_BYTES / 2 {
            // Half the limit of the wire, where the same event is JSON.
            return Err(Error::internal(format!("{} of {subject} has {} bytes, too many for an event", E::TYPE, data.len())));
        }
        let (cause, traceparent) = (self.cause.as_str(), self.traceparent.as_deref());
        let row = args![self.context.service, id, E::TYPE, subject.to_string(), version, self.now, data, cause, traceparent];
        tx.defer(APPEND, row).await?;
        tx.wakes(&self.context.wake);
        Ok(())
    }
}

/// The scope of a reaction: the event is the cause, the service itself the actor.
pub(crate) fn reaction_scope(context: &Context, event: &Envelope) -> Scope {
    Scope {
        now: context.clock.now(),
        principal: Principal::system(context.service),
        cause: event.key(),
        traceparent: telemetry::traceparent().or_else(|| event.traceparent.clone()),
        context: context.clone(),
    }
}

statements! {
    /// Takes the events as rows, in their order. They are handed over by the lot (migration 0002 of kit).
    APPEND = {
        postgres: "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause, traceparent, sent_at) SELECT service, event_id, kind, subject, version, occurred_at, data, cause, traceparent, occurred_at FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS UUID[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS TIMESTAMPTZ[]), CAST($7 AS BYTEA[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[])) WITH ORDINALITY AS events (service, event_id, kind, subject, version, occurred_at, data, cause, traceparent, place) ORDER BY place",
        sqlite: "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause, traceparent, sent_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6), value->>7, value->>8, value->>5 FROM jsonb_each($1) ORDER BY key",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
}
