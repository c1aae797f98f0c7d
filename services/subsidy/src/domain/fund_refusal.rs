//! Why a fund is not set up.

use super::{OrganisationId, SourceKind};
use kit::Error;
use kit::error::Code;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FundRefusal {
    #[error("what belongs to an organisation is no part of another budget: it has no fund above it, and none below")]
    Alone,
    #[error("{organisation} is not registered, or not known here yet")]
    OwnerUnknown { organisation: OrganisationId },
    #[error("{organisation} has a fund of the kind {kind} already")]
    OwnerHasOne { organisation: OrganisationId, kind: SourceKind },
}

impl From<FundRefusal> for Error {
    fn from(refusal: FundRefusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            FundRefusal::Alone => {
                Self::refused("fund.parent", "FUND_STANDS_ALONE", en, "属于单位的资金不纳入其他基金预算：不得设上级或下级基金")
                    .rule("subsidy/sources")
                    .way_out("leave `parent` out", "请删除 `parent`")
            }
            FundRefusal::OwnerUnknown { organisation } => Self::refused(
                "fund.organisation",
                "OWNER_UNKNOWN",
                en,
                format!("{organisation} 未登记，或本服务尚未收到其登记信息"),
            )
            .rule("subsidy/sources")
            .way_out(
                "register the organisation in the directory first, and try again once this service knows of it",
                "请先在单位目录中登记，待本服务收到后重试",
            ),
            FundRefusal::OwnerHasOne { organisation, kind } => {
                Self::new(Code::AlreadyExists, "OWNER_HAS_FUND", en, format!("{organisation} 已有类型为 {kind} 的基金"))
                    .on("fund.organisation")
                    .rule("subsidy/sources")
                    .way_out("appropriate to the fund that is there", "请向已有基金追加预算")
            }
        }
    }
}
