//! Personnel rotation (轮岗): teachers and engineers work for a time, for a share of full time, on the other
//! side, and the practice is credited to them.
//!
//! **Owns** rotations, from application to credit.
//!
//! **Holds** that on no day a person's concurrent rotations take more than 100 % of full time; that nobody
//! approves an application of their own; that credit is given once, for days that were served.
//!
//! **Tells** `talentflow.rotation.rotation.*.v1`: applied, approved, rejected, accepted, declined, withdrawn,
//! activated, completed, ended early. **Follows** nothing.

pub mod app;
pub mod domain;
mod events;
mod rpc;
pub mod store;

use kit::{Calls, Context, React, Service};
use proto::rotation::v1::rotation_service_server::RotationServiceServer;
use tonic::service::Routes;

pub use events::SUBSCRIPTIONS;
pub use store::CHECKS;

/// The tables of this service.
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!("rotation", ["0001_init"]);

/// The service, ready to be run.
pub fn service(context: Context) -> Service {
    let rpc = RotationServiceServer::new(rpc::Rpc { calls: Calls::new(context.clone()) })
        .max_decoding_message_size(kit::serve::MAX_MESSAGE_BYTES)
        .max_encoding_message_size(kit::serve::MAX_MESSAGE_BYTES);
    Service {
        context,
        routes: Routes::new(rpc),
        migrations: MIGRATIONS,
        statements: store::statements(),
        subscriptions: SUBSCRIPTIONS,
        react: React::Each(|tx, scope, event| Box::pin(events::on(tx, scope, event))),
        step: None,
        checks: CHECKS,
    }
}
