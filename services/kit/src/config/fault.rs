//! What is wrong with a configuration, said so that it can be mended without reading code.

use super::keys::{KEYS, SECTIONS, keys_of};
use std::fmt;

/// One fault: where it is, what is wrong, what belongs there, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The full dotted path, such as `server.listen`.
    pub key: String,
    pub problem: String,
    pub expected: String,
    /// `talentflow.toml:3`, an environment variable, the command line, or empty.
    pub origin: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; expected {}", self.key, self.problem, self.expected)?;
        if self.origin.is_empty() { Ok(()) } else { write!(f, " [{}]", self.origin) }
    }
}

/// Everything that is wrong with a configuration, all at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    pub faults: Vec<Fault>,
}

impl ConfigError {
    pub(super) fn unless_empty(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self { faults }) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = if self.faults.len() == 1 { "fault" } else { "faults" };
        write!(f, "{} {many} in the configuration:", self.faults.len())?;
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

/// A key nobody knows, with the one that was probably meant.
pub(super) fn unknown_key(path: &str, origin: &str) -> (Fault, Option<&'static str>) {
    let section = path.rsplit_once('.').map_or("", |(section, _)| section);
    let nearest = nearest_key(path);
    let expected = if keys_of(section).next().is_some() {
        let leaves: Vec<&str> = keys_of(section).map(super::keys::Key::leaf).collect();
        let place = if section.is_empty() { "the top level".to_owned() } else { format!("[{section}]") };
        format!("a key of {place}: {}", leaves.join(", "))
    } else {
        format!("a section out of {}", section_names())
    };
    (unknown("key", path, nearest, expected, origin), nearest)
}

/// A section nobody knows; what it holds is not looked at.
pub(super) fn unknown_section(path: &str, origin: &str) -> (Fault, Option<&'static str>) {
    let names = SECTIONS.iter().map(|section| section.name);
    let nearest = closest(path, names);
    (unknown("section", path, nearest, format!("a section out of {}", section_names()), origin), nearest)
}

fn unknown(what: &str, path: &str, nearest: Option<&str>, expected: String, origin: &str) -> Fault {
    let hint = nearest.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
    Fault { key: path.to_owned(), problem: format!("unknown {what}{hint}"), expected, origin: origin.to_owned() }
}

fn section_names() -> String {
    let names: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    names.join(", ")
}

fn nearest_key(path: &str) -> Option<&'static str> {
    let (section, leaf) = path.rsplit_once('.').unwrap_or(("", path));
    let begun = || keys_of(section).find(|key| leaf.len() >= 3 && (key.leaf().starts_with(leaf) || leaf.starts_with(key.leaf())));
    let elsewhere = || KEYS.iter().find(|key| key.leaf() == leaf);
    closest(path, KEYS.iter().filter(|key| !key.is_family()).map(|key| key.path))
        .or_else(|| begun().or_else(elsewhere).map(|key| key.path))
}

/// The name that is nearest to what was written, if any is near enough to have been meant.
pub(super) fn closest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let within = 1 + written.chars().count() / 5;
    known
        .map(|name| (distance(written, name), name))
        .filter(|(away, _)| *away <= within)
        .min_by_key(|(away, _)| *away)
        .map(|(_, name)| name)
}

/// Slips of the hand between two words: a letter too many, too few, wrong, or two swapped.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut best = (above[j] + usize::from(a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}
