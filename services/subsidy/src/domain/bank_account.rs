//! Bank accounts: what a fund pays from (付款账户) and an organisation is paid on (收款账户). A version is what one
//! person proposed and another confirmed; it never changes.

use super::payment_refusal::PaymentRefusal;
use super::{BankAccountId, FundId, OrganisationId};
use kit::id::Id as _;
use std::fmt;
use uuid::Uuid;

kit::words! {
    pub enum OwnerKind {
        Organisation = "organisation",
        Fund = "fund",
    }
}

/// Whose an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    Organisation(OrganisationId),
    Fund(FundId),
}

impl Owner {
    pub fn kind(self) -> OwnerKind {
        match self {
            Self::Organisation(_) => OwnerKind::Organisation,
            Self::Fund(_) => OwnerKind::Fund,
        }
    }

    pub fn uuid(self) -> Uuid {
        match self {
            Self::Organisation(id) => id.uuid(),
            Self::Fund(id) => id.uuid(),
        }
    }

    pub fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Organisation(id) => Some(id),
            Self::Fund(_) => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation(id) => id.fmt(f),
            Self::Fund(id) => id.fmt(f),
        }
    }
}

/// An account number: 8 to 32 digits. It shows itself masked; only the file for the bank has it whole.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountNumber(String);

impl AccountNumber {
    /// Spaces are how people write such numbers, and no part of them.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != ' ').collect();
        let sound = (8..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        sound.then_some(Self(digits))
    }

    pub fn whole(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "****{}", self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default())
    }
}

/// Masked as well: what is debugged ends in logs.
impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The CNAPS code of a bank (联行号): 12 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankCode(String);

impl BankCode {
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a bank must know of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankDetails {
    pub holder: String,
    pub number: AccountNumber,
    pub bank_code: BankCode,
    pub bank_name: String,
}

/// Whether a file for the bank can carry a text: XML has no control characters.
pub fn is_printable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAccount {
    pub id: BankAccountId,
    pub owner: Owner,
    /// Counts the versions of an owner.
    pub version: i64,
    pub details: BankDetails,
    pub proposed_by: String,
    pub confirmed_by: Option<String>,
}

impl BankAccount {
    /// A second person says that it is right. `newest` is the owner's newest version: what a later proposal has
    /// replaced must not come into use after it.
    pub fn confirm(&self, by: &str, number: &AccountNumber, newest: i64) -> Result<Self, PaymentRefusal> {
        if self.confirmed_by.is_some() {
            return Err(PaymentRefusal::AccountConfirmed { account: self.id });
        }
        if self.proposed_by == by {
            return Err(PaymentRefusal::OwnAccount { account: self.id });
        }
        if self.version != newest {
            return Err(PaymentRefusal::AccountSuperseded { account: self.id });
        }
        if self.details.number != *number {
            return Err(PaymentRefusal::AccountNumberDiffers { account: self.id });
        }
        Ok(Self { confirmed_by: Some(by.to_owned()), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_number_shows_no_more_than_its_end() {
        let number = AccountNumber::parse("6222 0210 0112 3456 789").unwrap();
        assert_eq!((number.to_string().as_str(), number.whole()), ("****6789", "6222021001123456789"));
        assert_eq!(format!("{number:?}"), "****6789");
    }

    #[test]
    fn what_is_no_account_number_or_bank_code_does_not_construct() {
        for text in ["", "1234567", "12345678x", "123456789012345678901234567890123", "１２３４５６７８", "=12345678"] {
            assert_eq!(AccountNumber::parse(text), None, "{text}");
        }
        for text in ["", "10249500001", "1024950000123", "10249500001x", "１２３４５６７８９０１２"] {
            assert_eq!(BankCode::parse(text), None, "{text}");
        }
    }
}
