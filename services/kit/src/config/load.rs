//! From the layers to one judged configuration.

use super::check::{self, Finding};
use super::fault::{ConfigError, Fault, unknown_key};
use super::form::is_name;
use super::keys::{find, is_section, keys_of};
use super::{Config, file};
use config::{Map, Source, Value, ValueKind};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What environment variables of ours begin with.
const PREFIX: &str = "TALENTFLOW__";
/// The variable that names a file.
const FILE_VARIABLE: &str = "TALENTFLOW_CONFIG";
const COMMAND_LINE: &str = "command line";

/// Where the configuration of a process comes from, weakest first: the defaults, a file, the
/// environment, the command line.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    file: Option<(PathBuf, &'static str)>,
    variables: Vec<(String, String)>,
    overrides: Vec<(String, String)>,
    services: Vec<String>,
}

impl Sources {
    /// The environment of this process, and the file that `TALENTFLOW_CONFIG` names.
    pub fn of_process() -> Self {
        let file = std::env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty());
        let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
        let mut variables: Vec<_> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        variables.sort();
        Self { file: file.map(|path| (path.into(), FILE_VARIABLE)), variables, ..Self::default() }
    }

    /// The file of `--config`, if one was given; it takes the place of `TALENTFLOW_CONFIG`.
    #[must_use]
    pub fn file(mut self, path: Option<PathBuf>) -> Self {
        self.file = path.map(|path| (path, "--config")).or(self.file);
        self
    }

    /// Environment variables to read instead of the process's own.
    #[must_use]
    pub fn variables<N: Into<String>, V: Into<String>>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        self.variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// What flags say, by key: `("database.url", "postgres://…")`.
    #[must_use]
    pub fn overrides<K: Into<String>, V: Into<String>>(mut self, overrides: impl IntoIterator<Item = (K, V)>) -> Self {
        self.overrides = overrides.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self
    }

    /// The services there are; `services` and `gateway.upstreams` may then name no others.
    #[must_use]
    pub fn services<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.services = names.into_iter().map(Into::into).collect();
        self
    }
}

impl Config {
    /// Puts the layers together and judges the whole; the error holds every fault there is.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let layers = [
            sources.file.as_ref().map_or_else(Layer::default, |(path, by)| file::read(path, by)),
            environment(&sources.variables),
            command_line(&sources.overrides),
        ];
        settle(&layers, &sources.services)
    }

    /// Judges a configuration that was put together in code.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let values = flatten(config::Config::try_from(self).map_err(misshapen)?.cache);
        let mut faults: Vec<Fault> = values.iter().filter_map(|(path, value)| judge(path, value)).collect();
        let broken: Vec<String> = faults.iter().map(|fault| fault.key.clone()).collect();
        faults.extend(check::whole(self).into_iter().filter(|one| !one.rests_on(&broken)).map(|one| one.fault));
        ConfigError::unless_empty(faults)
    }
}

/// What one source says.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    values: Map<String, Value>,
    pub faults: Vec<Fault>,
    /// Keys that were probably meant by unknown ones; nothing can be concluded from their absence.
    meant: Vec<String>,
    /// The source could not be read at all: nobody knows what it would have said.
    unread: bool,
}

impl Layer {
    pub(super) fn unread(faults: Vec<Fault>) -> Self {
        Self { faults, unread: true, ..Self::default() }
    }

    /// Takes a value for a known key. A name with a dot in it would be taken apart by the merge, so
    /// names are judged here.
    pub(super) fn set(&mut self, path: &str, value: Value) {
        match misnamed(path, value.origin().unwrap_or_default()) {
            Some(fault) => self.faults.push(fault),
            None => {
                self.values.insert(path.to_owned(), value);
            }
        }
    }

    pub(super) fn unknown(&mut self, (fault, meant): (Fault, Option<&'static str>)) {
        self.faults.push(fault);
        self.meant.extend(meant.map(str::to_owned));
    }

    /// Takes a text for the key at `path`.
    fn set_text(&mut self, path: &str, text: &str, origin: &str) {
        if let Some(key) = find(path) {
            self.set(path, Value::new(Some(&origin.to_owned()), key.form.read(text)));
        } else if is_section(path) {
            let leaves: Vec<&str> = keys_of(path).map(super::keys::Key::leaf).collect();
            self.faults.push(Fault {
                key: path.to_owned(),
                problem: "a section takes no value".to_owned(),
                expected: format!("one of its keys: {}", leaves.join(", ")),
                origin: origin.to_owned(),
            });
        } else {
            self.unknown(unknown_key(path, origin));
        }
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.values.clone())
    }
}

