//! The network edge under clients that do not let go.

use crate::town::{Left, keyed, rotation_on, teacher};
use kit::config::ServerConfig;
use kit::db::{Lane, args, statements};
use kit::serve::{bind, serve};
use proto::rotation::v1::rotation_service_client::RotationServiceClient;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use testkit::{Sandbox, TestDb, sqlite};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

pub struct Edge {
    pub sandbox: Sandbox,
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<Result<(), kit::Error>>,
}

impl Edge {
    async fn new(drain_seconds: u64) -> Self {
        Self::on(sqlite(&[rotation::MIGRATIONS]).await, drain_seconds).await
    }

    pub async fn on(test: TestDb, drain_seconds: u64) -> Self {
        let sandbox = rotation_on(test).await;
        let listener = bind("server.listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, stop) = (sandbox.runtime.routers["rotation"].clone(), CancellationToken::new());
        let (config, until) = (ServerConfig { drain_seconds, ..ServerConfig::default() }, stop.clone());
        let served = tokio::spawn(async move { serve(listener, router, &config, until).await });
        Self { sandbox, address, stop, served }
    }

    pub async fn client(&self) -> (RotationServiceClient<Channel>, MetadataValue<Ascii>) {
        let who = teacher();
        let hour = chrono::Duration::hours(1);
        let issuer = &self.sandbox.issuer;
        let token = issuer.token(&who.subject, who.organisation.as_deref(), &who.roles, hour, self.sandbox.clock.now()).unwrap();
        let channel = Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap();
        (RotationServiceClient::new(channel), format!("Bearer {token}").parse().unwrap())
    }

    /// Stops, and answers how long that took.
    async fn stopped(self) -> Duration {
        let began = Instant::now();
        self.stop.cancel();
        timeout(Duration::from_secs(20), self.served).await.expect("the server stops").unwrap().unwrap();
        began.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_in_its_time_although_clients_keep_their_connections_open() {
    let edge = Edge::new(2).await;
    let (mut client, token) = edge.client().await;
    let mut request = keyed(1);
    request.metadata_mut().insert("authorization", token);
    client.create_rotation(request).await.unwrap();
    // One that says nothing, one in the middle of a request, one in the middle of a frame.
    let mut open = Vec::new();
    for words in [
        &b""[..],
        b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 100\r\n\r\nhalf",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00",
    ] {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        stream.write_all(words).await.unwrap();
        open.push(stream);
    }
    sleep(Duration::from_millis(200)).await;
    let took = edge.stopped().await;
    println!("stopped after {took:?} with {} connections held open", open.len() + 1);
    assert!(took >= Duration::from_secs(1), "nothing held the server: {took:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    drop((client, open));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_in_its_time_although_a_request_does_not_end() {
    let edge = Edge::new(1).await;
    let held = edge.sandbox.test.db.begin(Lane::Background).await.unwrap();
    let (mut client, token) = edge.client().await;
    let at_work = tokio::spawn(async move {
        let mut request = keyed(1);
        request.metadata_mut().insert("authorization", token);
        client.create_rotation(request).await
    });
    sleep(Duration::from_millis(200)).await;
    assert!(!at_work.is_finished(), "the request was not held");
    let db = edge.sandbox.test.db.clone();
    let took = edge.stopped().await;
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
    held.rollback().await.unwrap();
    at_work.abort();
    // Whole or not at all, also here.
    sleep(Duration::from_millis(500)).await;
    let left = Left::in_tables(&db).await;
    assert_eq!(left, Left::whole(left.rotations));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_at_work_is_answered_before_the_server_stops() {
    let edge = Edge::new(5).await;
    let mut held = edge.sandbox.test.db.begin(Lane::Background).await.unwrap();
    held.execute(TOUCH, args![]).await.unwrap();
    let (mut client, token) = edge.client().await;
    let at_work = tokio::spawn(async move {
        let mut request = keyed(1);
        request.metadata_mut().insert("authorization", token);
        let answer = client.create_rotation(request).await;
        drop(client);
        answer
    });
    sleep(Duration::from_millis(200)).await;
    assert!(!at_work.is_finished(), "the request was not held");
    edge.stop.cancel();
    sleep(Duration::from_millis(200)).await;
    held.rollback().await.unwrap();
    at_work.await.unwrap().unwrap();
    let db = edge.sandbox.test.db.clone();
    let took = edge.stopped().await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(Left::in_tables(&db).await, Left::whole(1));
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_plainly() {
    let taken = bind("server.listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let text = bind("server.listen", address).await.unwrap_err().to_string();
    assert!(text.contains(&address.to_string()) && text.contains("server.listen") && !text.contains('\n'), "{text}");
}

statements! {
    TOUCH = "UPDATE rotation_person SET changes = changes";
}
