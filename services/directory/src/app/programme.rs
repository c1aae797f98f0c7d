//! Programmes: register, find, list.

use crate::domain::{OrganisationId, OrganisationKind, Programme, ProgrammeId};
use crate::events;
use crate::store::{organisation, programme};
use kit::page::Page;
use kit::{Code, Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Create {
    pub school: OrganisationId,
    pub code: String,
    pub title: String,
    pub chain: String,
}

pub async fn create(tx: &mut Tx, scope: &Scope, command: Create) -> Result<Programme, Error> {
    scope.own(command.school, command.school)?;
    let school = organisation::by_id(tx, command.school).await?.ok_or_else(|| Error::not_found(command.school))?;
    if school.organisation.kind != OrganisationKind::School {
        return Err(Error::refused(
            "programme.school",
            "NOT_A_SCHOOL",
            format!("{} is not a school", command.school),
            format!("{} 不是学校", command.school),
        )
        .rule("directory/programme-of-school")
        .way_out("name a school", "请填写学校"));
    }
    let programme =
        Programme { id: scope.id(), school: command.school, code: command.code, title: command.title, chain: command.chain };
    if !programme::insert(tx, &programme).await? {
        return Err(Error::new(
            Code::AlreadyExists,
            "PROGRAMME_EXISTS",
            format!("{} has a programme with the code {} already", programme.school, programme.code),
            format!("该校已有代码为 {} 的专业", programme.code),
        )
        .on("programme.code")
        .rule("directory/programme-code")
        .way_out("use the one that exists, or another code", "请使用已有专业或更换代码"));
    }
    events::programme_registered(tx, scope, &programme).await?;
    Ok(programme)
}

#[derive(Debug, Clone)]
pub struct Find(pub ProgrammeId);

pub async fn find(tx: &mut Tx, _scope: &Scope, query: Find) -> Result<Programme, Error> {
    programme::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct List {
    pub school: Option<OrganisationId>,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub programmes: Vec<Programme>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, _scope: &Scope, query: List) -> Result<Listed, Error> {
    let rows = programme::list(tx, query.school, query.page).await?;
    let (programmes, next) = query.page.cut(rows, |row| row.id);
    Ok(Listed { programmes, next })
}
