//! Where a service is: in this process, called without a socket, or elsewhere over gRPC.

use axum::body::Body;
use axum::response::Response;
use http::Request;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tower::{Service, ServiceExt};

/// One service as the gateway reaches it.
#[derive(Debug, Clone)]
pub enum Upstream {
    Local(axum::Router),
    Remote(Channel),
}

impl Upstream {
    /// A service elsewhere. The connection is made when it is first needed, and again when it is lost.
    pub fn remote(url: &str) -> Result<Self, kit::Error> {
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|_| {
            kit::Error::unavailable(format!("`{url}` is not the address of a service: expected http://host:port"))
        })?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(3))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_while_idle(true);
        Ok(Self::Remote(endpoint.connect_lazy()))
    }

    /// Passes a gRPC request on.
    pub async fn call(&self, request: Request<Body>) -> Response {
        match self {
            Self::Local(router) => match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Self::Remote(channel) => {
                let mut channel = channel.clone();
                let request = request.map(tonic::body::Body::new);
                let answer = async {
                    std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
                    channel.call(request).await
                };
                match answer.await {
                    Ok(response) => response.map(Body::new),
                    Err(error) => {
                        tracing::warn!(%error, "a service does not answer");
                        kit::Error::unavailable("the service does not answer; try again in a moment").into_status().into_http()
                    }
                }
            }
        }
    }
}
