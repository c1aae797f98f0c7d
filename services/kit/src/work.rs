//! The worker: what was begun is finished.
//!
//! A command that is too much for one transaction decides in one, and leaves the rest to steps of bounded size. What is
//! left stands in the service's own tables, so whoever takes the next step, and after whatever end of a process, goes on
//! where the last one committed. A commit wakes it, and so does the start of the process; nothing polls.

use crate::command::{Scope, pause, tried};
use crate::context::Context;
use crate::db::Lane;
use crate::error::Error;
use crate::service::Step;
use tokio_util::sync::CancellationToken;

/// Takes one service's steps.
#[derive(Clone)]
pub struct Worker {
    context: Context,
    step: Step,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("service", &self.context.service).finish_non_exhaustive()
    }
}

impl Worker {
    pub fn new(context: Context, step: Step) -> Self {
        Self { context, step }
    }

    /// Goes on with whatever an earlier process left, then with what is begun, until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.drain(&stop).await {
                Ok(_) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(service = self.context.service, %error, failures, "what was begun waits");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = pause(&self.context.chance, failures) => continue,
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.context.begun.notified() => {}
            }
        }
    }

    /// Takes the steps there are and answers how many that were.
    pub async fn drain(&self, stop: &CancellationToken) -> Result<u64, Error> {
        let mut steps = 0;
        while !stop.is_cancelled() {
            let worker = self.clone();
            // In a task of its own: whoever waits for us may be cancelled.
            if !tokio::spawn(async move { worker.step().await }).await.map_err(Error::internal)?? {
                break;
            }
            steps += 1;
        }
        Ok(steps)
    }

    async fn step(&self) -> Result<bool, Error> {
        tried(&self.context.chance, || self.once()).await
    }

    async fn once(&self) -> Result<bool, Error> {
        let scope = Scope::of_job(&self.context, "");
        let mut tx = self.context.db.begin(Lane::Background).await?;
        let more = (self.step)(&mut tx, &scope).await?;
        if more {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(more)
    }
}
