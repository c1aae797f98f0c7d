//! Commands of one method carried out together (group commit): those that arrive while a transaction is under way make the
//! next one. What costs one command a few milliseconds of waiting for the disk costs a hundred of them the same, and rows
//! that everybody needs, such as a budget, are locked once for all.
//!
//! Each command keeps its own scope, idempotency record, audit entry and outcome: one that is refused does not hold up the
//! others, and leaves nothing behind. A transaction that fails as a whole is tried again, and in the end each of its
//! commands alone, so that only who is at fault hears of it.

use super::record::{self, Asked, Entry};
use super::{Scope, tried};
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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tonic::{Request, Response, Status};

/// Commands of one transaction at most.
const MOST: usize = 256;
/// So many commands are a crowd, which is worth two transactions.
const CROWD: usize = 16;

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
    /// Commands of each transaction that is under way; two at most.
    sizes: Vec<usize>,
}

/// A transaction under way. However it ends, the next is looked for.
struct Place<C: Clone + Send + Sync + 'static, A: Send + 'static> {
    inner: Arc<Inner<C, A>>,
    size: usize,
}

impl<C: Clone + Send + Sync + 'static, A: Send + 'static> Drop for Place<C, A> {
    fn drop(&mut self) {
        let mut queue = self.inner.lock();
        if let Some(at) = queue.sizes.iter().position(|size| *size == self.size) {
            queue.sizes.swap_remove(at);
        }
        drop(queue);
        Inner::begin(&self.inner);
    }
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
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), sizes: Vec::new() });
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
        self.inner.lock().waiting.push_back(waiting);
        Inner::begin(&self.inner);
    }
}

impl<C> Queue<C> {
    /// The commands that begin now, in the order of their arrival. Of two with the same key the second waits, and then finds
    /// the answer of the first.
    fn next(&mut self) -> Option<Vec<Waiting<C>>> {
        let under_way: usize = self.sizes.iter().sum();
        let crowd = under_way + self.waiting.len();
        let due = match self.sizes.len() {
            0 => !self.waiting.is_empty(),
            // A second one begins when it is as large as the first, and not before: each costs the same, however small.
            1 => self.waiting.len() >= under_way,
            _ => false,
        };
        if !due {
            return None;
        }
        // Half of a crowd, so that the other half is the next while this one is at work.
        let most = if crowd < CROWD { crowd } else { crowd.div_ceil(2) }.min(MOST);
        let mut keys = BTreeSet::new();
        let (mut group, mut later) = (Vec::new(), VecDeque::new());
        while group.len() < most {
            let Some(waiting) = self.waiting.pop_front() else { break };
            if keys.insert((waiting.asked.subject().to_owned(), waiting.asked.key.clone())) {
                group.push(waiting);
            } else {
                later.push_back(waiting);
            }
        }
        later.append(&mut self.waiting);
        self.waiting = later;
        self.sizes.push(group.len());
        Some(group)
    }
}

