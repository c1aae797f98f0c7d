//! The TOML file: read with the line of every value, so that a fault can say where it stands.

use super::fault::{Fault, unknown_key, unknown_section};
use super::keys::{find, is_section, keys_of};
use super::load::Layer;
use config::{Value, ValueKind};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads a file into a layer. A file that cannot be read at all is a fault, and leaves the layer
/// marked as unread.
pub(super) fn read(path: &Path, named_by: &str) -> Layer {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&name, &text),
        Err(error) => Layer::unread(vec![Fault {
            key: "--config".to_owned(),
            problem: format!("cannot read {name}: {error}"),
            expected: "a TOML file that this process may read".to_owned(),
            origin: named_by.to_owned(),
        }]),
    }
}

fn parse(name: &str, text: &str) -> Layer {
    let reader = Reader { name, text };
    let (table, mut errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.span().map(|span| span.start));
        return Layer::unread(errors.iter().map(|error| reader.syntax(error)).collect());
    }
    let mut layer = Layer::default();
    reader.walk("", table.get_ref(), &mut layer);
    layer
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn origin(&self, at: usize) -> String {
        let line = self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        format!("{}:{line}", self.name)
    }

    /// The error's own text quotes the line, which may hold a password: only its message is used.
    fn syntax(&self, error: &toml::de::Error) -> Fault {
        Fault {
            key: self.name.to_owned(),
            problem: format!("not valid TOML: {}", error.message()),
            expected: "TOML such as  listen = \"127.0.0.1:8080\"  under  [server]".to_owned(),
            origin: error.span().map_or_else(|| self.name.to_owned(), |span| self.origin(span.start)),
        }
    }

    fn walk(&self, prefix: &str, table: &DeTable<'_>, layer: &mut Layer) {
        for (name, value) in table {
            let path = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            self.entry(&path, name.span().start, value, layer);
        }
    }

    fn entry(&self, path: &str, at: usize, value: &Spanned<DeValue<'_>>, layer: &mut Layer) {
        let origin = self.origin(at);
        match value.get_ref() {
            DeValue::Table(table) if is_section(path) => self.walk(path, table, layer),
            other if is_section(path) => layer.faults.push(not_a_section(path, other.type_str(), origin)),
            other => match (find(path), other) {
                // The merge would take a table apart, and no key takes a date.
                (Some(key), DeValue::Table(_) | DeValue::Datetime(_)) => layer.faults.push(Fault {
                    key: path.to_owned(),
                    problem: format!("a value of type {} is not {}", other.type_str(), key.form.noun()),
                    expected: key.form.expected(),
                    origin,
                }),
                (Some(_), _) => layer.set(path, convert(value, &origin)),
                (None, DeValue::Table(_)) => layer.unknown(unknown_section(path, &origin)),
                (None, _) => layer.unknown(unknown_key(path, &origin)),
            },
        }
    }
}

fn not_a_section(path: &str, found: &str, origin: String) -> Fault {
    let leaves: Vec<&str> = keys_of(path).map(super::keys::Key::leaf).collect();
    Fault {
        key: path.to_owned(),
        problem: format!("a value of type {found} is not a section"),
        expected: format!("[{path}] with keys out of {}", leaves.join(", ")),
        origin,
    }
}

fn convert(value: &Spanned<DeValue<'_>>, origin: &str) -> Value {
    let kind = match value.get_ref() {
        DeValue::String(text) => ValueKind::String(text.to_string()),
        DeValue::Integer(n) => {
            i64::from_str_radix(n.as_str(), n.radix()).map_or_else(|_| ValueKind::String(n.to_string()), ValueKind::I64)
        }
        DeValue::Float(n) => n.as_str().parse().map_or(ValueKind::Nil, ValueKind::Float),
        DeValue::Boolean(yes) => ValueKind::Boolean(*yes),
        DeValue::Array(items) => ValueKind::Array(items.iter().map(|item| convert(item, origin)).collect()),
        // Only within a list, where nothing takes them.
        DeValue::Datetime(_) | DeValue::Table(_) => ValueKind::Nil,
    };
    Value::new(Some(&origin.to_owned()), kind)
}
