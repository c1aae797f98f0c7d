//! A command is one transaction, kept in one place for all services: begin, idempotency record, the use
//! case, the audit entry, commit. A use case gets the open transaction and cannot forget any of it.
//!
//! The work runs in a task of its own which the handler only awaits. tonic drops a handler's future when
//! its client goes away or its deadline passes, and a transaction must not be dropped half way
//! (sqlx issues 4385 and 4393): here it always runs to commit or rollback, and the same idempotency key
//! gets the answer that the client did not wait for.

mod record;
mod scope;
mod think;
mod together;

pub use scope::Scope;
pub(crate) use scope::reaction_scope;
pub use together::{Member, Together, UseCaseOfMany};

use crate::auth::Principal;
use crate::context::Context;
use crate::db::{Lane, Sql, Tx};
use crate::error::{Code, Error};
use crate::id::{AuditId, Id as _};
use crate::rng::Chance;
use crate::telemetry;
use prost::Message;
use record::{Asked, Entry};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status};
use tracing::Instrument;

/// How often a use case is tried when transactions meet.
const ATTEMPTS: u32 = 5;
/// The longest pause before the first further try; doubled each time, and cut by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// What the guard in front of every service found out about a call.
#[derive(Debug, Clone)]
pub struct Call {
    /// `talentflow.training.v1.TrainingService/PublishOrder`.
    pub method: String,
    pub principal: Principal,
    pub traceparent: Option<String>,
    /// The place this call takes up. A command keeps it until it is carried out, even if its caller goes away:
    /// otherwise abandoned commands would pile up beyond the limit.
    pub place: Arc<OwnedSemaphorePermit>,
}

/// An async function of a transaction, its scope and a command. Implemented by every such function; the
/// trait only gives its future, which borrows both, a name that can be `Send`.
pub trait UseCase<'a, C, A>: Copy + Send + Sync + 'static {
    type Future: Future<Output = Result<A, Error>> + Send + 'a;
    fn call(self, tx: &'a mut Tx, scope: &'a Scope, command: C) -> Self::Future;
}

impl<'a, F, Fut, C, A> UseCase<'a, C, A> for F
where
    F: Fn(&'a mut Tx, &'a Scope, C) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<A, Error>> + Send + 'a,
{
    type Future = Fut;
    fn call(self, tx: &'a mut Tx, scope: &'a Scope, command: C) -> Fut {
        self(tx, scope, command)
    }
}

/// Runs the use cases of one service.
#[derive(Debug, Clone)]
pub struct Calls {
    context: Context,
}

impl Calls {
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Carries out a command: decode, one transaction, encode.
    pub async fn run<Req, Cmd, Out, Res, U>(&self, request: Request<Req>, use_case: U) -> Result<Response<Res>, Status>
    where
        Req: Message + Default,
        Cmd: TryFrom<Req, Error = Error> + Clone + Send + 'static,
        Out: Send + 'static,
        Res: Message + Default + From<Out> + 'static,
        U: for<'a> UseCase<'a, Cmd, Out>,
    {
        let (asked, message) = Asked::read(request)?;
        let command = Cmd::try_from(message)?;
        let job = Job { context: self.context.clone(), asked };
        let answer = job.in_a_task::<Cmd, Out, Res, U>(command, use_case).await?;
        Ok(Response::new(Res::decode(answer.as_slice()).map_err(Error::internal)?))
    }

    /// Carries out a command of the command line: as the service itself, and otherwise as [`Calls::run`] does.
    pub async fn run_as_service<Req, Cmd, Out, Res, U>(&self, method: &str, message: Req, use_case: U) -> Result<Res, Error>
    where
        Req: Message + Default,
        Cmd: TryFrom<Req, Error = Error> + Clone + Send + 'static,
        Out: Send + 'static,
        Res: Message + Default + From<Out> + 'static,
        U: for<'a> UseCase<'a, Cmd, Out>,
    {
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().map_err(Error::internal)?;
        let call = Call {
            method: method.to_owned(),
            principal: Principal::system(self.context.service),
            traceparent: telemetry::traceparent(),
            place: Arc::new(place),
        };
        let key = self.context.chance.uuid(self.context.clock.now()).to_string();
        let asked = Asked { call, key, fingerprint: record::fingerprint(&message) };
        let command = Cmd::try_from(message)?;
        let job = Job { context: self.context.clone(), asked };
        let answer = job.in_a_task::<Cmd, Out, Res, U>(command, use_case).await?;
        Res::decode(answer.as_slice()).map_err(Error::internal)
    }

