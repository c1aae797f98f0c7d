//! Order-based training (订单式培养): enterprises order, schools form classes, students enrol, are placed and
//! graduate.
//!
//! **Owns** orders, classes, enrolments and placements.
//!
//! **Holds** that the seats of an order are never oversubscribed, nor the places of a class; that a student is
//! in one live class; that no placement is made against a hard rule, and each keeps the judgement that let it
//! pass.
//!
//! **Tells** `talentflow.training.{order,class,enrolment}.*.v1`. **Follows** the directory's organisations and
//! people, for the type of a school and the age of a student.

pub mod app;
pub mod domain;
mod events;
mod rpc;
pub mod store;

use kit::{Calls, Context, React, Service};
use proto::training::v1::training_service_server::TrainingServiceServer;
use tonic::service::Routes;

pub use events::SUBSCRIPTIONS;
pub use store::CHECKS;

/// The tables of this service.
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!("training", ["0001_init"]);

/// What placements are judged by, unless the city has rules of its own.
pub static RULES: kit::rules::Shipped = kit::rules::Shipped::new(include_str!("../rules/internship.toml"));

/// The service, ready to be run.
pub fn service(context: Context) -> Service {
    let rpc = TrainingServiceServer::new(rpc::Rpc { calls: Calls::new(context.clone()) })
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
