//! Dual mentors (双导师制): every student of an order class has one academic and one enterprise mentor.
//!
//! **Owns** terms, mentors with their timetables and projects, matching rounds with their proposals, pairings, guidance
//! records, evaluations.
//!
//! **Holds** that no mentor and no project has more students than places, and no
//! organisation more of a round than its quota; that a student who went through a published round has
//! exactly one pairing a side, active or vacant, as long as they are in class; that nobody is paired with a mentor
//! who has left; that nobody waits beside an eligible mentor who is free; that a student is in one unfinished round at most,
//! and a published round is complete.
//!
//! **Tells** `talentflow.mentoring.mentor.*.v1`: registered, closed; `talentflow.mentoring.round.published.v1`;
//! `talentflow.mentoring.pairing.*.v1`: created, vacant, ended, guidance recorded, evaluated. **Follows** organisations and
//! people of directory (skills, employments), enrolments of training.

pub mod app;
pub mod domain;
mod events;
mod rpc;
pub mod store;

use kit::{Calls, Context, React, Service};
use proto::mentoring::v1::mentoring_service_server::MentoringServiceServer;
use tonic::service::Routes;

pub use events::SUBSCRIPTIONS;
pub use store::CHECKS;

/// The tables of this service.
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!(
    "mentoring",
    ["0001_init", "0002_rounds", "0003_guidance", "0004_absence", "0005_projects", "0006_evaluations", "0007_city", "0008_bulk"]
);

/// What mentors and guidance are judged by, unless the city has rules of its own.
pub static RULES: kit::rules::Shipped = kit::rules::Shipped::new(include_str!("../rules/mentoring.toml"));

/// The service, ready to be run.
pub fn service(context: Context) -> Service {
    let rpc = MentoringServiceServer::new(rpc::Rpc { calls: Calls::new(context.clone()) })
        .max_decoding_message_size(kit::serve::MAX_MESSAGE_BYTES)
        .max_encoding_message_size(kit::serve::MAX_MESSAGE_BYTES);
    Service {
        context,
        routes: Routes::new(rpc),
        migrations: MIGRATIONS,
        statements: store::statements(),
        subscriptions: SUBSCRIPTIONS,
        react: React::Each(|tx, scope, event| Box::pin(events::on(tx, scope, event))),
        step: Some(|tx, scope| Box::pin(app::go_on(tx, scope))),
        checks: CHECKS,
    }
}
