//! The forms values take: how each is read from text, what is wrong with one that does not fit, and
//! what to say is expected.

use super::secret::redact;
use config::{Value, ValueKind};
use std::net::SocketAddr;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// A form of value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// `IP:PORT`.
    Address,
    /// A whole number of `unit` (empty: of nothing in particular) within bounds.
    Whole {
        least: u32,
        most: u32,
        unit: &'static str,
    },
    /// A number from 0 to 1.
    Ratio,
    /// `true` or `false`.
    Switch,
    Choice(&'static [&'static str]),
    /// Any text but the empty one; says what it is.
    Text(&'static str),
    /// A list of names of services.
    Names,
    /// Where a server is: plain HTTP/2, as the meshes and collectors inside a cluster speak it.
    Endpoint {
        such_as: &'static str,
    },
    FileOrUrl,
    DatabaseUrl,
    NatsUrl,
    LogFilter,
}

impl Form {
    /// What belongs here, as a phrase that follows "expected".
    pub(super) fn expected(self) -> String {
        match self {
            Self::Address => "IP:PORT such as 127.0.0.1:8080".to_owned(),
            Self::Whole { least, most, unit: "" } => format!("a whole number from {least} to {most}"),
            Self::Whole { least, most, unit } => {
                format!("a whole number of {unit} from {least} to {most}")
            }
            Self::Ratio => "a number from 0 to 1 such as 0.1".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Choice(choices) => choices.join(" or "),
            Self::Text(what) => what.to_owned(),
            Self::Names => {
                "names of services such as [\"gateway\", \"training\"] (in an environment variable: gateway,training)".to_owned()
            }
            Self::Endpoint { such_as } => format!("http://HOST:PORT such as {such_as}"),
            Self::FileOrUrl => {
                "a file such as /etc/talentflow/jwks.json or a URL such as https://id.example.cn/jwks.json".to_owned()
            }
            Self::DatabaseUrl => {
                "sqlite:FILE such as sqlite:talentflow.db or postgres://USER:PASSWORD@HOST:5432/DATABASE".to_owned()
            }
            Self::NatsUrl => {
                "nats://HOST:PORT or tls://HOST:PORT such as nats://127.0.0.1:4222, several separated by commas".to_owned()
            }
            Self::LogFilter => {
                "error, warn, info, debug, trace or off, or levels by module such as info,kit::outbox=debug".to_owned()
            }
        }
    }

    /// Reads text from the environment or the command line. What does not fit stays text, and is then
    /// found at fault like any other value.
    pub(super) fn read(self, text: &str) -> ValueKind {
        let kept = || ValueKind::String(text.to_owned());
        match self {
            Self::Whole { .. } => text.trim().parse().map_or_else(|_| kept(), ValueKind::I64),
            Self::Ratio => text.trim().parse().map_or_else(|_| kept(), ValueKind::Float),
            Self::Switch => text.trim().parse().map_or_else(|_| kept(), ValueKind::Boolean),
            Self::Names => {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                ValueKind::Array(names.map(|name| Value::new(None, name)).collect())
            }
            _ => kept(),
        }
    }

    /// What is wrong with this value here, if anything.
    pub(super) fn problem(self, value: &ValueKind) -> Option<String> {
        let found = self.show(value);
        let fits = match (self, value) {
            (Self::Whole { .. }, ValueKind::String(text)) if text.parse::<i64>().is_ok() => {
                return Some(format!("{found} is text; write the number without quotes"));
            }
            (Self::Whole { least, most, .. }, _) => {
                return whole(value).map_or_else(
                    || Some(format!("{found} is not a whole number")),
                    |n| (!(i128::from(least)..=i128::from(most)).contains(&n)).then(|| format!("{found} is out of range")),
                );
            }
            (Self::Names, ValueKind::Array(items)) => return names_problem(items),
            (Self::Ratio, ValueKind::Float(n)) => (0.0..=1.0).contains(n),
            (Self::Ratio, _) => whole(value).is_some_and(|n| n == 0 || n == 1),
            (Self::Switch, ValueKind::Boolean(_)) => true,
            (_, ValueKind::String(text)) => self.fits_text(text),
            _ => false,
        };
        (!fits).then(|| format!("{found} is not {}", self.noun()))
    }

