//! Where the issuer's keys come from: a file, or an address.

use reqwest::{Client, Url, redirect};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// No key set is longer; an endless answer must not fill the memory.
const LONGEST: usize = 256 * 1024;
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) enum Source {
    File(PathBuf),
    Web { url: Url, client: Client },
}

impl Source {
    /// `text` is a path, or an `http://` or `https://` address.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let url = Url::parse(text).map_err(|error| format!("it is not an address: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address carries a password, which would reach the logs".to_owned());
        }
        // TLS without an installed provider panics; a second installation is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            // The keys are where the configuration says, not where an answer says.
            .redirect(redirect::Policy::none());
        // A plain address needs no certificates, and a slim container has none to load.
        let client = if url.scheme() == "http" { client.tls_certs_only([]) } else { client };
        let client = client.build().map_err(|error| chain(&error))?;
        Ok(Self::Web { url, client })
    }

    pub(super) async fn load(&self) -> Result<String, String> {
        let bytes = match self {
            Self::File(path) => tokio::fs::read(path).await.map_err(|error| error.to_string())?,
            Self::Web { url, client } => fetch(url, client).await?,
        };
        if bytes.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
    }
}

async fn fetch(url: &Url, client: &Client) -> Result<Vec<u8>, String> {
    let mut response = client.get(url.clone()).send().await.map_err(|error| chain(&error))?;
    if !response.status().is_success() {
        return Err(format!("the answer was {}", response.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST {
            break;
        }
    }
    Ok(bytes)
}

/// reqwest says "error sending request" and hides why in its sources: put all into one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Web { url, .. } => write!(f, "{url}"),
        }
    }
}
