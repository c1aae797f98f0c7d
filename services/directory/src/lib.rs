//! Directory: organisations, programmes, people, and who works where.
//!
//! **Owns** the register, and employments, which nobody types in: they follow from what HR systems of
//! employers publish.
//!
//! **Holds** that employments are a function of the set of HR facts: repeated, reordered or late, the same
//! facts give the same employments; that personal data (names, dates of birth) never leaves by an event.
//!
//! **Tells** `talentflow.directory.{organisation,programme,person}.*.v1`. **Follows** `hr.v1.*`.

pub mod app;
pub mod domain;
mod events;
mod rpc;
pub mod store;

use kit::{Calls, Context, React, Service};
use proto::directory::v1::directory_service_server::DirectoryServiceServer;
use tonic::service::Routes;

pub use events::SUBSCRIPTIONS;
pub use store::CHECKS;

/// The tables of this service.
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!("directory", ["0001_init"]);

/// The service, ready to be run.
pub fn service(context: Context) -> Service {
    let rpc = DirectoryServiceServer::new(rpc::Rpc { calls: Calls::new(context.clone()) })
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
