//! Commands of one method carried out together (group commit): those that arrive while a transaction is under way make the
//! next one. What costs one command a few milliseconds of waiting for the disk costs a hundred of them the same, and rows
//! that everybody needs, such as a budget, are locked once for all.
//!
//! Each command keeps its own scope, idempotency record, audit entry and outcome: one that is refused does not hold up the
//! others, and leaves nothing behind. A transaction that fails as a whole is tried again, and in the end each of its
//! commands alone, so that only who is at fault hears of it.

use super::record::{self, Asked, Entry};
use super::{Scope, again, pause};
use crate::context::Context;
use crate::db::{Lane, Tx};
use crate::error::Error;
use crate::id::{AuditId, Id as _};
use crate::telemetry;
use futures::FutureExt;
use futures::future::BoxFuture;
use prost::Message;
use std::collections::{BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};

/// Commands of one transaction at most.
const MOST: usize = 256;
/// From so many on, the commands of a transaction are a crowd: who was answered together comes back together, and the
/// first of them waits a moment for the others instead of taking a transaction alone.
const CROWD: usize = 8;
const MOMENT: Duration = Duration::from_millis(1);

/// One of the commands of a transaction.
#[derive(Debug)]
pub struct Member<C> {
    pub scope: Scope,
    pub command: C,
}

/// A use case of many commands. It answers each, in their order: an answer, or why not, and then it has written nothing
/// for it. An error of its own fails them all.
pub type UseCaseOfMany<C, A> = for<'a> fn(&'a mut Tx, &'a [Member<C>]) -> BoxFuture<'a, Result<Vec<Result<A, Error>>, Error>>;

/// Carries out the commands of one method together. Cheap to clone.
pub struct Together<C, A> {
    inner: Arc<Inner<C, A>>,
}

struct Inner<C, A> {
    context: Context,
    use_case: UseCaseOfMany<C, A>,
    encode: fn(A) -> Vec<u8>,
    queue: Mutex<Queue<C>>,
}

struct Queue<C> {
    waiting: VecDeque<Waiting<C>>,
    /// Whether a task is at work on the queue.
    driven: bool,
    /// Commands of the transaction before.
    before: usize,
}

struct Waiting<C> {
    asked: Asked,
    command: C,
    answer: oneshot::Sender<Outcome>,
}

/// The bytes of an answer, or why there is none.
type Outcome = Result<Vec<u8>, Error>;

impl<C, A> Clone for Together<C, A> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<C, A> std::fmt::Debug for Together<C, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

impl<C, A> Together<C, A>
where
    C: Clone + Send + Sync + 'static,
    A: Send + 'static,
{
    /// `Res` is what an answer is on the wire.
    pub fn new<Res: Message + From<A>>(context: Context, use_case: UseCaseOfMany<C, A>) -> Self {
        let encode = |answer: A| Res::from(answer).encode_to_vec();
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), driven: false, before: 0 });
        Self { inner: Arc::new(Inner { context, use_case, encode, queue }) }
    }

    /// Carries out a command, with those that wait beside it. As with `Calls::run`, it is carried out even if the caller
    /// goes away.
    pub async fn run<Req, Res>(&self, request: Request<Req>) -> Result<Response<Res>, Status>
    where
        Req: Message,
        C: TryFrom<Req, Error = Error>,
        Res: Message + Default,
    {
        let (asked, message) = Asked::read(request)?;
        let command = C::try_from(message)?;
        let (answer, outcome) = oneshot::channel();
        self.enqueue(Waiting { asked, command, answer });
        let bytes = outcome.await.map_err(|_| Error::internal("a command was dropped unanswered"))??;
        Ok(Response::new(Res::decode(bytes.as_slice()).map_err(Error::internal)?))
    }

    fn enqueue(&self, waiting: Waiting<C>) {
        let mut queue = self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push_back(waiting);
        if !std::mem::replace(&mut queue.driven, true) {
            let inner = Arc::clone(&self.inner);
            tokio::spawn(inner.drive());
        }
    }
}