    /// Answers a question: decode, one consistent read, encode.
    pub async fn read<Req, Query, Out, Res, U>(&self, request: Request<Req>, use_case: U) -> Result<Response<Res>, Status>
    where
        Req: Message + Default,
        Query: TryFrom<Req, Error = Error> + Send,
        Res: Message + From<Out>,
        U: for<'a> UseCase<'a, Query, Out>,
    {
        let call = call_of(&request)?;
        let span = tracing::info_span!("query", method = call.method);
        telemetry::set_parent(&span, call.traceparent.as_deref());
        let query = Query::try_from(request.into_inner())?;
        let scope = Scope::of_query(&self.context, call.principal, call.traceparent);
        let answer = async {
            let mut tx = self.context.db.read(Lane::Request).await?;
            let answer = use_case.call(&mut tx, &scope, query).await?;
            tx.rollback().await?;
            Ok::<_, Error>(answer)
        };
        Ok(Response::new(answer.instrument(span).await?.into()))
    }
}

struct Job {
    context: Context,
    asked: Asked,
}

impl Job {
    async fn in_a_task<Cmd, Out, Res, U>(self, command: Cmd, use_case: U) -> Result<Vec<u8>, Error>
    where
        Cmd: Clone + Send + 'static,
        Out: Send + 'static,
        Res: Message + From<Out> + 'static,
        U: for<'a> UseCase<'a, Cmd, Out>,
    {
        let span = tracing::info_span!("command", method = self.asked.call.method);
        telemetry::set_parent(&span, self.asked.call.traceparent.as_deref());
        let tries = async move {
            let job = &self;
            tried(&job.context.chance, move || job.once::<Cmd, Out, Res, U>(command.clone(), use_case)).await
        };
        tokio::spawn(tries.instrument(span)).await.map_err(Error::internal)?
    }

    async fn once<Cmd, Out, Res, U>(&self, command: Cmd, use_case: U) -> Result<Vec<u8>, Error>
    where
        Cmd: Send,
        Out: Send,
        Res: Message + From<Out>,
        U: for<'a> UseCase<'a, Cmd, Out>,
    {
        let now = self.context.clock.now();
        let audit_id = AuditId::from_uuid(self.context.chance.uuid(now));
        let scope = Scope::of_command(&self.context, &self.asked, audit_id, now);
        let mut tx = self.context.db.begin(Lane::Request).await?;
        if let Some(answer) = self.asked.first_answer(&self.context, &mut tx, now).await? {
            tx.rollback().await?;
            return Ok(answer);
        }
        let answer = Res::from(use_case.call(&mut tx, &scope, command).await?).encode_to_vec();
        let entry = Entry { id: audit_id, service: self.context.service, at: now, traceparent: scope.traceparent() };
        self.asked.keep(&mut tx, &answer, &entry).await?;
        tx.commit().await?;
        Ok(answer)
    }
}

/// Does something again as long as transactions meet, at most [`ATTEMPTS`] times.
pub(crate) async fn tried<T, F>(chance: &Chance, mut once: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut attempt = 1;
    loop {
        match once().await {
            Err(error) if again(&error, attempt) => {
                tracing::debug!(attempt, %error, "trying again");
                pause(chance, attempt).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Whether transactions met, and it is worth another try.
fn again(error: &Error, attempt: u32) -> bool {
    error.code() == Code::Conflict && error.is_transient() && attempt < ATTEMPTS
}

/// Waits before the next try: full jitter, so that those who met do not meet again.
pub(crate) async fn pause(chance: &Chance, attempt: u32) {
    let most = FIRST_PAUSE * 2u32.saturating_pow(attempt.min(8));
    let millis = chance.below(u64::try_from(most.as_millis()).unwrap_or_default() + 1);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

fn call_of<T>(request: &Request<T>) -> Result<Call, Error> {
    // The guard stands in front of every service; a call without its mark did not come through it.
    request
        .extensions()
        .get::<Call>()
        .cloned()
        .ok_or_else(|| Error::internal("a call reached a service without passing the guard"))
}

/// Every statement of commands.
pub(crate) fn statements() -> Vec<Sql> {
    [record::STATEMENTS, scope::STATEMENTS].concat()
}
