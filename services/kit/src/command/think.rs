//! A command that takes long to think about holds no transaction meanwhile.

use super::{Asked, Calls, Job, Scope, UseCase, tried};
use crate::db::Lane;
use crate::error::Error;
use crate::id::{AuditId, Id as _};
use crate::telemetry;
use prost::Message;
use std::time::Instant;
use tonic::{Request, Response, Status};
use tracing::Instrument;

impl Calls {
    /// Carries out a command that takes long to think about: it makes ready what is due anyhow, in a transaction of its
    /// own, looks in a reading one, thinks in a thread while none is open, and acts in one transaction like every other
    /// command. What it saw may have changed by then: `act` guards what the thought rests on, and a stale one is thought
    /// through anew.
    pub async fn think<Req, Cmd, Seen, Plan, Out, Res, R, L, U>(
        &self,
        request: Request<Req>,
        ready: R,
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
        R: for<'a> UseCase<'a, Cmd, ()>,
        L: for<'a> UseCase<'a, Cmd, Seen>,
        U: for<'a> UseCase<'a, Plan, Out>,
    {
        let (asked, message) = Asked::read(request)?;
        let command = Cmd::try_from(message)?;
        let job = Job { context: self.context.clone(), asked };
        let span = tracing::info_span!("command", method = job.asked.call.method);
        telemetry::set_parent(&span, job.asked.call.traceparent.as_deref());
        let tries = async move {
            let job = &job;
            let once = move || job.consider::<Cmd, Seen, Plan, Out, Res, R, L, U>(command.clone(), ready, look, think, act);
            tried(&job.context.chance, once).await
        };
        let answer = tokio::spawn(tries.instrument(span)).await.map_err(Error::internal)??;
        Ok(Response::new(Res::decode(answer.as_slice()).map_err(Error::internal)?))
    }
}

impl Job {
    /// Makes ready, looks, thinks, and only then begins the command's transaction.
    async fn consider<Cmd, Seen, Plan, Out, Res, R, L, U>(
        &self,
        command: Cmd,
        ready: R,
        look: L,
        think: fn(&Scope, Seen) -> Result<Plan, Error>,
        act: U,
    ) -> Result<Vec<u8>, Error>
    where
        Cmd: Clone + Send,
        Seen: Send + 'static,
        Plan: Send + 'static,
        Out: Send,
        Res: Message + From<Out>,
        R: for<'a> UseCase<'a, Cmd, ()>,
        L: for<'a> UseCase<'a, Cmd, Seen>,
        U: for<'a> UseCase<'a, Plan, Out>,
    {
        let now = self.context.clock.now();
        let scope = Scope::of_command(&self.context, &self.asked, AuditId::from_uuid(self.context.chance.uuid(now)), now);
        let mut tx = self.context.db.read(Lane::Request).await?;
        if let Some(answer) = self.asked.known_answer(&self.context, &mut tx).await? {
            tx.rollback().await?;
            return Ok(answer);
        }
        tx.rollback().await?;
        let looked = Instant::now();
        let mut tx = self.context.db.begin(Lane::Request).await?;
        ready.call(&mut tx, &scope, command.clone()).await?;
        tx.commit().await?;
        let mut tx = self.context.db.read(Lane::Request).await?;
        let seen = look.call(&mut tx, &scope, command).await?;
        tx.rollback().await?;
        let (look, thought) = (looked.elapsed(), Instant::now());
        let plan = tokio::task::spawn_blocking(move || think(&scope, seen)).await.map_err(Error::internal)??;
        let (think, acted) = (thought.elapsed(), Instant::now());
        let answer = self.once::<Plan, Out, Res, U>(plan, act).await;
        tracing::debug!(method = self.asked.call.method, ?look, ?think, act = ?acted.elapsed(), "thought through");
        answer
    }
}
