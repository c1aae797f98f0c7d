//! A `talentflow serve` that is up.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

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
    let mut log = BufReader::new(process.stderr.take().expect("it is piped"));
    match addresses(&mut log) {
        Ok((api, ops)) => {
            // What it says later is for whoever reads the test's output; with nobody reading it would stop.
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::stderr()));
            Served { process, api, ops }
        }
        Err(said) => panic!("the server did not start ({:?}):\n{said}", process.wait()),
    }
}

/// Where a server says that it listens; all that it said, if it ends without.
fn addresses(log: &mut impl BufRead) -> Result<(SocketAddr, SocketAddr), String> {
    let mut said = String::new();
    loop {
        let before = said.len();
        if log.read_line(&mut said).expect("the log is text") == 0 {
            return Err(said);
        }
        let address = |name| said[before..].split_whitespace().find_map(|word| word.strip_prefix(name)?.parse().ok());
        if let (Some(api), Some(ops)) = (address("api="), address("ops=")) {
            return Ok((api, ops));
        }
    }
}
