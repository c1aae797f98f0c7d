//! One process per SQLite file.

use crate::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Held for as long as the database is open; the operating system releases it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock beside `database`, or names the process that holds it.
    pub fn acquire(database: &Path) -> Result<Self, Error> {
        let path = PathBuf::from(format!("{}.lock", database.display()));
        let unusable = |doing: &str, source: std::io::Error| {
            Error::unavailable(format!("cannot {doing} the lock file {}: {source}", path.display()))
        };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|source| unusable("open", source))?;
        if file.try_lock().is_err() {
            let mut holder = String::new();
            // The holder's name is a courtesy: a lock that cannot be read is still a lock.
            let _ = file.read_to_string(&mut holder);
            return Err(Error::unavailable(format!(
                "the database {} is in use by process {}: a SQLite file belongs to one process; \
                 stop that one, or use PostgreSQL to run several",
                database.display(),
                holder.trim(),
            )));
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(|source| unusable("write", source))?;
        Ok(Self { _file: file })
    }
}
