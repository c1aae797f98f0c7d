//! Where in a file something stands, as its author counts.

use super::expression::ExpressionError;
use std::ops::Range;

/// The text of a file of rules or schemes, by lines.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a>(pub &'a str);

impl Lines<'_> {
    /// Line and column of a byte of the file, both from 1, the column in characters.
    pub fn place(self, at: usize) -> (usize, usize) {
        let before = self.0.get(..at).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }

    /// The place in the file of a place in one of its strings. Exact in strings without escapes, as which
    /// expressions are best written: `'…'` or `'''…'''`.
    pub fn within(self, span: &Range<usize>, error: &ExpressionError) -> (usize, usize) {
        let literal = self.0.get(span.clone()).unwrap_or_default();
        let quotes = if literal.starts_with("'''") || literal.starts_with("\"\"\"") { 3 } else { 1 };
        let begins_below = literal.get(quotes..).is_some_and(|text| text.starts_with(['\n', '\r']));
        let (line, column) = self.place(span.start);
        match (error.line, begins_below) {
            (1, false) => (line, column + quotes + error.column - 1),
            (below, _) => (line + below - usize::from(!begins_below), error.column),
        }
    }
}
