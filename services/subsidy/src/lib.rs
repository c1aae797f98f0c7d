//! Subsidy accounting (补贴核算): facts earn money under schemes; every fen is explained back to the event that
//! earned it, nothing is paid twice, nothing is overspent.
//!
//! **Owns** funds and their budgets, facts, claims, payment batches, receivables and the ledger. Schemes are
//! data (`schemes/`).
//!
//! **Holds** that claims follow from the facts alone, whatever the order in which these came; that debits
//! equal credits and balances equal their entries; that nothing is committed that is not available; that
//! nobody approves what they submitted, or other content than they saw; that a claim is paid at most once.
//!
//! **Tells** `talentflow.subsidy.{fund,claim,payment-batch,receivable}.*.v1`. **Follows** organisations and
//! people (directory), enrolments (training), rotations (rotation) and pairings (mentoring).

pub mod app;
pub mod domain;
mod events;
mod rpc;
pub mod store;

pub use events::SUBSCRIPTIONS;
pub use store::CHECKS;

use kit::{Calls, Context, React, Service};
use proto::subsidy::v1::subsidy_service_server::SubsidyServiceServer;
use tonic::service::Routes;

/// The tables of this service.
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!("subsidy", ["0001_init"]);

/// The service, ready to be run.
pub fn service(context: Context) -> Service {
    let rpc = SubsidyServiceServer::new(rpc::Rpc { calls: Calls::new(context.clone()) })
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
