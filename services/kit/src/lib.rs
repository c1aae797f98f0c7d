//! What every service stands on. It knows no business noun.
//!
//! A service is made of a contract (`proto`), pure rules (`domain`), one function per statement
//! (`store`), one use case per file (`app`), and two thin edges (`rpc`, `events`). Everything those
//! rooms share lives here, and the three promises of the house are kept here once, for all of them:
//!
//! 1. **A command is one transaction** ([`command`]): idempotency record, effect, events and audit
//!    entry commit together, and its answer can be asked for again.
//! 2. **An event is one transaction** ([`inbox`]): delivery may repeat, reorder or pause for a day;
//!    the result is the same.
//! 3. **What was committed is delivered** ([`outbox`]): the outbox is the truth, the bus is transport.
//!
//! And what is too much for one transaction is finished step by step, after whatever end of a process ([`work`]).

pub mod auth;
pub mod bus;
pub mod clock;
pub mod command;
pub mod config;
pub mod context;
pub mod db;
pub mod delivery;
pub mod error;
pub mod event;
pub mod id;
pub mod inbox;
pub mod letters;
pub mod money;
pub mod outbox;
pub mod page;
pub mod rng;
pub mod rules;
pub mod serve;
pub mod service;
pub mod telemetry;
pub mod text;
pub mod verify;
pub mod wire;
pub mod work;

pub use command::{Calls, Member, Scope, Together};
pub use context::Context;
pub use db::{Db, Tx};
pub use error::{Code, Error};
pub use event::Envelope;
pub use money::Money;
pub use service::{Arrival, React, Service, Step};

/// Every statement of kit itself, for the test that prepares them on both engines.
pub fn own_statements() -> Vec<db::Sql> {
    let commands = command::statements();
    [
        bus::STATEMENTS,
        db::STATEMENTS,
        commands.as_slice(),
        outbox::STATEMENTS,
        inbox::STATEMENTS,
        letters::STATEMENTS,
        verify::STATEMENTS,
        delivery::STATEMENTS,
    ]
    .concat()
}

/// What the macros of this crate expand to; not for direct use.
#[doc(hidden)]
pub mod macros {
    pub use sqlx;
    pub use uuid;
}
