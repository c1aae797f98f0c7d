//! A city whose own hiring subsidy, in the place of the shipped one, says more about claims.

#![allow(dead_code, reason = "each test file uses its part of the city")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use kit::verify::verify_all;
use kit::{Context, Service};
use std::sync::Arc;
use subsidy::domain::Schemes;

use crate::town::Town;

const PRACTICE: &str = include_str!("../../schemes/practice-stipend.1.toml");
const SHIPPED: &str = include_str!("../../schemes/hiring-subsidy.1.toml");

/// The service under the hiring subsidy with further keys before its caps, and tables after them.
pub fn saying(context: Context, keys: &str, tables: &str) -> Service {
    let text = SHIPPED.replace("\n[caps]", &format!("{keys}\n\n[caps]")) + tables;
    let schemes = Schemes::with_own([("hiring-subsidy.1.toml", text.as_str())]).unwrap();
    subsidy::service(context.with_decided(Some(Arc::new(schemes))))
}

/// A week of publicity.
pub fn public(context: Context) -> Service {
    saying(context, "publicity_days = 7", "")
}

/// The shipped amount needs two of finance, which a clerk of the bureau alone is not.
pub fn levels(context: Context) -> Service {
    let small = "\n[[approvals]]\nup_to_fen = 149999\n";
    saying(context, "", &format!("{small}\n[[approvals]]\napprovers = 2\nroles = [\"finance\"]\n"))
}

/// Two documents.
pub fn documents(context: Context) -> Service {
    saying(context, "evidence = [\"labour-contract\", \"social-insurance\"]", "")
}

/// Hiring and practice are carried by a sponsor, by the beneficiary's own account, and for the rest by two public funds.
pub fn shared(context: Context) -> Service {
    let sources = include_str!("../schemes/sources.toml");
    let own = [("hiring-subsidy.1.toml", SHIPPED), ("practice-stipend.1.toml", PRACTICE)];
    let own = own.map(|(file, text)| (file, format!("{text}\n{sources}")));
    let schemes = Schemes::with_own(own.iter().map(|(file, text)| (*file, text.as_str()))).unwrap();
    subsidy::service(context.with_decided(Some(Arc::new(schemes))))
}

impl Town {
    /// What `talentflow verify` finds broken, by check.
    pub async fn broken(&self, check: &str) -> Vec<String> {
        self.sandbox.settle().await;
        let findings = verify_all(&self.sandbox.test.db, subsidy::CHECKS, &[], None).await.unwrap();
        findings.into_iter().find(|finding| finding.check.name == check).unwrap().broken
    }
}