    fn fits_text(self, text: &str) -> bool {
        match self {
            Self::Address => text.parse::<SocketAddr>().is_ok(),
            Self::Choice(choices) => choices.contains(&text),
            Self::Endpoint { .. } => is_url(text, &["http"], false),
            Self::FileOrUrl if text.contains("://") => is_url(text, &["http", "https"], true),
            Self::FileOrUrl | Self::Text(_) => !text.trim().is_empty(),
            Self::DatabaseUrl => {
                let after = |scheme| text.strip_prefix(scheme).is_some_and(|rest: &str| !rest.is_empty());
                after("sqlite:") || after("postgres://") || after("postgresql://")
            }
            Self::NatsUrl => text.split(',').all(|url| {
                let host = url.trim().strip_prefix("nats://").or_else(|| url.trim().strip_prefix("tls://"));
                host.is_some_and(|host| !host.is_empty() && !host.contains("://"))
            }),
            Self::LogFilter => is_log_filter(text),
            Self::Whole { .. } | Self::Ratio | Self::Switch | Self::Names => false,
        }
    }

    /// What a value that fits is, as a phrase that follows "is not".
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Address => "an address",
            Self::Whole { .. } => "a whole number",
            Self::Ratio => "a ratio",
            Self::Switch => "a switch",
            Self::Choice(_) => "one of the choices",
            Self::Text(_) => "a text",
            Self::Names => "a list of names",
            Self::Endpoint { .. } => "a plain HTTP endpoint",
            Self::FileOrUrl => "a file or a URL",
            Self::DatabaseUrl => "a database URL",
            Self::NatsUrl => "a NATS URL",
            Self::LogFilter => "a log level",
        }
    }

    /// The value as it may be shown in a message.
    fn show(self, value: &ValueKind) -> String {
        match value {
            ValueKind::String(text) if matches!(self, Self::DatabaseUrl | Self::NatsUrl) => {
                format!("{:?}", redact(text))
            }
            ValueKind::String(text) if text.chars().count() > 80 => {
                format!("{:?}…", text.chars().take(80).collect::<String>())
            }
            ValueKind::String(text) => format!("{text:?}"),
            ValueKind::Array(_) => "a list".to_owned(),
            ValueKind::Table(_) => "a section".to_owned(),
            ValueKind::Nil => "nothing".to_owned(),
            other => other.to_string(),
        }
    }
}

fn whole(value: &ValueKind) -> Option<i128> {
    match value {
        ValueKind::I64(n) => Some(i128::from(*n)),
        ValueKind::U64(n) => Some(i128::from(*n)),
        _ => None,
    }
}

fn names_problem(items: &[Value]) -> Option<String> {
    let mut seen: Vec<&str> = Vec::new();
    for item in items {
        let ValueKind::String(name) = &item.kind else {
            return Some(format!("{} in the list is not a name", Form::Names.show(&item.kind)));
        };
        if !is_name(name) {
            return Some(format!("{name:?} is not a name of a service"));
        }
        if seen.contains(&name.as_str()) {
            return Some(format!("{name:?} stands twice"));
        }
        seen.push(name);
    }
    None
}

/// Names of services are short lower-case words: they become subjects, prefixes and host names.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

fn is_url(text: &str, schemes: &[&str], with_path: bool) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme))
        && uri.host().is_some_and(|host| !host.is_empty())
        && (with_path || matches!(uri.path(), "" | "/"))
}

/// `EnvFilter` takes any lone word for the name of a module, so `inof` would silence the log; here a lone
/// word must be a level.
fn is_log_filter(text: &str) -> bool {
    let directives = || text.split(',').map(str::trim);
    directives().all(|one| !one.is_empty() && (one.contains('=') || one.contains('[') || one.parse::<LevelFilter>().is_ok()))
        && EnvFilter::builder().parse(text).is_ok()
}
