//! The bus inside one process: publishing hands the batch to every consumer that follows it and returns
//! when they have committed. It holds nothing itself, so a killed process loses nothing: the outbox row
//! stays unsent until every consumer has it.

use crate::error::Error;
use crate::event::Envelope;
use crate::inbox::{Consumer, Outcome};
use futures::future::join_all;
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Debug, Clone, Default)]
pub struct LocalBus {
    consumers: Arc<RwLock<Vec<Consumer>>>,
}

impl LocalBus {
    pub(super) fn subscribe(&self, consumer: Consumer) {
        self.consumers.write().unwrap_or_else(PoisonError::into_inner).push(consumer);
    }

    pub(super) async fn publish(&self, batch: Vec<Envelope>) -> Vec<Result<(), Error>> {
        let consumers = self.consumers.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut results: Vec<Result<(), Error>> = batch.iter().map(|_| Ok(())).collect();
        let deliveries = consumers.iter().filter_map(|consumer| {
            let mine: Vec<usize> = (0..batch.len()).filter(|at| consumer.follows(&batch[*at].channel)).collect();
            let events = mine.iter().map(|at| batch[*at].clone()).collect();
            (!mine.is_empty()).then_some(async move { (mine, consumer.deliver(events).await) })
        });
        for (mine, outcomes) in join_all(deliveries).await {
            for (at, outcome) in mine.into_iter().zip(outcomes) {
                if let Outcome::Retry(error) = outcome {
                    results[at] = Err(error);
                }
            }
        }
        results
    }
}
