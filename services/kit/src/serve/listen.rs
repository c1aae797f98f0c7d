//! The network edge: one port that speaks HTTP/1.1 and HTTP/2, with every limit set, and a stop that ends.

use crate::config::ServerConfig;
use crate::error::Error;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// The largest message in either direction; a batch of 1,000 is well below it.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Serves `router` until `stop`, then lets requests finish for `drain_seconds` and no longer: a client that
/// keeps its connection open cannot hold the process (hyper issue 4170).
pub async fn serve(
    listener: TcpListener,
    router: axum::Router,
    config: &ServerConfig,
    stop: CancellationToken,
) -> Result<(), Error> {
    let server = Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(config.max_concurrent_streams)
        .max_connection_age(Duration::from_secs(config.max_connection_age_seconds))
        .max_connection_age_grace(Duration::from_secs(config.max_connection_age_grace_seconds))
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_pending_accept_reset_streams(Some(100))
        .http2_max_header_list_size(32 * 1024)
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(incoming(listener), stop.clone().cancelled_owned());
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(config.drain_seconds)).await;
    };
    tokio::select! {
        served = server => served.map_err(Error::internal),
        () = deadline => {
            tracing::warn!(seconds = config.drain_seconds, "connections still open after the drain; closing them");
            Ok(())
        }
    }
}

/// Connections that send what there is at once: an answer is several frames, and a kernel that holds a frame back
/// until the one before is acknowledged adds 40 ms to it. Set here, as the server sets nothing on sockets it did not
/// accept itself.
fn incoming(listener: TcpListener) -> TcpIncoming {
    TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(Duration::from_mins(1)))
}

/// Binds an address, or says plainly that it cannot.
pub async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| {
        Error::unavailable(format!("cannot listen on {address}: {source}; set {key} to a free address (port 0 takes any)"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt as _;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_connection_holds_no_frame_back() {
        let listener = bind("server.listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut incoming = incoming(listener);
        let (_client, accepted) = tokio::join!(TcpStream::connect(address), incoming.next());
        assert!(accepted.unwrap().unwrap().nodelay().unwrap());
    }
}
