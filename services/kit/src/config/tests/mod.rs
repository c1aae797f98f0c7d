mod faults;
mod layers;
mod reference;

use super::{Config, ConfigError, Sources};
use std::io::Write;
use tempfile::NamedTempFile;

/// A configuration file that lives as long as the test.
fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn from_file(text: &str) -> Result<Config, ConfigError> {
    let file = file(text);
    Config::load(&Sources::default().file(Some(file.path().to_owned())))
}

fn from_variables(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(&Sources::default().variables(variables.iter().copied()))
}

/// The faults as lines, without the name of the temporary folder.
fn lines(result: Result<Config, ConfigError>) -> Vec<String> {
    result.unwrap_err().faults.iter().map(ToString::to_string).collect()
}
