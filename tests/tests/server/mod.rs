//! A server as its users start it.

#![allow(dead_code, reason = "each test file uses its part of the server")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop, loudly")]

use std::path::Path;
use std::process::{Child, Command};
use testkit::{Served, binary, serve};

/// A server on an empty database, ended with the test.
pub struct Server {
    process: Child,
    pub address: String,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    /// With variables of its configuration.
    pub fn with(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let url = format!("sqlite:{}", folder.join("town.db").display());
        let mut command = Command::new(binary());
        command.env_clear().envs(settings.iter().copied()).args(["serve", "--database-url", &url]);
        let Served { process, api, .. } = serve(command);
        Self { process, address: api.to_string() }
    }

    /// What a path answers: to a body that is posted, once a path, or to a question.
    pub fn ask(&self, path: &str, token: &str, body: Option<&str>) -> serde_json::Value {
        let (url, bearer) = (format!("http://{}{path}", self.address), format!("authorization: Bearer {token}"));
        let key = format!("idempotency-key: {path}");
        let mut curl = Command::new("curl");
        curl.args(["-sS", &url, "-H", "content-type: application/json", "-H", &bearer, "-H", &key])
            .args(body.into_iter().flat_map(|body| ["-d", body]));
        serde_json::from_slice(&curl.output().unwrap().stdout).unwrap()
    }

    pub fn token(&self, role: &str) -> String {
        let answer = self.ask("/dev/token", "", Some(&format!("{{\"subject\":\"somebody\",\"roles\":[\"{role}\"]}}")));
        let text = |value: &serde_json::Value| value.as_str().filter(|text| text.matches('.').count() == 2).map(str::to_owned);
        answer.as_object().unwrap().values().find_map(text).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
