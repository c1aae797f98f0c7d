//! What a server says of itself while it starts.

use std::io::{BufRead, BufReader};
use std::process::Child;

/// Reads the log of a process whose stderr is piped, line by line, until one tells what is looked for. What it says
/// later is for whoever reads the test's output; with nobody reading it would stop.
///
/// # Errors
/// All that it said, if it ends without.
pub fn await_line<T>(process: &mut Child, found: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let mut log = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut said = String::new();
    loop {
        let before = said.len();
        if log.read_line(&mut said).expect("the log is text") == 0 {
            return Err(said);
        }
        if let Some(found) = found(&said[before..]) {
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::stderr()));
            return Ok(found);
        }
    }
}
