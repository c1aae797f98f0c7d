//! Schemes: who is eligible, for how much, under which caps. Data, read from TOML; `schemes/README.md`
//! says what a file holds.

use super::occasion::OccasionKind;
use chrono::NaiveDate;
use kit::rules::Expression;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use toml::value::Datetime;

/// What becomes of money already paid when the facts no longer earn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clawback {
    /// All of it is to be paid back.
    Full,
    /// It stays with whom it was paid to.
    None,
}

/// Limits per person; none where left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    pub claims_per_person: Option<u32>,
    pub fen_per_person: Option<i64>,
    /// By the calendar year of the day earned.
    pub fen_per_person_year: Option<i64>,
}

/// One version of a scheme.
#[derive(Debug, Clone)]
pub struct Scheme {
    pub code: String,
    pub version: u32,
    pub title: String,
    pub title_zh: String,
    pub basis: String,
    pub fund: String,
    /// In force from this day,
    pub from: NaiveDate,
    /// until before this one.
    pub to: Option<NaiveDate>,
    pub confirmed: bool,
    pub occasion: OccasionKind,
    pub eligible: Expression,
    pub amount: Expression,
    pub retention_days: u32,
    pub clawback: Clawback,
    pub caps: Caps,
    /// SHA-256 of the file, in hex.
    pub digest: String,
}

impl Scheme {
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// `schemes/{code}@{version}`, as ledger entries cite it.
    pub fn citation(&self) -> String {
        citation(&self.code, i64::from(self.version))
    }

    /// Whether what it says depends on the named part of the context.
    pub fn looks_at(&self, variable: &str) -> bool {
        [&self.eligible, &self.amount].iter().any(|expression| expression.variables().iter().any(|name| name == variable))
    }
}

pub fn citation(code: &str, version: i64) -> String {
    format!("schemes/{code}@{version}")
}

/// Why a scheme file does not load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("scheme {scheme}: {what}")]
pub struct SchemeError {
    /// `code@version`, as far as they were read.
    pub scheme: String,
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    code: String,
    version: u32,
    title: String,
    title_zh: String,
    basis: String,
    fund: String,
    from: Datetime,
    to: Option<Datetime>,
    confirmed: bool,
    occasion: OccasionKind,
    eligible: String,
    amount: String,
    retention_days: u32,
    clawback: Clawback,
    #[serde(default)]
    caps: Caps,
}

impl Scheme {
    /// Reads a scheme from the text of its file, and compiles its expressions.
    pub fn load(text: &str) -> Result<Self, SchemeError> {
        let file: File =
            toml::from_str(text).map_err(|error| SchemeError { scheme: "file".to_owned(), what: error.to_string() })?;
        let name = format!("{}@{}", file.code, file.version);
        let refuse = |what: String| SchemeError { scheme: name.clone(), what };
        if !is_code(&file.code) || !is_code(&file.fund) {
            return Err(refuse("`code` and `fund` are lower-case letters, digits and hyphens".to_owned()));
        }
        if file.version == 0 {
            return Err(refuse("`version` counts from 1".to_owned()));
        }
        if [&file.title, &file.title_zh, &file.basis].iter().any(|text| text.trim().is_empty()) {
            return Err(refuse("its title or basis is empty".to_owned()));
        }
        let from = date("from", file.from).map_err(refuse)?;
        let to = file.to.map(|to| date("to", to)).transpose().map_err(refuse)?;
        if to.is_some_and(|to| to <= from) {
            return Err(refuse("it ends before it begins: `to` is the first day on which it is no longer in force".to_owned()));
        }
        if file.retention_days > 0 && file.occasion != OccasionKind::Hire {
            return Err(refuse("only a hire can be retained: `retention_days` is 0 for other occasions".to_owned()));
        }
        let caps = [file.caps.fen_per_person, file.caps.fen_per_person_year];
        if caps.into_iter().flatten().any(|fen| fen <= 0) || file.caps.claims_per_person == Some(0) {
            return Err(refuse("a cap is more than zero; leave it out where there is none".to_owned()));
        }
        let variables = file.occasion.variables();
        let eligible = Expression::condition(&file.eligible, &variables).map_err(|why| refuse(format!("`eligible`, {why}")))?;
        let amount = Expression::amount(&file.amount, &variables).map_err(|why| refuse(format!("`amount`, {why}")))?;
        Ok(Self {
            code: file.code,
            version: file.version,
            title: file.title,
            title_zh: file.title_zh,
            basis: file.basis,
            fund: file.fund,
            from,
            to,
            confirmed: file.confirmed,
            occasion: file.occasion,
            eligible,
            amount,
            retention_days: file.retention_days,
            clawback: file.clawback,
            caps: file.caps,
            digest: hex::encode(Sha256::digest(text)),
        })
    }
}

fn date(key: &str, value: Datetime) -> Result<NaiveDate, String> {
    let day = match value {
        Datetime { date: Some(day), time: None, offset: None } => {
            NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))
        }
        _ => None,
    };
    day.ok_or_else(|| format!("`{key}` is {value}, not a day such as 2026-01-01"))
}

