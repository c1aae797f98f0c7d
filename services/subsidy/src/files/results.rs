//! What a file of results says, whatever its form.

use crate::domain::{PaymentRefusal, is_printable};

/// A file of results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    /// The message it answers, and where the file says so.
    pub answers: Option<Answers>,
    /// What it says of all payments at once; it says nothing of single ones then.
    pub whole: Option<Outcome>,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    pub at: String,
    pub message_id: String,
}

/// What it says of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where in the file.
    pub at: String,
    pub end_to_end_id: String,
    pub outcome: Outcome,
    pub bank_reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    /// Why.
    Failed(String),
    /// The bank has not decided.
    Pending,
}

pub(super) fn malformed(at: &str, en: impl Into<String>, zh: impl Into<String>) -> PaymentRefusal {
    PaymentRefusal::FileMalformed { at: at.to_owned(), en: en.into(), zh: zh.into() }
}

/// A text of the file that is kept: at most `most` characters that can be shown.
pub(super) fn kept(at: &str, text: &str, most: usize) -> Result<Option<String>, PaymentRefusal> {
    let text = text.trim();
    if text.chars().count() > most || !is_printable(text) {
        let en = format!("a text is longer than {most} characters, or has characters that cannot be shown");
        return Err(malformed(at, en, format!("文本超过 {most} 个字符，或含有不可显示的字符")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text of the file within a refusal: short, and nothing that could disturb whoever reads it.
pub(super) fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
