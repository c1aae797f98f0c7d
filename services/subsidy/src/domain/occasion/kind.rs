//! The kinds of occasions: who takes part in each, from which days its stages are counted, and what a scheme may ask about it.

use serde_json::{Value, json};

kit::words! {
    /// What earns money.
    pub enum OccasionKind {
        /// An employment of a graduate of an order class.
        Hire = "hire",
        /// A rotation with days credited.
        Rotation = "rotation",
        /// A calendar month of confirmed guidance.
        GuidanceMonth = "guidance-month",
        /// A student's time in an order class.
        Enrolment = "enrolment",
        /// An enterprise's investment in vocational education in a calendar year. It is no person's: what it earns is
        /// an offset against tax, never a claim.
        InvestmentYear = "investment-year",
    }
}

impl OccasionKind {
    /// What expressions over it may name.
    pub fn variables(self) -> Vec<String> {
        let own: &[&str] = match self {
            Self::Hire => &["person", "hire", "graduation"],
            Self::Rotation => &["person", "rotation"],
            Self::GuidanceMonth => &["person", "guidance"],
            Self::Enrolment => &["person", "enrolment", "employment"],
            Self::InvestmentYear => &["investment"],
        };
        own.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Who can get the money; the first does unless a scheme says otherwise.
    pub const fn parties(self) -> &'static [&'static str] {
        match self {
            Self::Hire => &["employer", "school"],
            Self::Rotation => &["home", "host"],
            Self::GuidanceMonth => &["organisation"],
            Self::Enrolment => &["school", "enterprise"],
            Self::InvestmentYear => &["enterprise"],
        }
    }

    /// Whose fund is a sponsor's: of those who take part, the one whom it is done for.
    pub const fn sponsor(self) -> &'static str {
        match self {
            Self::Hire => "employer",
            Self::Rotation => "host",
            Self::GuidanceMonth => "organisation",
            Self::Enrolment | Self::InvestmentYear => "enterprise",
        }
    }

    /// The days from which stages are counted.
    pub const fn milestones(self) -> &'static [&'static str] {
        match self {
            Self::Hire => &["start"],
            Self::Rotation => &["start", "end"],
            Self::GuidanceMonth | Self::InvestmentYear => &["end"],
            Self::Enrolment => &["start", "placement", "graduation"],
        }
    }

    /// Whether it goes on until the person leaves.
    pub const fn can_end(self) -> bool {
        matches!(self, Self::Hire | Self::Enrolment)
    }

    /// Whether an organisation may state it: not what is no person's.
    pub const fn can_be_stated(self) -> bool {
        !matches!(self, Self::InvestmentYear)
    }

    /// Whether it can be completed, so that money may be paid in advance of that.
    pub const fn can_be_completed(self) -> bool {
        matches!(self, Self::Enrolment)
    }

    /// A made-up occasion with every field there is, on which expressions are tried.
    pub fn sample(self) -> Value {
        let person = json!({"kind": "student", "organisation": "organisations/a"});
        match self {
            Self::Hire => json!({
                "person": person,
                "hire": {"start": "2027-07-01", "employer": "organisations/b", "employer_kind": "enterprise",
                    "with_order_enterprise": true, "current": true, "days": -1},
                "graduation": {"date": "2027-06-20", "school": "organisations/a", "enterprise": "organisations/b",
                    "days_before_hire": 11},
            }),
            Self::Rotation => json!({
                "person": person,
                "rotation": {"credited_days": 60, "share_percent": 50, "start": "2027-03-01", "last": "2027-06-28",
                    "home": "organisations/a", "home_kind": "school", "host": "organisations/b", "host_kind": "enterprise"},
            }),
            Self::GuidanceMonth => json!({
                "person": person,
                "guidance": {"month": "2027-03", "records": 4, "minutes": 240, "students": 3, "pairings": 3,
                    "organisation": "organisations/b", "organisation_kind": "enterprise"},
            }),
            Self::Enrolment => json!({
                "person": person,
                "enrolment": {"start": "2027-03-01", "last": "2028-02-29", "days": 366, "school": "organisations/a",
                    "school_kind": "school", "enterprise": "organisations/b", "enterprise_kind": "enterprise",
                    "programme": "programmes/a", "placed": true, "graduated": true, "left": false},
                "employment": {"with_enterprise": true, "start": "2026-07-01"},
            }),
            Self::InvestmentYear => json!({
                "investment": {"year": 2027, "fen": 100_000_000, "enterprise": "organisations/b", "integration_listed": true},
            }),
        }
    }
}
