//! People: register in batches, find, list.

use crate::domain::{OrganisationId, OrganisationKind, Person, PersonId, PersonKind, ProgrammeId};
use crate::events;
use crate::store::person::{self, Filter, Stored};
use crate::store::{organisation, programme};
use chrono::NaiveDate;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

/// One person to register, not yet with an id.
#[derive(Clone)]
pub struct NewPerson {
    pub display_name: String,
    pub organisation: OrganisationId,
    pub kind: PersonKind,
    pub birth_date: Option<NaiveDate>,
    pub entry_year: Option<i32>,
    pub programme: Option<ProgrammeId>,
    pub skills: Vec<String>,
}

#[derive(Clone)]
pub struct CreateBatch {
    pub people: Vec<NewPerson>,
}

#[derive(Debug)]
pub struct Created {
    pub people: Vec<Stored>,
}

pub async fn create_batch(tx: &mut Tx, scope: &Scope, command: CreateBatch) -> Result<Created, Error> {
    let Some(home) = command.people.first().map(|person| person.organisation) else {
        return Err(Error::required("people", "1 to 1,000 people"));
    };
    scope.own(home, home)?;
    let organisation = organisation::by_id(tx, home).await?.ok_or_else(|| Error::not_found(home))?.organisation;
    let mut programmes: BTreeMap<ProgrammeId, OrganisationId> = BTreeMap::new();
    let mut people = Vec::with_capacity(command.people.len());
    for (at, new) in command.people.into_iter().enumerate() {
        let place = format!("people[{at}]");
        fits(organisation.kind, home, &new).map_err(|error| error.within(&place))?;
        if let Some(id) = new.programme {
            let school = match programmes.get(&id) {
                Some(school) => Some(*school),
                None => programme::by_id(tx, id).await?.map(|programme| programme.school),
            };
            match school {
                Some(school) if school == home => programmes.insert(id, school),
                _ => return Err(Error::not_found(id).within(&place)),
            };
        }
        let person = Person {
            id: scope.id(),
            display_name: new.display_name,
            organisation: home,
            kind: new.kind,
            birth_date: new.birth_date,
            entry_year: new.entry_year,
            programme: new.programme,
            skills: new.skills,
        };
        person::insert(tx, &person, scope.now()).await?;
        events::person_registered(tx, scope, &person).await?;
        people.push(Stored { person, created_at: scope.now() });
    }
    Ok(Created { people })
}

/// Teachers and students belong to schools, engineers to enterprises, and a batch to one organisation.
fn fits(kind: OrganisationKind, home: OrganisationId, new: &NewPerson) -> Result<(), Error> {
    if new.organisation != home {
        return Err(Error::invalid(
            "organisation",
            "BATCH_OF_ONE",
            "a batch registers people of one organisation",
            "一批人员须属于同一单位",
        )
        .way_out("send a batch for each organisation", "请按单位分批提交"));
    }
    let fits = match new.kind {
        PersonKind::Teacher | PersonKind::Student => kind == OrganisationKind::School,
        PersonKind::Engineer => kind == OrganisationKind::Enterprise,
    };
    if fits {
        return Ok(());
    }
    Err(Error::refused(
        "kind",
        "KIND_MISPLACED",
        format!("a {} does not belong to an organisation of kind {kind}", new.kind),
        format!("{} 不能登记在此类单位", new.kind),
    )
    .rule("directory/kind-of-person")
    .way_out("register teachers and students at schools, engineers at enterprises", "教师、学生登记在学校，工程师登记在企业"))
}

#[derive(Debug, Clone)]
pub struct Find(pub PersonId);

pub async fn find(tx: &mut Tx, scope: &Scope, query: Find) -> Result<Stored, Error> {
    let stored = person::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    scope.own(stored.person.organisation, query.0)?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct List {
    pub filter: Filter,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub people: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, mut query: List) -> Result<Listed, Error> {
    query.filter.organisation = match super::narrowed(scope, query.filter.organisation)? {
        super::Narrowed::To(organisation) => organisation,
        super::Narrowed::Nothing => return Ok(Listed { people: Vec::new(), next: String::new() }),
    };
    let rows = person::list(tx, &query.filter, query.page).await?;
    let (people, next) = query.page.cut(rows, |row| row.person.id);
    Ok(Listed { people, next })
}