fn is_code(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Every version of every scheme there is.
#[derive(Debug, Clone)]
pub struct Schemes(BTreeMap<String, Vec<Arc<Scheme>>>);

impl Schemes {
    /// Versions of one scheme follow each other without overlap and are earned by the same occasion.
    pub fn new(schemes: Vec<Scheme>) -> Result<Self, SchemeError> {
        let mut all: BTreeMap<String, Vec<Arc<Scheme>>> = BTreeMap::new();
        for scheme in schemes {
            all.entry(scheme.code.clone()).or_default().push(Arc::new(scheme));
        }
        for versions in all.values_mut() {
            versions.sort_by_key(|scheme| scheme.version);
            for pair in versions.windows(2) {
                let (older, newer) = (&pair[0], &pair[1]);
                let refuse =
                    |what: &str| Err(SchemeError { scheme: format!("{}@{}", newer.code, newer.version), what: what.to_owned() });
                if older.version == newer.version {
                    return refuse("this version is there twice");
                }
                if older.to.is_none_or(|to| to > newer.from) {
                    return refuse("it overlaps the version before: end the older one where the newer begins");
                }
                if older.occasion != newer.occasion {
                    return refuse("a version changes what earns the money: that is another scheme");
                }
            }
        }
        Ok(Self(all))
    }

    /// The schemes of this release.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Schemes> = LazyLock::new(|| {
            let read = SHIPPED_FILES.iter().map(|text| Scheme::load(text)).collect::<Result<_, _>>();
            #[expect(clippy::expect_used, reason = "a test loads the very same files")]
            read.and_then(Schemes::new).expect("the scheme files of this release load")
        });
        &SHIPPED
    }

    /// Every version of every scheme, by code.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Scheme>> {
        self.0.values().flatten()
    }

    /// The versions of each scheme, by code.
    pub(super) fn by_code(&self) -> impl Iterator<Item = &[Arc<Scheme>]> {
        self.0.values().map(Vec::as_slice)
    }

    pub fn knows(&self, code: &str) -> bool {
        self.0.contains_key(code)
    }

    pub fn find(&self, code: &str, version: i64) -> Option<&Arc<Scheme>> {
        self.0.get(code)?.iter().find(|scheme| i64::from(scheme.version) == version)
    }
}

const SHIPPED_FILES: &[&str] = &[
    include_str!("../../schemes/hiring-subsidy.1.toml"),
    include_str!("../../schemes/practice-stipend.1.toml"),
    include_str!("../../schemes/mentor-allowance.1.toml"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../schemes/hiring-subsidy.1.toml");

    #[test]
    fn the_shipped_schemes_load_and_say_that_their_amounts_are_examples() {
        let codes: Vec<_> = Schemes::shipped().all().map(|scheme| scheme.citation()).collect();
        assert_eq!(codes, ["schemes/hiring-subsidy@1", "schemes/mentor-allowance@1", "schemes/practice-stipend@1"]);
        assert!(Schemes::shipped().all().all(|scheme| !scheme.confirmed));
    }

    /// Claims carry the digest of the file that judged them: a change is a new version in a new file.
    #[test]
    fn a_shipped_version_is_never_edited() {
        let shipped = [
            ("hiring-subsidy", "9c4d345a1ef724a3ec505f233e56fc3d00e6e8db752434efce11e1929080257f"),
            ("mentor-allowance", "ab9662edeb4590b887328e2afd29b453eef04a604bfdf7e63259d69eb2321bbd"),
            ("practice-stipend", "cf1041c61fdcdbb0b934dc4df8f28123cdd4bb415f4d4b68d1fe922a30a2f1d3"),
        ];
        for (code, digest) in shipped {
            assert_eq!(Schemes::shipped().find(code, 1).unwrap().digest, digest, "{code}@1 was edited: add a version instead");
        }
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_with_the_reason() {
        let wrong = [
            (GOOD.replace("version = 1", "version = 0"), "counts from 1"),
            (GOOD.replace("\"hiring-subsidy\"", "\"Hiring\""), "lower-case"),
            (GOOD.replace("from = 2025-01-01", "from = 2025-01-01\nto = 2025-01-01"), "ends before it begins"),
            (GOOD.replace("from = 2025-01-01", "from = 2025-01-01T00:00:00"), "not a day"),
            (GOOD.replace("'150000'", "'1500.00'"), "`amount`"),
            (GOOD.replace("'150000'", "'wage * 2'"), "wage"),
            (GOOD.replace("occasion = \"hire\"", "occasion = \"rotation\""), "retained"),
            (GOOD.replace("claims_per_person = 1", "claims_per_person = 0"), "more than zero"),
            (GOOD.replace("retention_days", "retension_days"), "retension_days"),
        ];
        for (text, expected) in wrong {
            let error = Scheme::load(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn versions_of_a_scheme_follow_each_other() {
        let version = |number: u32, from: &str, to: &str| {
            let text = GOOD.replace("version = 1", &format!("version = {number}"));
            Scheme::load(&text.replace("from = 2025-01-01", &format!("from = {from}\n{to}"))).unwrap()
        };
        let open = Schemes::new(vec![version(1, "2025-01-01", ""), version(2, "2026-01-01", "")]);
        assert!(open.unwrap_err().what.contains("overlaps"));
        let closed = version(1, "2025-01-01", "to = 2026-01-01");
        assert!(Schemes::new(vec![closed.clone(), version(2, "2026-01-01", "")]).is_ok());
        assert!(Schemes::new(vec![closed.clone(), closed]).unwrap_err().what.contains("twice"));
    }
}
