//! What the log says of an entry: a text over everything an auditor relies on. It is the data of the entry's leaf, so
//! whoever has the text, the proof and a checkpoint needs neither this program nor its database.

use super::log::Hash;
use std::fmt::Write as _;

/// An entry with its account and its transaction, in the words of the tables: a word that means nothing is hashed and
/// compared like any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logged {
    pub entry: String,
    pub side: String,
    pub fen: String,
    pub account: String,
    pub account_fund: String,
    pub account_kind: String,
    pub party: String,
    pub scheme: String,
    pub stage: String,
    pub transaction: String,
    pub fund: String,
    pub kind: String,
    pub transaction_fen: String,
    pub claim: String,
    pub batch: String,
    pub cause: String,
    pub rule: String,
    pub resolves: String,
    pub reverses: String,
    pub period: String,
    /// RFC 3339 in UTC, to the microsecond.
    pub posted_at: String,
}

impl Logged {
    /// One `name=value` a line, each ended; ids are UUIDs, what is absent is empty, and a backslash or line feed
    /// within a value is written `\\` or `\n`.
    pub fn data(&self, leaf: u64) -> String {
        let mut text = String::with_capacity(900);
        // Writing to a String does not fail.
        let _ = write!(text, "talentflow-ledger-entry=1\nleaf={leaf}\n");
        let fields: [(&str, &str); 21] = [
            ("entry", &self.entry),
            ("side", &self.side),
            ("fen", &self.fen),
            ("account", &self.account),
            ("account-fund", &self.account_fund),
            ("account-kind", &self.account_kind),
            ("party", &self.party),
            ("scheme", &self.scheme),
            ("stage", &self.stage),
            ("transaction", &self.transaction),
            ("fund", &self.fund),
            ("kind", &self.kind),
            ("transaction-fen", &self.transaction_fen),
            ("claim", &self.claim),
            ("batch", &self.batch),
            ("cause", &self.cause),
            ("rule", &self.rule),
            ("resolves", &self.resolves),
            ("reverses", &self.reverses),
            ("period", &self.period),
            ("posted-at", &self.posted_at),
        ];
        for (name, value) in fields {
            text.push_str(name);
            text.push('=');
            if value.contains(['\\', '\n']) {
                text.push_str(&value.replace('\\', "\\\\").replace('\n', "\\n"));
            } else {
                text.push_str(value);
            }
            text.push('\n');
        }
        text
    }

    pub fn hash(&self, leaf: u64) -> Hash {
        Hash::leaf(self.data(leaf).as_bytes())
    }
}