/// An empty variable counts as unset: compose files and charts pass on what they were not given.
fn environment(variables: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    for (name, text) in variables {
        if let Some(path) = name.strip_prefix(PREFIX).filter(|_| !text.is_empty()) {
            let path = path.replace("__", ".").to_lowercase();
            layer.set_text(&path, text, &format!("environment variable {name}"));
        }
    }
    layer
}

fn command_line(overrides: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    for (path, text) in overrides {
        layer.set_text(path, text, COMMAND_LINE);
    }
    layer
}

fn settle(layers: &[Layer], services: &[String]) -> Result<Config, ConfigError> {
    let mut faults: Vec<Fault> = layers.iter().flat_map(|layer| layer.faults.clone()).collect();
    let mut unsound: Vec<String> = layers.iter().flat_map(|layer| layer.meant.clone()).collect();
    let mut sound = Layer::default();
    let mut origins = BTreeMap::new();
    for (path, value) in flatten(merge(layers)?.cache) {
        origins.insert(path.clone(), value.origin().unwrap_or_default().to_owned());
        match judge(&path, &value) {
            None => sound.set(&path, value),
            Some(fault) => faults.push(fault),
        }
    }
    // What leans on a key that is at fault itself would only repeat that fault in other words.
    unsound.extend(faults.iter().map(|fault| fault.key.clone()));
    let config: Config = merge(&[sound])?.try_deserialize().map_err(misshapen)?;
    if !layers.iter().any(|layer| layer.unread) {
        let mut findings = check::whole(&config);
        findings.extend(check::names(&config, services));
        faults.extend(findings.into_iter().filter(|one| !one.rests_on(&unsound)).map(|one| one.with_origin(&origins)));
    }
    ConfigError::unless_empty(faults)?;
    Ok(config)
}

impl Finding {
    fn rests_on(&self, unsound: &[String]) -> bool {
        let under = |key: &str, section: &str| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        let mut keys = self.about.iter().copied().chain([self.fault.key.as_str()]);
        keys.any(|key| unsound.iter().any(|bad| bad == key || under(key, bad)))
    }

    fn with_origin(mut self, origins: &BTreeMap<String, String>) -> Fault {
        self.fault.origin = origins.get(&self.fault.key).cloned().unwrap_or_else(|| "default".to_owned());
        self.fault
    }
}

fn merge(layers: &[Layer]) -> Result<config::Config, ConfigError> {
    let builder = layers.iter().fold(config::Config::builder(), |builder, layer| builder.add_source(layer.clone()));
    builder.build().map_err(misshapen)
}

/// Every value that is no table, by its dotted path.
fn flatten(root: Value) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    let mut open = vec![(String::new(), root)];
    while let Some((path, value)) = open.pop() {
        match value.kind {
            ValueKind::Table(table) if path.is_empty() || is_section(&path) => {
                let below = |name: String| if path.is_empty() { name } else { format!("{path}.{name}") };
                open.extend(table.into_iter().map(|(name, value)| (below(name), value)));
            }
            _ => {
                leaves.insert(path, value);
            }
        }
    }
    leaves
}

fn judge(path: &str, value: &Value) -> Option<Fault> {
    let origin = value.origin().unwrap_or_default();
    let form = find(path)?.form;
    misnamed(path, origin).or_else(|| {
        form.problem(&value.kind).map(|problem| Fault {
            key: path.to_owned(),
            problem,
            expected: form.expected(),
            origin: origin.to_owned(),
        })
    })
}

/// In a family of keys the last part is the name of a service.
fn misnamed(path: &str, origin: &str) -> Option<Fault> {
    let key = find(path).filter(|key| key.is_family())?;
    let name = path.get(key.section().len() + 1..).unwrap_or_default();
    (!is_name(name)).then(|| Fault {
        key: path.to_owned(),
        problem: format!("{name:?} is not a name of a service"),
        expected: "a lower-case word such as training".to_owned(),
        origin: origin.to_owned(),
    })
}

/// The table of keys and the typed sections disagree: a defect of ours, still told as a fault.
#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn misshapen(error: config::ConfigError) -> ConfigError {
    ConfigError {
        faults: vec![Fault {
            key: "configuration".to_owned(),
            problem: error.to_string(),
            expected: "the forms of `Config::reference`".to_owned(),
            origin: String::new(),
        }],
    }
}
