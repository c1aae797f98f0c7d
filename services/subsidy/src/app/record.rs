//! Facts are kept as they come, and claims follow them.

use super::accrue::accrue;
use crate::domain::{Fact, FactKind, OrganisationId, PersonId};
use crate::store::fact;
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// What an event tells that matters to money.
#[derive(Debug)]
pub enum News {
    Fact(Fact),
    /// A pairing is over. The event does not say whose it was; the fact of its beginning does.
    Unpaired(Unpaired),
    /// The directory says what an organisation is: what is due to everybody whose facts name it may change.
    Organisation(Organisation),
}

/// What an event says of the end of a pairing.
#[derive(Debug)]
pub struct Unpaired {
    pub key: String,
    pub pairing: String,
    pub event_type: String,
    pub version: i64,
    pub on: NaiveDate,
    pub reason: String,
}

#[derive(Debug)]
pub struct Organisation {
    pub id: OrganisationId,
    pub kind: &'static str,
    pub integration_listed: bool,
}

/// Keeps what is new and brings the claims of everybody it concerns into line, each person once, however many facts
/// came. Organisations are held before people, each in the order of their ids, so that two that record at the same
/// time wait for each other and neither derives without the other's facts.
pub async fn record(tx: &mut Tx, news: Vec<(&Scope, News)>) -> Result<(), Error> {
    let (mut facts, mut ends, mut organisations) = (Vec::new(), Vec::new(), Vec::new());
    for (scope, news) in news {
        match news {
            News::Fact(fact) => facts.push((scope, fact)),
            News::Unpaired(end) => ends.push((scope, end)),
            News::Organisation(organisation) => organisations.push((scope, organisation)),
        }
    }
    let ends = owned(tx, &facts, ends).await?;
    facts.extend(ends);

    let named = facts.iter().flat_map(|(_, fact)| [fact.organisation, fact.counterpart]).flatten();
    fact::name_organisations(tx, &named.chain(organisations.iter().map(|(_, told)| told.id)).collect()).await?;
    let mut people: BTreeMap<PersonId, &Scope> = BTreeMap::new();
    for (scope, told) in organisations {
        fact::register_organisation(tx, told.id, told.kind, told.integration_listed).await?;
        people.extend(fact::people_of(tx, told.id).await?.into_iter().map(|person| (person, scope)));
    }
    people.extend(facts.iter().map(|(scope, fact)| (fact.person, *scope)));
    let Some(now) = people.values().next().map(|scope| scope.now()) else { return Ok(()) };
    fact::lock_people(tx, people.keys().copied()).await?;
    fact::insert(tx, facts.iter().map(|(_, fact)| fact), now).await?;
    accrue(tx, &people).await.map(|_| ())
}

/// The facts that pairings are over, by the facts of their beginning. One that never had a mentor is nobody's.
async fn owned<'a>(
    tx: &mut Tx,
    arriving: &[(&'a Scope, Fact)],
    ends: Vec<(&'a Scope, Unpaired)>,
) -> Result<Vec<(&'a Scope, Fact)>, Error> {
    let names: BTreeSet<&str> = ends.iter().map(|(_, end)| end.pairing.as_str()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut began = fact::pairings(tx, &names).await?;
    // In the order of their versions, so that the newest stays.
    for (_, fact) in arriving.iter().filter(|(_, fact)| fact.kind == FactKind::Paired) {
        began.insert(fact.resource.clone(), fact.clone());
    }
    let fact = |(scope, end): (&'a Scope, Unpaired)| {
        let began = began.get(&end.pairing)?.clone();
        let fact = Fact {
            key: end.key,
            kind: FactKind::Unpaired,
            version: end.version,
            event_type: end.event_type,
            end_day: Some(end.on.max(began.day)),
            detail: end.reason,
            ..began
        };
        Some((scope, fact))
    };
    Ok(ends.into_iter().filter_map(fact).collect())
}
