//! The checks a submitted claim goes through before anybody may approve it.

use super::cap::CapUse;
use super::claim::{Claim, State};
use super::derive::{Derived, Due};
use super::double::{Double, Times, double};
use super::evidence::NamedElsewhere;
use super::ledger::Budget;
use super::scheme::Schemes;
use kit::Money;
use serde::{Deserialize, Serialize};

kit::words! {
    /// Which check. Each is recorded with its result.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum CheckName {
        /// The version of the scheme that judged it is known, unchanged, and in force on the day earned.
        SchemeInForce = "scheme-in-force",
        /// The facts as they are now still earn it.
        Eligible = "eligible",
        /// All claims of the stage together are not above what is due.
        Amount = "amount",
        /// No other organisation was paid for the same facts under the same scheme.
        NotPaidElsewhere = "not-paid-elsewhere",
        /// The fund can pay it.
        Budget = "budget",
        /// Everything that the scheme asks for was handed in. Recorded where it asks for anything, which no release did that
        /// does not know this word.
        Evidence = "evidence",
        /// No live claim that is not granted together with it is for the same time, and none names the same document.
        DoubleFunding = "double-funding",
        /// What its organisation may have of the scheme is not used up. Recorded where the scheme has such a cap.
        OrganisationCap = "organisation-cap",
        /// Events tell the same as was stated. Recorded where it was filed.
        OnRecord = "on-record",
    }
}

impl CheckName {
    /// Whether older releases that may run beside this one know the word.
    pub const fn is_long_known(self) -> bool {
        !matches!(self, Self::DoubleFunding | Self::OrganisationCap | Self::OnRecord)
    }

    /// Those that two persons may override where a scheme says so: what the others find, facts, law or money decide.
    pub const OVERRIDABLE: [Self; 3] = [Self::NotPaidElsewhere, Self::DoubleFunding, Self::OnRecord];
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub check: CheckName,
    pub passed: bool,
    /// English, and Chinese in brackets.
    pub detail: String,
}

/// What the checks of a claim look at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The claims of its person, itself among them.
    pub all: &'a [Claim],
    pub times: &'a Times,
    pub derived: &'a Derived,
    pub elsewhere: &'a NamedElsewhere,
    pub caps: &'a CapUse,
}

/// Runs every check on `claim`.
pub fn check(schemes: &Schemes, claim: &Claim, seen: &Seen<'_>, budget: &Budget) -> Vec<CheckResult> {
    let Seen { all, derived, .. } = *seen;
    let always = [
        in_force(schemes, claim, derived),
        eligible(claim, derived),
        amount(claim, all, derived),
        not_paid_elsewhere(claim, all),
        affordable(claim, budget),
    ];
    let later = [Some(double_funding(schemes, claim, seen)), under_caps(schemes, claim, seen.caps), on_record(claim, derived)];
    always.into_iter().chain(complete(schemes, claim)).chain(later.into_iter().flatten()).collect()
}

/// The one check that looks at claims of other people.
pub fn double_funding(schemes: &Schemes, claim: &Claim, seen: &Seen<'_>) -> CheckResult {
    let found = double(schemes, claim, seen);
    let detail = match &found {
        None => "no other claim is for the same (无重复申领)".to_owned(),
        Some(Double::Claim(other, scheme)) => format!(
            "{other} under schemes/{scheme} is for the same time, and the two are not granted together (同一时段已有 schemes/{scheme} 的 {other}，不得同时享受)"
        ),
        Some(Double::Document(code, other, scheme)) => format!(
            "{other} under schemes/{scheme} names the document of `{code}` too (材料“{code}”已用于 schemes/{scheme} 的 {other})"
        ),
    };
    result(CheckName::DoubleFunding, found.is_none(), detail)
}

/// What was stated is on record once events tell of the same occasion, or of one that earns the same for the same beneficiary
/// from the same day on.
fn on_record(claim: &Claim, derived: &Derived) -> Option<CheckResult> {
    claim.filing.as_ref()?;
    let due = derived.due(&claim.scheme.code, &claim.occasion, claim.stage);
    let same = |recorded: &&Due| {
        recorded.filing.is_none()
            && recorded.scheme.code == claim.scheme.code
            && recorded.stage == claim.stage
            && recorded.beneficiary == claim.beneficiary
            && recorded.amount >= claim.amount
            && due.is_some_and(|due| due.occasion == recorded.occasion || due.judged_on == recorded.judged_on)
    };
    let told = derived.dues.iter().any(|recorded| same(&recorded));
    let detail = if told {
        "events tell the same (已有事件记录)"
    } else {
        "no event tells what was stated (尚无事件记录佐证所申报内容)"
    };
    Some(result(CheckName::OnRecord, told, detail.to_owned()))
}

