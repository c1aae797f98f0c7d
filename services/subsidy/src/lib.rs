//! Subsidy accounting (补贴核算): facts earn money under schemes; every fen is explained back to the event that
//! earned it, nothing is paid twice, nothing is overspent.
//!
//! **Owns** funds and their budgets, facts, claims and what overrides their checks, bank accounts, payment batches,
//! receivables, samples, what enterprises file for the tax offset, and the ledger.
//! Schemes are data (`schemes/`).
//!
//! **Holds** that claims follow from the facts alone, whatever the order in which these came; that debits
//! equal credits and balances equal their entries; that nothing is committed that is not available, from a fund or
//! from those above it; that those who carry a claim carry its amount, and get back no more than they paid; that nobody
//! approves what they submitted, or other content than they saw; that a claim is paid at most once, and not while it is
//! public or objected to; that what comes back of it is counted once; that what comes while no month takes postings is done
//! once; that what was posted stays as it was, which a log over the entries proves.
//!
//! **Tells** `talentflow.subsidy.{fund,claim,check-override,claim-objection,bank-account,payment-batch,receivable,sample,sample-item,offset-year}.*.v1`.
//! **Follows** organisations and people (directory), enrolments (training), rotations (rotation) and pairings (mentoring).

pub mod app;
pub mod domain;
mod events;
pub mod files;
mod rpc;
pub mod store;

pub use app::checkpoint_of;
pub use domain::log::Checkpoint;
pub use events::SUBSCRIPTIONS;
pub use store::CHECKS;

use kit::verify::{Look, Named};
use kit::{Context, React, Service};
use proto::subsidy::v1::subsidy_service_server::SubsidyServiceServer;
use tonic::service::Routes;

/// The tables of this service.
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!(
    "subsidy",
    [
        "0001_init",
        "0002_ledger",
        "0003_schemes",
        "0004_payments",
        "0005_claims",
        "0006_recovery",
        "0007_filed",
        "0008_sources",
        "0009_offset",
        "0010_guards",
        "0011_resolved",
        "0012_room",
    ]
);

/// What `talentflow verify` proves by reading the ledger whole.
pub const LOOKS: &[Look] = &[Look {
    name: Named {
        name: "subsidy-log",
        en: "every ledger entry is what was logged, in its place, and the log holds every root it ever gave out",
        zh: "每条分录与入账时一致且位置未变，日志包含其给出过的每个根值",
    },
    broken: app::walk,
}];

/// The service, ready to be run.
pub fn service(context: Context) -> Service {
    let rpc = SubsidyServiceServer::new(rpc::Rpc::new(context.clone()))
        .max_decoding_message_size(kit::serve::MAX_MESSAGE_BYTES)
        .max_encoding_message_size(kit::serve::MAX_MESSAGE_BYTES);
    Service {
        context,
        routes: Routes::new(rpc),
        migrations: MIGRATIONS,
        statements: store::statements(),
        subscriptions: SUBSCRIPTIONS,
        react: React::Together(|tx, arrivals| Box::pin(events::on(tx, arrivals))),
        step: None,
        checks: CHECKS,
    }
}
