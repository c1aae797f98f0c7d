//! Short lists of codes: skills, programmes.

use std::collections::BTreeSet;

/// A set of codes. In a table it is one text, a code a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes(BTreeSet<String>);

impl Codes {
    pub fn new(codes: impl IntoIterator<Item = String>) -> Self {
        // A line break would make one code two when it is read back.
        let lines = codes.into_iter().flat_map(|code| code.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>());
        Self(lines.filter(|code| !code.is_empty()).collect())
    }

    pub fn has(&self, code: &str) -> bool {
        self.0.contains(code)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many codes both have.
    pub fn shared(&self, other: &Self) -> usize {
        self.0.intersection(&other.0).count()
    }

    pub fn to_text(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    pub fn into_vec(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

impl From<String> for Codes {
    fn from(text: String) -> Self {
        Self::new([text])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_from_their_text_sorted_and_once_each() {
        let codes = Codes::new(["welding", "cnc", "welding", " "].map(str::to_owned));
        assert_eq!(codes.to_text(), "cnc\nwelding");
        assert_eq!(Codes::from(codes.to_text()), codes);
        assert!(Codes::from(String::new()).is_empty());
    }
}