/// Tells beforehand what an approval would find; the approval itself counts.
fn under_caps(schemes: &Schemes, claim: &Claim, caps: &CapUse) -> Option<CheckResult> {
    let limits = caps.limits(schemes.that_judged(claim).ok()?, claim);
    let tightest = limits.into_iter().min_by_key(|(_, limit, used)| limit - used);
    tightest.map(|(cap, limit, used)| {
        let (of, of_zh) = if cap.year == 0 { (String::new(), String::new()) } else { (format!(" in {}", cap.year), format!("{} 年", cap.year)) };
        let (amount, used, most) = (claim.amount, Money::fen(used), Money::fen(limit));
        let detail = format!(
            "asked {amount}, the organisation has {used} of {most}{of} (申请 {amount} 元，该单位{of_zh}已用 {used} 元，上限 {most} 元)"
        );
        result(CheckName::OrganisationCap, amount.as_fen() <= most.as_fen() - used.as_fen(), detail)
    })
}

fn complete(schemes: &Schemes, claim: &Claim) -> Option<CheckResult> {
    let asked = &schemes.that_judged(claim).ok()?.evidence;
    let missing: Vec<&str> =
        asked.iter().filter(|code| claim.evidence.iter().all(|one| one.code != **code)).map(String::as_str).collect();
    let missing = missing.join(", ");
    let detail = if missing.is_empty() {
        format!("{} of {} documents are named (材料齐全)", asked.len(), asked.len())
    } else {
        format!("{missing} is missing (缺少 {missing})")
    };
    (!asked.is_empty()).then(|| result(CheckName::Evidence, missing.is_empty(), detail))
}

fn result(check: CheckName, passed: bool, detail: String) -> CheckResult {
    CheckResult { check, passed, detail }
}

fn in_force(schemes: &Schemes, claim: &Claim, derived: &Derived) -> CheckResult {
    // A later stage is judged by the version that was in force when its occasion began.
    let due = derived.due(&claim.scheme.code, &claim.occasion, claim.stage);
    let on = due.map_or(claim.earned_on, |due| due.judged_on);
    let scheme = schemes.find(&claim.scheme.code, claim.scheme.version);
    let holds = scheme.is_some_and(|scheme| scheme.digest == claim.scheme.digest && scheme.in_force(on));
    let cited = claim.scheme.citation();
    let detail = if holds {
        format!("{cited} is in force on {on} ({cited} 于 {on} 有效)")
    } else {
        format!("{cited} as it judged the claim is not in force on {on} ({cited} 于 {on} 无效)")
    };
    result(CheckName::SchemeInForce, holds, detail)
}

fn eligible(claim: &Claim, derived: &Derived) -> CheckResult {
    let due = derived.due(&claim.scheme.code, &claim.occasion, claim.stage);
    let holds = due.is_some_and(|due| due.beneficiary == claim.beneficiary);
    let detail = if holds {
        "the facts still earn it (事实仍然成立)".to_owned()
    } else {
        derived
            .lapse(&claim.scheme.code, &claim.occasion, claim.stage)
            .map_or_else(|| "the facts earn it no longer (事实已不成立)".to_owned(), |lapse| lapse.why.to_string())
    };
    result(CheckName::Eligible, holds, detail)
}

fn amount(claim: &Claim, all: &[Claim], derived: &Derived) -> CheckResult {
    let due = derived.due(&claim.scheme.code, &claim.occasion, claim.stage).map_or(Money::ZERO, |due| due.amount);
    let counts = |other: &&Claim| {
        other.scheme.code == claim.scheme.code
            && other.occasion == claim.occasion
            && other.stage == claim.stage
            && matches!(other.state, State::Submitted | State::Checked | State::Approved | State::Paid)
    };
    let asked: Money = all.iter().filter(counts).map(Claim::kept).sum();
    let detail = format!("asked {asked}, due {due} (申请 {asked} 元，应补 {due} 元)");
    result(CheckName::Amount, asked <= due, detail)
}

fn not_paid_elsewhere(claim: &Claim, all: &[Claim]) -> CheckResult {
    let elsewhere = all.iter().find(|other| {
        other.state == State::Paid
            && other.beneficiary != claim.beneficiary
            && other.scheme.code == claim.scheme.code
            && other.facts.iter().any(|fact| claim.facts.contains(fact))
    });
    let detail = match elsewhere {
        None => "nobody else was paid for these facts (未重复享受)".to_owned(),
        Some(other) => format!("{} was paid to {} ({} 已拨付 {})", other.id, other.beneficiary, other.id, other.beneficiary),
    };
    result(CheckName::NotPaidElsewhere, elsewhere.is_none(), detail)
}

fn affordable(claim: &Claim, budget: &Budget) -> CheckResult {
    let available = budget.available();
    let detail = format!("{available} available for {} (可用 {available} 元，需 {} 元)", claim.amount, claim.amount);
    result(CheckName::Budget, claim.amount <= available, detail)
}
