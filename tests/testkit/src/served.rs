//! A `talentflow serve` that is up.

use crate::log::await_line;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A server, and where it listens.
#[derive(Debug)]
pub struct Served {
    pub process: Child,
    pub api: SocketAddr,
    pub ops: SocketAddr,
}

/// Starts a server on ports that it draws itself, so that nobody takes them in between, and reads from its log which.
///
/// # Panics
/// With its log, if it stops before it serves.
pub fn serve(mut command: Command) -> Served {
    command.args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--log", "warn,talentflow=info"]);
    let mut process = command.stderr(Stdio::piped()).spawn().expect("the binary is there");
    let addresses = await_line(&mut process, |line| {
        let address = |name| line.split_whitespace().find_map(|word| word.strip_prefix(name)?.parse().ok());
        Some((address("api=")?, address("ops=")?))
    });
    match addresses {
        Ok((api, ops)) => Served { process, api, ops },
        Err(said) => panic!("the server did not start ({:?}):\n{said}", process.wait()),
    }
}

/// Tells a process to stop, as Kubernetes does, and waits until it has.
///
/// # Panics
/// If it is gone already.
pub fn terminate(process: &mut Child) -> ExitStatus {
    assert!(Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap().success());
    process.wait().unwrap()
}
