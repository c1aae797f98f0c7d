//! Clients of the public API, each with the token of a role: who acts in the demo and in benchmarks.

use anyhow::Context as _;
use chrono::TimeDelta;
use kit::auth::{DevIssuer, Role};
use kit::clock::Clock;
use kit::rng::Chance;
use std::sync::Arc;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// Signs every request as one caller; a command gets a fresh idempotency key.
#[derive(Clone)]
pub struct Signature {
    token: MetadataValue<tonic::metadata::Ascii>,
    keys: Chance,
    clock: Clock,
}

impl Interceptor for Signature {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.token.clone());
        let key = self.keys.uuid(self.clock.now()).to_string();
        metadata.insert("idempotency-key", key.parse().map_err(|_| Status::internal("a key that is no header value"))?);
        Ok(request)
    }
}

pub type Line = InterceptedService<Channel, Signature>;

/// Hands out lines to the gateway.
#[derive(Clone)]
pub struct People {
    channel: Channel,
    pub address: String,
    issuer: Arc<DevIssuer>,
    clock: Clock,
    keys: Chance,
}

impl People {
    pub async fn connect(address: String, issuer: Arc<DevIssuer>, clock: Clock) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(address.clone())?.tcp_nodelay(true);
        let channel = endpoint.connect().await.with_context(|| format!("the gateway at {address}"))?;
        Ok(Self { channel, address, issuer, clock, keys: Chance::system()? })
    }

    pub fn token(&self, subject: &str, organisation: Option<&str>, roles: &[Role]) -> anyhow::Result<String> {
        Ok(self.issuer.token(subject, organisation, roles, TimeDelta::hours(12), self.clock.unshifted())?)
    }

    pub fn line(&self, subject: &str, organisation: Option<&str>, roles: &[Role]) -> anyhow::Result<Line> {
        let token = format!("Bearer {}", self.token(subject, organisation, roles)?).parse()?;
        Ok(InterceptedService::new(self.channel.clone(), Signature { token, keys: self.keys.clone(), clock: self.clock.clone() }))
    }

    pub fn bureau(&self) -> anyhow::Result<Line> {
        self.line("clerk@bureau", None, &[Role::Bureau])
    }
    pub fn finance(&self) -> anyhow::Result<Line> {
        self.line("officer@finance", None, &[Role::Finance])
    }
    pub fn school(&self, organisation: &str) -> anyhow::Result<Line> {
        self.line("office@school", Some(organisation), &[Role::School])
    }
    pub fn enterprise(&self, organisation: &str) -> anyhow::Result<Line> {
        self.line("office@enterprise", Some(organisation), &[Role::Enterprise])
    }
}
