//! The written reference, made from the table of keys and the defaults themselves.

use super::Config;
use super::keys::{Key, SECTIONS, Section, keys_of};
use std::fmt::Write as _;
use toml::{Table, Value};

const HEAD: &str = "\
# Every key of the talentflow configuration, with its default. Nothing needs to be set.
#
# defaults < this file (--config FILE or TALENTFLOW_CONFIG) < environment < flags
#
# In the environment a key is written TALENTFLOW__SECTION__KEY, for example
# TALENTFLOW__SERVER__LISTEN=0.0.0.0:8080 or TALENTFLOW__GATEWAY__UPSTREAMS__TRAINING=http://training:8080;
# lists are separated by commas; an empty variable counts as unset.
";

impl Config {
    /// Every key, its default, its form and its purpose, as TOML that loads to the defaults.
    pub fn reference() -> String {
        let defaults = Table::try_from(Self::default()).unwrap_or_default();
        let mut text = HEAD.to_owned();
        for key in keys_of("") {
            write_key(&mut text, key, &defaults);
        }
        for section in SECTIONS {
            write_section(&mut text, section, &defaults);
        }
        text
    }
}

fn write_section(text: &mut String, section: &Section, defaults: &Table) {
    let _ = write!(text, "\n# {}\n[{}]\n", section.doc, section.name);
    for key in keys_of(section.name) {
        write_key(text, key, defaults);
    }
}

fn write_key(text: &mut String, key: &Key, defaults: &Table) {
    if key.is_family() {
        let _ = writeln!(text, "# Expects {}.\n# training = {}", key.form.expected(), key.example);
        return;
    }
    let _ = write!(text, "\n# {}\n# Expects {}.\n", key.doc, key.form.expected());
    let _ = match lookup(defaults, key.path) {
        Some(default) => writeln!(text, "{} = {default}", key.leaf()),
        None => writeln!(text, "# {} = {}", key.leaf(), key.example),
    };
}

fn lookup<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}