impl<C, A> Inner<C, A> {
    fn lock(&self) -> MutexGuard<'_, Queue<C>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C, A> Inner<C, A>
where
    C: Clone + Send + Sync + 'static,
    A: Send + 'static,
{
    /// Begins what is due. While a transaction waits for the disk, or for rows that it needs of the one before, the next is
    /// at work.
    fn begin(inner: &Arc<Self>) {
        let mut queue = inner.lock();
        while let Some(group) = queue.next() {
            let place = Place { inner: Arc::clone(inner), size: group.len() };
            tokio::spawn(async move { place.inner.carry_out(group).await });
        }
    }

    async fn carry_out(&self, group: Vec<Waiting<C>>) {
        metrics::histogram!("talentflow_commands_together", "service" => self.context.service)
            .record(f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX)));
        match self.tries(&group).await {
            Ok(outcomes) => answer(group, outcomes),
            Err(error) if group.len() == 1 => answer(group, vec![Err(error)]),
            // Something about one of them fails the others: alone each shows what.
            Err(_) => {
                for waiting in group {
                    let alone = [waiting];
                    let outcome =
                        self.tries(&alone).await.map_or_else(Err, |mut outcomes| outcomes.pop().unwrap_or_else(missing));
                    answer(alone, vec![outcome]);
                }
            }
        }
    }

    async fn tries(&self, group: &[Waiting<C>]) -> Result<Vec<Outcome>, Error> {
        let once = async |met: bool| {
            // A panic is a defect of ours like any other: the transaction rolls back, and nobody waits for ever.
            let outcome = AssertUnwindSafe(self.once(group, met)).catch_unwind().await;
            outcome.unwrap_or_else(|_| Err(Error::internal("a command panicked")))
        };
        match once(false).await {
            // Whatever it is may be that of a command which is not new.
            Err(_) => tried(&self.context.chance, || once(true)).await,
            outcome => outcome,
        }
    }

    /// Most commands are new, and that one is not shows by itself: what it did the first time has it refused, or a statement
    /// fail, or its record is there already. So keys are looked for only where something of the kind was `met`.
    async fn once(&self, group: &[Waiting<C>], met: bool) -> Result<Vec<Outcome>, Error> {
        let now = self.context.clock.now();
        let mut tx = self.context.db.begin(Lane::Request).await?;
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(group.len());
        outcomes.resize_with(group.len(), || None);
        if met {
            self.repeat(&mut tx, group, &mut outcomes, |_| true).await?;
        }
        let (mut fresh, mut members, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for (place, Waiting { asked, command, .. }) in group.iter().enumerate() {
            if outcomes[place].is_some() {
                continue;
            }
            let span = tracing::info_span!("command", method = asked.call.method);
            telemetry::set_parent(&span, asked.call.traceparent.as_deref());
            let audit = AuditId::from_uuid(self.context.chance.uuid(now));
            let scope = span.in_scope(|| Scope::of_command(&self.context, asked, audit, now));
            spans.push(span);
            fresh.push((place, audit));
            members.push(Member { scope, command: command.clone() });
        }
        let answers = if members.is_empty() { Vec::new() } else { (self.use_case)(&mut tx, &members).await? };
        drop(spans);
        if answers.len() != members.len() {
            return Err(Error::internal(format!("{} commands were given {} answers", members.len(), answers.len())));
        }
        for (((place, audit), member), answer) in fresh.into_iter().zip(&members).zip(answers) {
            outcomes[place] = Some(match answer {
                Ok(answer) => {
                    let bytes = (self.encode)(answer);
                    let traceparent = member.scope.traceparent();
                    let entry = Entry { id: audit, service: self.context.service, at: now, traceparent };
                    group[place].asked.keep_whole(&mut tx, &bytes, &entry).await?;
                    Ok(bytes)
                }
                Err(error) => Err(error),
            });
        }
        if !met {
            self.repeat(&mut tx, group, &mut outcomes, |outcome| matches!(outcome, Some(Err(_)))).await?;
        }
        tx.commit().await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missing)).collect())
    }

    /// Gives those commands their first answer that have one, of those whose outcome so far is as wanted.
    async fn repeat(
        &self,
        tx: &mut Tx,
        group: &[Waiting<C>],
        outcomes: &mut [Option<Outcome>],
        wanted: fn(&Option<Outcome>) -> bool,
    ) -> Result<(), Error> {
        let asked = group.iter().zip(&*outcomes).filter(|(_, outcome)| wanted(outcome)).map(|(waiting, _)| &waiting.asked);
        let mut known = record::known(&self.context, tx, asked).await?;
        for (Waiting { asked, .. }, outcome) in group.iter().zip(outcomes) {
            if let Some(first) = known.remove(&(asked.subject().to_owned(), asked.key.clone())) {
                let repeated = asked.repeat(&self.context, first);
                *outcome = Some(repeated.and_then(|answer| answer.ok_or_else(|| Error::stale("idempotency-key"))));
            }
        }
        Ok(())
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
