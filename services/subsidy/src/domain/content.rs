//! What of a claim is approved: exactly this, as a hash that an approval names.

use super::check_override::Overridden;
use super::claim::Claim;
use super::evidence::Evidence;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

impl Claim {
    /// SHA-256 over exactly what an approver approves, one `name=value` a line.
    pub(super) fn hash(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "claim={}\nscheme={}\nscheme-sha256={}\nfund={}\nbeneficiary={}\nperson={}\noccasion={}\nstage={}\npart={}\nfen={}\nearned-on={}\n",
            self.id,
            self.scheme.citation(),
            self.scheme.digest,
            self.fund_code,
            self.beneficiary,
            self.person,
            self.occasion,
            self.stage,
            self.part,
            self.amount.as_fen(),
            self.earned_on,
        );
        for fact in &self.facts {
            let _ = writeln!(text, "fact={fact}");
        }
        for Evidence { code, sha256, place } in &self.evidence {
            let _ = writeln!(text, "evidence={code}\nevidence-sha256={sha256}\nevidence-place={place}");
        }
        if let Some(filing) = &self.filing {
            let _ = writeln!(text, "filed-by={}\nfiled-sha256={}", filing.by, filing.digest());
        }
        for Overridden { check, reason, document } in &self.overrides {
            let _ = writeln!(text, "overridden={check}\noverridden-reason={reason}\noverridden-document={document}");
        }
        hex::encode(Sha256::digest(text))
    }
}
