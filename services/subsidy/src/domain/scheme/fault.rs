//! What is wrong with a scheme file: where, against which rule, and the way out, in both languages.

use std::fmt;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// From 1; the column in characters.
    pub line: usize,
    pub column: usize,
    /// The key it is about, such as `stages[1].share`; empty for the whole file.
    pub key: String,
    /// The rule it breaks, as `schemes/README.md` names it.
    pub rule: &'static str,
    pub en: String,
    pub zh: String,
    pub way_out: String,
    pub way_out_zh: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}; {}", self.line, self.column, self.en, self.way_out)
    }
}

/// Everything that is wrong with one scheme file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SchemeFaults {
    /// The file's name, where it has one.
    pub file: String,
    pub faults: Vec<Fault>,
}

impl SchemeFaults {
    pub(super) fn of(mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| (fault.line, fault.column));
        Self { file: String::new(), faults }
    }

    #[must_use]
    pub fn named(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }
}

/// As `scheme check` prints it: a place that editors open, what is wrong, the rule, the way out.
impl fmt::Display for SchemeFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file.is_empty() { "scheme" } else { &self.file };
        for (at, fault) in self.faults.iter().enumerate() {
            let Fault { line, column, rule, en, zh, way_out, way_out_zh, .. } = fault;
            let between = if at > 0 { "\n" } else { "" };
            write!(f, "{between}{file}:{line}:{column}: {en} · {zh}\n    [{rule}] {way_out} · {way_out_zh}")?;
        }
        Ok(())
    }
}
