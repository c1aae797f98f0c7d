//! A command is one transaction, kept in one place for all services: begin, idempotency record, the use
//! case, the audit entry, commit. A use case gets the open transaction and cannot forget any of it.
//!
//! The work runs in a task of its own which the handler only awaits. tonic drops a handler's future when
//! its client goes away or its deadline passes, and a transaction must not be dropped half way
//! (sqlx issues 4385 and 4393): here it always runs to commit or rollback, and the same idempotency key
//! gets the answer that the client did not wait for.

use crate::auth::Principal;
use crate::context::Context;
use crate::db::{Lane, Tx, args, instant_text, statements};
use crate::error::{Code, Error};
use crate::event::Envelope;
use crate::id::{AuditId, EventId, Id as _};
use crate::rules::{RulePack, Shipped};
use crate::telemetry;
use chrono::{DateTime, NaiveDate, Utc};
use prost::Message;
use proto::Event;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Request, Response, Status};
use tracing::Instrument;

/// How often a use case is tried when transactions meet.
const ATTEMPTS: u32 = 5;
/// The longest pause before the first further try; doubled each time, and cut by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

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
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The scope of a step that goes on with what an earlier command began.
    pub(crate) fn of_worker(context: &Context) -> Self {
        Self {
            now: context.clock.now(),
            principal: Principal::system(context.service),
            cause: String::new(),
            traceparent: telemetry::traceparent(),
            context: context.clone(),
        }
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

    /// Today in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        crate::clock::local_date(self.now)
    }

    /// The rules in force: the city's own, or those that are shipped.
    pub fn rules<'a>(&'a self, shipped: &'a Shipped) -> Result<&'a RulePack, Error> {
        self.context.rules(shipped)
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
        let row = json!([
            self.context.service,
            id.uuid(),
            E::TYPE,
            subject.to_string(),
            version,
            instant_text(self.now),
            hex::encode(data),
            self.cause,
            self.traceparent,
        ]);
        tx.defer(APPEND, row).await?;
        tx.wakes(&self.context.wake);
        Ok(())
    }
}

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
        let call = call_of(&request)?;
        let key = idempotency_key(&request)?;
        let message = request.into_inner();
        let fingerprint = hex::encode(Sha256::digest(message.encode_to_vec()));
        let command = Cmd::try_from(message)?;
        let job = Job { context: self.context.clone(), call, key, fingerprint };
        let answer = job.in_a_task::<Cmd, Out, Res, U>(command, use_case).await?;
        Ok(Response::new(Res::decode(answer.as_slice()).map_err(Error::internal)?))
    }

    /// Carries out a command that takes long to think about: it looks in a reading transaction, thinks in a thread of
    /// its own while no transaction is open, and acts in one transaction like every other command. What it saw may have
    /// changed by then: `act` guards what the thought rests on, and a stale one is thought through anew.
    pub async fn think<Req, Cmd, Seen, Plan, Out, Res, L, U>(
        &self,
        request: Request<Req>,
        look: L,
        think: fn(&Scope, Seen) -> Result<Plan, Error>,
        act: U,
    ) -> Result<Response<Res>, Status>
    where
        Req: Message + Default,
        Cmd: TryFrom<Req, Error = Error> + Clone + Send + 'static,
        Seen: Send + 'static,
        Plan: Send + 'static,
        Out: Send + 'static,
        Res: Message + Default + From<Out> + 'static,
        L: for<'a> UseCase<'a, Cmd, Seen>,
        U: for<'a> UseCase<'a, Plan, Out>,
    {
        let call = call_of(&request)?;
        let key = idempotency_key(&request)?;
        let message = request.into_inner();
        let fingerprint = hex::encode(Sha256::digest(message.encode_to_vec()));
        let command = Cmd::try_from(message)?;
        let job = Job { context: self.context.clone(), call, key, fingerprint };
        let span = tracing::info_span!("command", method = job.call.method);
        telemetry::set_parent(&span, job.call.traceparent.as_deref());
        let tries = async move {
            let mut attempt = 1;
            loop {
                match job.consider::<Cmd, Seen, Plan, Out, Res, L, U>(command.clone(), look, think, act).await {
                    Err(error) if again(&error, attempt) => {
                        tracing::debug!(attempt, %error, "trying again");
                        pause(&job.context.chance, attempt).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        let answer = tokio::spawn(tries.instrument(span)).await.map_err(Error::internal)??;
        Ok(Response::new(Res::decode(answer.as_slice()).map_err(Error::internal)?))
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
        let scope = Scope {
            now: self.context.clock.now(),
            context: self.context.clone(),
            principal: call.principal,
            cause: String::new(),
            traceparent: call.traceparent,
        };
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
    call: Call,
    key: String,
    /// SHA-256 of the request: the same key with another body is another command.
    fingerprint: String,
}

impl Job {
    async fn in_a_task<Cmd, Out, Res, U>(self, command: Cmd, use_case: U) -> Result<Vec<u8>, Error>
    where
        Cmd: Clone + Send + 'static,
        Out: Send + 'static,
        Res: Message + From<Out> + 'static,
        U: for<'a> UseCase<'a, Cmd, Out>,
    {
        let span = tracing::info_span!("command", method = self.call.method);
        telemetry::set_parent(&span, self.call.traceparent.as_deref());
        let tries = async move {
            let mut attempt = 1;
            loop {
                match self.once::<Cmd, Out, Res, U>(command.clone(), use_case).await {
                    Err(error) if again(&error, attempt) => {
                        tracing::debug!(attempt, %error, "trying again");
                        pause(&self.context.chance, attempt).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
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
        let (audit_id, scope) = self.scope();
        let mut tx = self.context.db.begin(Lane::Request).await?;
        if let Some(answer) = self.first_answer(&mut tx, scope.now).await? {
            tx.rollback().await?;
            return Ok(answer);
        }
        let answer = Res::from(use_case.call(&mut tx, &scope, command).await?).encode_to_vec();
        self.keep(&mut tx, audit_id, &answer, &scope).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// Looks, thinks, and only then begins the command's transaction.
    async fn consider<Cmd, Seen, Plan, Out, Res, L, U>(
        &self,
        command: Cmd,
        look: L,
        think: fn(&Scope, Seen) -> Result<Plan, Error>,
        act: U,
    ) -> Result<Vec<u8>, Error>
    where
        Cmd: Send,
        Seen: Send + 'static,
        Plan: Send + 'static,
        Out: Send,
        Res: Message + From<Out>,
        L: for<'a> UseCase<'a, Cmd, Seen>,
        U: for<'a> UseCase<'a, Plan, Out>,
    {
        let (_, scope) = self.scope();
        let mut tx = self.context.db.read(Lane::Request).await?;
        if let Some(answer) = self.answer_of_key(&mut tx).await? {
            tx.rollback().await?;
            return Ok(answer);
        }
        let looked = Instant::now();
        let seen = look.call(&mut tx, &scope, command).await?;
        tx.rollback().await?;
        let (look, thought) = (looked.elapsed(), Instant::now());
        let plan = tokio::task::spawn_blocking(move || think(&scope, seen)).await.map_err(Error::internal)??;
        let (think, acted) = (thought.elapsed(), Instant::now());
        let answer = self.once::<Plan, Out, Res, U>(plan, act).await;
        tracing::debug!(method = self.call.method, ?look, ?think, act = ?acted.elapsed(), "thought through");
        answer
    }

    fn scope(&self) -> (AuditId, Scope) {
        let now = self.context.clock.now();
        let audit_id = AuditId::from_uuid(self.context.chance.uuid(now));
        let scope = Scope {
            context: self.context.clone(),
            principal: self.call.principal.clone(),
            now,
            cause: audit_id.to_string(),
            traceparent: telemetry::traceparent().or_else(|| self.call.traceparent.clone()),
        };
        (audit_id, scope)
    }

    /// Claims the idempotency key, or finds what it was answered the first time. A second call that
    /// arrives while the first is still at work waits for it here.
    async fn first_answer(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, Error> {
        let subject = self.call.principal.subject.as_str();
        let claim =
            args![self.context.service, subject, self.key.as_str(), self.call.method.as_str(), self.fingerprint.as_str(), now];
        if tx.execute(CLAIM_KEY, claim).await? == 1 {
            return Ok(None);
        }
        self.answer_of_key(tx).await
    }

    /// What this key was answered, if it was; refused for another request.
    async fn answer_of_key(&self, tx: &mut Tx) -> Result<Option<Vec<u8>>, Error> {
        let find = args![self.context.service, self.call.principal.subject.as_str(), self.key.as_str()];
        let known: Option<(String, String, Option<Vec<u8>>)> = tx.fetch_optional(ANSWER_OF_KEY, find).await?;
        let Some((method, request, answer)) = known else { return Ok(None) };
        if method != self.call.method || request != self.fingerprint {
            return Err(Error::refused(
                "idempotency-key",
                "IDEMPOTENCY_KEY_REUSED",
                format!("this idempotency key was used before, for another request ({method})"),
                format!("该幂等键已用于另一请求（{method}）"),
            )
            .way_out(
                "send a new key with a new command; repeat a command with its own key and body unchanged",
                "新命令请使用新的幂等键；重试时请保持原键与原内容不变",
            ));
        }
        metrics::counter!("talentflow_commands_repeated_total", "service" => self.context.service).increment(1);
        Ok(answer)
    }

    /// Keeps the answer under its key, and who did what.
    async fn keep(&self, tx: &mut Tx, audit_id: AuditId, answer: &[u8], scope: &Scope) -> Result<(), Error> {
        let principal = &self.call.principal;
        let key = args![self.context.service, principal.subject.as_str(), self.key.as_str(), answer];
        tx.change(KEEP_ANSWER, key, "idempotency-key").await?;
        let entry = args![
            audit_id,
            self.context.service,
            scope.now,
            principal.subject.as_str(),
            principal.organisation.as_deref(),
            self.call.method.as_str(),
            self.fingerprint.as_str(),
            hex::encode(Sha256::digest(answer)),
            scope.traceparent.as_deref(),
        ];
        tx.execute(AUDIT, entry).await?;
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

/// Whether transactions met, and it is worth another try.
pub(crate) fn again(error: &Error, attempt: u32) -> bool {
    error.code() == Code::Conflict && error.is_transient() && attempt < ATTEMPTS
}

/// Waits before the next try: full jitter, so that those who met do not meet again.
pub(crate) async fn pause(chance: &crate::rng::Chance, attempt: u32) {
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

fn idempotency_key<T>(request: &Request<T>) -> Result<String, Error> {
    let expected = "1 to 128 visible ASCII characters, such as a UUID";
    match request.metadata().get("idempotency-key").map(tonic::metadata::MetadataValue::to_str) {
        Some(Ok(key)) if (1..=128).contains(&key.len()) => Ok(key.to_owned()),
        None => Err(Error::required("idempotency-key", expected).way_out(
            "send the header `idempotency-key`, fresh for each command and unchanged when it is repeated",
            "请在请求头中提供 `idempotency-key`：每个新命令使用新值，重试时保持不变",
        )),
        Some(_) => Err(Error::invalid(
            "idempotency-key",
            "IDEMPOTENCY_KEY",
            format!("`idempotency-key` is not {expected}"),
            "`idempotency-key` 应为 1 至 128 个可见 ASCII 字符",
        )),
    }
}

statements! {
    CLAIM_KEY = "INSERT INTO idempotency (service, subject, key, method, request, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (service, subject, key) DO NOTHING";
    ANSWER_OF_KEY = "SELECT method, request, answer FROM idempotency WHERE service = $1 AND subject = $2 AND key = $3";
    KEEP_ANSWER = "UPDATE idempotency SET answer = $4 WHERE service = $1 AND subject = $2 AND key = $3";
    AUDIT = "INSERT INTO audit (audit_id, service, at, actor, organisation, method, request, answer, traceparent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Takes the events as a JSON array of rows.
    APPEND = {
        postgres: "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause, traceparent) SELECT e->>0, CAST(e->>1 AS UUID), e->>2, e->>3, CAST(e->>4 AS BIGINT), CAST(e->>5 AS TIMESTAMPTZ), decode(e->>6, 'hex'), e->>7, e->>8 FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) WITH ORDINALITY AS events (e, place) ORDER BY place",
        sqlite: "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause, traceparent) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6), value->>7, value->>8 FROM json_each($1) ORDER BY key",
        reason: "neither engine reads the other's form of a JSON array",
    };
}
