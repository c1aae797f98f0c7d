//! Funds and budgets on the wire.

use crate::app::{Appropriate, BudgetOf, CreateFund, FindFund, ListFunds, Listed};
use crate::domain::{Budget, FundId, OrganisationId, SourceKind};
use crate::store::fund::Fund;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_text, timestamp, unknown_enum};
use kit::{Error, Money};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::CreateFundRequest> for CreateFund {
    type Error = Error;
    fn try_from(request: pb::CreateFundRequest) -> Result<Self, Error> {
        let fund = request.fund.ok_or_else(|| Error::required("fund", "the fund to set up"))?;
        let kind = parse_kind(fund.kind)?;
        Ok(Self {
            code: parse_code(fund.code)?,
            display_name: parse_text("fund.display_name", fund.display_name, 100)?,
            parent: FundId::parse_optional("fund.parent", &fund.parent)?,
            kind,
            owner: parse_owner(kind, &fund.organisation)?,
        })
    }
}

fn parse_kind(kind: i32) -> Result<SourceKind, Error> {
    match pb::SourceKind::try_from(kind) {
        Ok(pb::SourceKind::Unspecified | pb::SourceKind::CoFunding) => Ok(SourceKind::CoFunding),
        Ok(pb::SourceKind::Sponsor) => Ok(SourceKind::Sponsor),
        Ok(pb::SourceKind::OwnAccount) => Ok(SourceKind::OwnAccount),
        Err(_) => Err(unknown_enum("fund.kind", kind)),
    }
}

/// Given for what belongs to an organisation, and for nothing else.
fn parse_owner(kind: SourceKind, organisation: &str) -> Result<Option<OrganisationId>, Error> {
    let owner = OrganisationId::parse_optional("fund.organisation", organisation)?;
    match (kind, owner) {
        (SourceKind::CoFunding, Some(owner)) => Err(Error::invalid(
            "fund.organisation",
            "PUBLIC_FUND",
            format!("a public fund belongs to no organisation; leave {owner} out, or say whose money it is in `kind`"),
            format!("财政资金不属于任何单位；请删除 {owner}，或在 `kind` 中注明资金性质"),
        )),
        (SourceKind::Sponsor | SourceKind::OwnAccount, None) => {
            Err(Error::required("fund.organisation", "the organisation whose money it is"))
        }
        _ => Ok(owner),
    }
}

impl From<SourceKind> for pb::SourceKind {
    fn from(kind: SourceKind) -> Self {
        match kind {
            SourceKind::Sponsor => Self::Sponsor,
            SourceKind::OwnAccount => Self::OwnAccount,
            SourceKind::CoFunding => Self::CoFunding,
        }
    }
}

fn parse_code(code: String) -> Result<String, Error> {
    let code = parse_text("fund.code", code, 40)?;
    if code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Ok(code);
    }
    Err(Error::invalid(
        "fund.code",
        "FUND_CODE",
        format!("`fund.code` is {code:?}: expected lower-case letters, digits and hyphens, such as `talent`"),
        format!("`fund.code` 为 {code:?}，应由小写字母、数字和连字符组成，例如 `talent`"),
    ))
}

impl TryFrom<pb::GetFundRequest> for FindFund {
    type Error = Error;
    fn try_from(request: pb::GetFundRequest) -> Result<Self, Error> {
        FundId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListFundsRequest> for ListFunds {
    type Error = Error;
    fn try_from(request: pb::ListFundsRequest) -> Result<Self, Error> {
        Page::parse(request.page_size, &request.page_token).map(Self)
    }
}

impl TryFrom<pb::AppropriateFundRequest> for Appropriate {
    type Error = Error;
    fn try_from(request: pb::AppropriateFundRequest) -> Result<Self, Error> {
        Ok(Self {
            fund: FundId::parse("name", &request.name)?,
            amount: Money::parse_positive("amount", request.amount)?,
            document: parse_text("document", request.document, 100)?,
        })
    }
}

impl TryFrom<pb::GetBudgetRequest> for BudgetOf {
    type Error = Error;
    fn try_from(request: pb::GetBudgetRequest) -> Result<Self, Error> {
        FundId::parse("name", &request.name).map(Self)
    }
}

impl From<Fund> for pb::Fund {
    fn from(fund: Fund) -> Self {
        Self {
            name: fund.id.to_string(),
            display_name: fund.display_name,
            code: fund.code,
            parent: fund.parent.map(Into::into).unwrap_or_default(),
            kind: pb::SourceKind::from(fund.kind).into(),
            organisation: fund.owner.map(Into::into).unwrap_or_default(),
            create_time: Some(timestamp(fund.created_at)),
        }
    }
}

impl From<Listed<Fund>> for pb::ListFundsResponse {
    fn from(listed: Listed<Fund>) -> Self {
        Self { funds: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<Budget> for pb::Budget {
    fn from(budget: Budget) -> Self {
        Self {
            fund: budget.fund.to_string(),
            appropriated: Some(budget.appropriated.into()),
            committed: Some(budget.committed.into()),
            paid: Some(budget.paid.into()),
            available: Some(budget.available().into()),
        }
    }
}