impl<C, A> Inner<C, A>
where
    C: Clone + Send + Sync + 'static,
    A: Send + 'static,
{
    /// Works until nobody waits. While a transaction is written to the disk the next one begins; what both need, it waits
    /// for in the database.
    async fn drive(self: Arc<Self>) {
        let mut before: Option<JoinHandle<()>> = None;
        loop {
            if self.expects_more() {
                tokio::time::sleep(MOMENT).await;
            }
            let Some(group) = self.next() else { return };
            let (ending, ends) = oneshot::channel();
            let inner = Arc::clone(&self);
            let task = tokio::spawn(async move { inner.carry_out(group, ending).await });
            // It is dropped untold where a transaction fails before its end.
            let _ = ends.await;
            if let Some(before) = before.replace(task) {
                let _ = before.await;
            }
        }
    }

    fn expects_more(&self) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        (1..queue.before / 2).contains(&queue.waiting.len()) && queue.before >= CROWD
    }

    /// The next commands in the order of their arrival. Of two with the same key the second waits, and then finds the
    /// answer of the first.
    fn next(&self) -> Option<Vec<Waiting<C>>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = BTreeSet::new();
        let (mut group, mut later) = (Vec::new(), VecDeque::new());
        while group.len() < MOST {
            let Some(waiting) = queue.waiting.pop_front() else { break };
            if keys.insert((waiting.asked.subject().to_owned(), waiting.asked.key.clone())) {
                group.push(waiting);
            } else {
                later.push_back(waiting);
            }
        }
        later.append(&mut queue.waiting);
        queue.waiting = later;
        queue.driven = !group.is_empty();
        queue.before = if group.is_empty() { queue.before } else { group.len() };
        (!group.is_empty()).then_some(group)
    }

    /// Says so when all is decided and only the end is left.
    async fn carry_out(&self, group: Vec<Waiting<C>>, ending: oneshot::Sender<()>) {
        metrics::histogram!("talentflow_commands_together", "service" => self.context.service)
            .record(f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX)));
        match self.tries(&group, Some(ending)).await {
            Ok(outcomes) => answer(group, outcomes),
            Err(error) if group.len() == 1 => answer(group, vec![Err(error)]),
            // Something about one of them fails the others: alone each shows what.
            Err(_) => {
                for waiting in group {
                    let alone = [waiting];
                    let outcome =
                        self.tries(&alone, None).await.map_or_else(Err, |mut outcomes| outcomes.pop().unwrap_or_else(missing));
                    answer(alone, vec![outcome]);
                }
            }
        }
    }

    async fn tries(&self, group: &[Waiting<C>], mut ending: Option<oneshot::Sender<()>>) -> Result<Vec<Outcome>, Error> {
        let mut attempt = 1;
        loop {
            // A panic is a defect of ours like any other: the transaction rolls back, and nobody waits for ever.
            let outcome = AssertUnwindSafe(self.once(group, &mut ending)).catch_unwind().await;
            match outcome.unwrap_or_else(|_| Err(Error::internal("a command panicked"))) {
                Err(error) if again(&error, attempt) => {
                    tracing::debug!(attempt, %error, "trying again");
                    pause(&self.context.chance, attempt).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn once(&self, group: &[Waiting<C>], ending: &mut Option<oneshot::Sender<()>>) -> Result<Vec<Outcome>, Error> {
        let now = self.context.clock.now();
        let mut tx = self.context.db.begin(Lane::Request).await?;
        let known = record::known(&self.context, &mut tx, group.iter().map(|waiting| &waiting.asked)).await?;
        let (mut outcomes, mut fresh, mut spans) = (Vec::with_capacity(group.len()), Vec::new(), Vec::new());
        for Waiting { asked, command, .. } in group {
            let first = known.get(&(asked.subject().to_owned(), asked.key.clone())).cloned();
            if let Some(first) = first {
                let repeated = asked.repeat(&self.context, first);
                outcomes.push(Some(repeated.and_then(|answer| answer.ok_or_else(|| Error::stale("idempotency-key")))));
                continue;
            }
            let span = tracing::info_span!("command", method = asked.call.method);
            telemetry::set_parent(&span, asked.call.traceparent.as_deref());
            let audit = AuditId::from_uuid(self.context.chance.uuid(now));
            let scope = span.in_scope(|| Scope::of_command(&self.context, asked, audit, now));
            spans.push(span);
            outcomes.push(None);
            fresh.push((audit, asked, Member { scope, command: command.clone() }));
        }
        let (asked, members): (Vec<_>, Vec<_>) = fresh.into_iter().map(|(audit, asked, member)| ((audit, asked), member)).unzip();
        let answers = if members.is_empty() { Vec::new() } else { (self.use_case)(&mut tx, &members).await? };
        drop(spans);
        if answers.len() != members.len() {
            return Err(Error::internal(format!("{} commands were given {} answers", members.len(), answers.len())));
        }
        let mut answered = Vec::with_capacity(answers.len());
        for (((audit, asked), member), answer) in asked.into_iter().zip(&members).zip(answers) {
            answered.push(match answer {
                Ok(answer) => {
                    let bytes = (self.encode)(answer);
                    let traceparent = member.scope.traceparent();
                    let entry = Entry { id: audit, service: self.context.service, at: now, traceparent };
                    asked.keep_whole(&mut tx, &bytes, &entry).await?;
                    Ok(bytes)
                }
                Err(error) => Err(error),
            });
        }
        if let Some(ending) = ending.take() {
            let _ = ending.send(());
        }
        tx.commit().await?;
        let mut answered = answered.into_iter();
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| answered.next().unwrap_or_else(missing))).collect())
    }
}

fn missing() -> Outcome {
    Err(Error::internal("a command has no outcome"))
}

/// Tells each its outcome. Who has gone away asks again with the same key.
fn answer<C>(group: impl IntoIterator<Item = Waiting<C>>, outcomes: Vec<Outcome>) {
    for (waiting, outcome) in group.into_iter().zip(outcomes) {
        let _ = waiting.answer.send(outcome);
    }
}
