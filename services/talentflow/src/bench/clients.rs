//! Clients that approve claims by gRPC, each over a connection of its own.

use super::scratch::HASH;
use crate::people::{Line, People};
use anyhow::ensure;
use futures::future::try_join_all;
use kit::auth::{DevIssuer, Role};
use kit::clock::Clock;
use proto::subsidy::v1::subsidy_service_client::SubsidyServiceClient;
use proto::subsidy::v1::{ApproveClaimRequest, BatchApproveClaimsRequest};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use subsidy::domain::ClaimId;
use tonic::{Code, Status};

type Client = SubsidyServiceClient<Line>;

/// Claims of one batch.
const OF_BATCH: usize = 1000;

/// Clients of one server.
pub struct Clients(Vec<Client>);

/// What commands came to.
#[derive(Debug, Default, Clone, Copy)]
pub struct Decisions {
    pub granted: usize,
    /// Refused because the budget has no more.
    pub refused: usize,
    pub per_second: f64,
}

impl Clients {
    pub async fn connect(count: usize, address: &str, issuer: &Arc<DevIssuer>) -> anyhow::Result<Self> {
        let client = |n: usize| async move {
            let people = People::connect(address.to_owned(), Arc::clone(issuer), Clock::System).await?;
            anyhow::Ok(SubsidyServiceClient::new(people.line(&format!("officer-{n}@finance"), None, &[Role::Finance])?))
        };
        Ok(Self(try_join_all((0..count).map(client)).await?))
    }

    /// Approves the claims one a call. Every client has so many `calls` under way, and makes the next as soon as one is
    /// answered.
    pub async fn approve(&self, claims: &[ClaimId], calls: usize) -> anyhow::Result<Decisions> {
        let (next, claims) = (Arc::new(AtomicUsize::new(0)), Arc::<[ClaimId]>::from(claims));
        let started = Instant::now();
        // In tasks of their own: all in one would be one client with a long list.
        let work = self.0.iter().flat_map(|client| std::iter::repeat_n(client, calls)).map(|client| {
            let (mut client, next, claims) = (client.clone(), Arc::clone(&next), Arc::clone(&claims));
            tokio::spawn(async move {
                let mut granted = 0;
                while let Some(claim) = claims.get(next.fetch_add(1, Ordering::Relaxed)) {
                    client.approve_claim(approval(*claim)).await?;
                    granted += 1;
                }
                Ok::<_, Status>(granted)
            })
        });
        let mut granted = 0;
        for one in work.collect::<Vec<_>>() {
            granted += one.await??;
        }
        Ok(Decisions { granted, refused: 0, per_second: rate(claims.len(), started) })
    }

    /// Approves the claims at a fixed rate whatever the answers take, and says how long one took of a hundred of which all
    /// the others were faster: from the moment it should have been asked, so that a stall counts for all it held up.
    pub async fn approve_at(&self, claims: &[ClaimId], per_second: f64) -> anyhow::Result<Duration> {
        let started = Instant::now() + Duration::from_millis(50);
        let calls = claims.iter().enumerate().map(|(n, claim)| {
            let mut client = self.0[n % self.0.len()].clone();
            let due = started + Duration::from_secs_f64(f64::from(u32::try_from(n).unwrap_or(u32::MAX)) / per_second);
            let claim = *claim;
            tokio::spawn(async move {
                tokio::time::sleep_until(due.into()).await;
                client.approve_claim(approval(claim)).await?;
                Ok::<_, Status>(due.elapsed())
            })
        });
        let mut took = Vec::with_capacity(claims.len());
        for call in calls.collect::<Vec<_>>() {
            took.push(call.await??);
        }
        took.sort_unstable();
        Ok(took[took.len() * 99 / 100])
    }

    /// All at once, more than there is money for.
    pub async fn race(&self, claims: &[ClaimId]) -> anyhow::Result<Decisions> {
        let started = Instant::now();
        let calls = claims.iter().enumerate().map(|(n, claim)| {
            let (mut client, claim) = (self.0[n % self.0.len()].clone(), *claim);
            tokio::spawn(async move { client.approve_claim(approval(claim)).await })
        });
        let mut decisions = Decisions::default();
        for call in calls.collect::<Vec<_>>() {
            match call.await? {
                Ok(_) => decisions.granted += 1,
                Err(status) => {
                    ensure!(status.code() == Code::FailedPrecondition && status.message().contains("available"), "{status}");
                    decisions.refused += 1;
                }
            }
        }
        decisions.per_second = rate(claims.len(), started);
        Ok(decisions)
    }

    /// A thousand a command, by one client.
    pub async fn approve_in_batches(&self, claims: &[ClaimId]) -> anyhow::Result<Decisions> {
        let (mut client, started) = (self.0[0].clone(), Instant::now());
        for batch in claims.chunks(OF_BATCH) {
            let requests = batch.iter().map(|claim| approval(*claim)).collect();
            client.batch_approve_claims(BatchApproveClaimsRequest { requests }).await?;
        }
        Ok(Decisions { granted: claims.len(), refused: 0, per_second: rate(claims.len(), started) })
    }
}

fn approval(claim: ClaimId) -> ApproveClaimRequest {
    ApproveClaimRequest { name: claim.to_string(), content_hash: HASH.to_owned() }
}

fn rate(count: usize, since: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / since.elapsed().as_secs_f64()
}
