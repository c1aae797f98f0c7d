//! What an organisation states is derived after what events tell, and takes nothing from it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

mod world;

use kit::id::Id;
use proptest::prelude::*;
use std::sync::Arc;
use subsidy::domain::{
    Due, Fact, FactKind, Filed, Filing, Guided, Known, OccasionKind, Party, Schemes, Stated, derive, derive_with,
};
use world::{any_history, day, fact, kind_of, organisation};

/// Enterprise 2 states that it hired the person, a graduate of school 1.
fn filed(first: u16, last: Option<u16>, resource: Option<String>) -> Filed {
    let party = |n: u8| Party { id: organisation(n).uuid(), kind: kind_of(n) };
    let stated = Stated::Hire {
        employer: party(2),
        school: party(1),
        order_enterprise: party(2),
        first: day(first),
        last: last.map(|last| day(first + last)),
        graduated: day(first - 10),
    };
    let at = "2027-06-01T00:00:00Z".parse().unwrap();
    let filing = Filing { organisation: organisation(2).uuid(), by: "clerk".into(), at, resource, stated };
    Filed { scheme: "hiring-subsidy".into(), filing: Arc::new(filing) }
}

/// Organisation 1 states a month of guidance, as its own mentor allowance lets it.
fn month(first: u16) -> (Filed, Schemes) {
    let text = include_str!("../schemes/mentor-allowance.1.toml").replace("retention_days = 0\n", "filed = true\n");
    let schemes = Schemes::with_own([("mentor-allowance.1.toml", text.as_str())]).unwrap();
    let students = vec![Guided { student: organisation(9).uuid(), minutes: 30, last: day(first) }];
    let party = Party { id: organisation(1).uuid(), kind: kind_of(1) };
    let stated = Stated::GuidanceMonth { organisation: party, month: day(first), students };
    let at = "2027-06-01T00:00:00Z".parse().unwrap();
    let filing = Filing { organisation: organisation(1).uuid(), by: "clerk".into(), at, resource: None, stated };
    (Filed { scheme: "mentor-allowance".into(), filing: Arc::new(filing) }, schemes)
}

fn said(due: &Due) -> (String, String, i64, i64, String, Vec<String>) {
    let (scheme, occasion) = (due.scheme.citation(), due.occasion.clone());
    (scheme, occasion, due.stage, due.amount.as_fen(), due.beneficiary.to_string(), due.facts.clone())
}

fn known(history: Vec<Fact>) -> Vec<Fact> {
    let registered = Fact { detail: "student".to_owned(), ..fact(FactKind::Registered, "people/known", 1, 0) };
    std::iter::once(registered).chain(history).collect()
}

proptest! {
    #[test]
    fn a_statement_changes_nothing_of_what_the_facts_come_to(
        history in any_history(), first in 365u16..600, last in prop::option::of(0u16..500),
    ) {
        let (facts, schemes) = (known(history), Schemes::shipped());
        let alone = derive(schemes, &facts, day(2000)).unwrap();
        let with = derive_with(schemes, &facts, &[filed(first, last, None)], day(2000)).unwrap();
        let (stated, recorded): (Vec<&Due>, Vec<&Due>) = with.dues.iter().partition(|due| due.filing.is_some());
        prop_assert_eq!(recorded.into_iter().map(said).collect::<Vec<_>>(), alone.dues.iter().map(said).collect::<Vec<_>>());
        // One claim a person: the statement earns where the facts earn nothing, as long as the person stayed.
        let taken = alone.dues.iter().any(|due| due.scheme.code == "hiring-subsidy");
        let stages = [89, 364].iter().filter(|days| last.is_none_or(|last| last >= **days)).count();
        prop_assert_eq!(stated.len(), if taken { 0 } else { stages });
    }

    #[test]
    fn where_events_tell_of_the_same_the_statement_counts_for_nothing(history in any_history(), first in 365u16..600) {
        let (facts, schemes) = (known(history), Schemes::shipped());
        let on_record = facts.iter().any(|fact| fact.resource == "employments/1");
        let graduated = facts.iter().any(|fact| fact.kind == FactKind::Graduated);
        let same = filed(first, None, Some("employments/1".to_owned()));
        let with = derive_with(schemes, &facts, &[same], day(2000)).unwrap();
        if on_record && graduated {
            prop_assert!(with.dues.iter().all(|due| due.filing.is_none()));
        }
    }

    #[test]
    fn a_stated_month_counts_where_no_event_tells_of_it(history in any_history(), first in 0u16..120) {
        let (facts, (filed, schemes)) = (known(history), month(first));
        let key = filed.filing.key();
        let alone = derive(&schemes, &facts, day(2000)).unwrap();
        let with = derive_with(&schemes, &facts, &[filed], day(2000)).unwrap();
        let (stated, recorded): (Vec<&Due>, Vec<&Due>) = with.dues.iter().partition(|due| due.filing.is_some());
        prop_assert_eq!(recorded.into_iter().map(said).collect::<Vec<_>>(), alone.dues.iter().map(said).collect::<Vec<_>>());
        let told = Known::new(&facts).occasions(OccasionKind::GuidanceMonth).iter().any(|occasion| occasion.key == key);
        prop_assert_eq!(stated.iter().map(|due| due.occasion.as_str()).collect::<Vec<_>>(), if told { vec![] } else { vec![key.as_str()] });
    }
}
