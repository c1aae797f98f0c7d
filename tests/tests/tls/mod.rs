//! TLS that ends before a server, with a certificate of an authority of one's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop, loudly")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// It ends with the value.
pub struct Tls {
    pub address: SocketAddr,
    /// Who vouches for `localhost`, in PEM.
    pub authority: PathBuf,
    answered: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Tls {
    pub fn before(server: &str, folder: &Path) -> Self {
        let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let [authority, authority_key, own, own_key] = ["ca.pem", "ca.key", "own.pem", "own.key"].map(file);
        let (request, names) = (file("own.csr"), file("own.ext"));
        std::fs::write(&names, "subjectAltName = DNS:localhost\n").unwrap();
        let new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        openssl(&[
            &["req", "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", &authority_key, "-out", &authority],
            &new[..],
        ]);
        openssl(&[&["req", "-subj", "/CN=localhost", "-keyout", &own_key, "-out", &request], &new[..]]);
        let by = ["-CA", &authority, "-CAkey", &authority_key, "-CAcreateserial", "-days", "2"];
        openssl(&[&["x509", "-req", "-in", &request, "-extfile", &names, "-out", &own], &by[..]]);

        let chain = CertificateDer::pem_file_iter(own).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(own_key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config = config.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];

        let (runtime, answered) = (Runtime::new().unwrap(), Arc::new(AtomicUsize::new(0)));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(pass_on(listener, TlsAcceptor::from(Arc::new(config)), server.to_owned(), answered.clone()));
        Self { address, authority: authority.into(), answered, _runtime: runtime }
    }

    /// How many connections went on to the server.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

async fn pass_on(listener: TcpListener, acceptor: TlsAcceptor, server: String, answered: Arc<AtomicUsize>) {
    while let Ok((plain, _)) = listener.accept().await {
        let (acceptor, server, answered) = (acceptor.clone(), server.clone(), answered.clone());
        tokio::spawn(async move {
            // A client that does not trust us goes away here.
            let Ok(mut near) = acceptor.accept(plain).await else { return };
            answered.fetch_add(1, Ordering::SeqCst);
            let mut far = TcpStream::connect(server).await.unwrap();
            // Either side may go away at any time.
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

fn openssl(arguments: &[&[&str]]) {
    let made = Command::new("openssl").args(arguments.concat()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
