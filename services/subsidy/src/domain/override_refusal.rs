//! Why an override of a check is refused.

use super::{CheckName, CheckOverrideId, ClaimId};
use chrono::NaiveDate;
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideRefusal {
    #[error("the scheme of {claim} lets nobody override its check `{}`", check.as_str())]
    NotOverridable { claim: ClaimId, check: CheckName },
    #[error("{claim} has not failed its check `{}`", check.as_str())]
    NothingToOverride { claim: ClaimId, check: CheckName },
    #[error("who submitted {claim} does not override its checks")]
    OwnClaim { claim: ClaimId },
    #[error("{known} overrides the check `{}` already, or waits to be confirmed", check.as_str())]
    AskedAlready { known: CheckOverrideId, check: CheckName },
    #[error("`expire_date` is {asked}: expected a day from {today} to {latest}")]
    WrongExpiry { today: NaiveDate, latest: NaiveDate, asked: NaiveDate },
    #[error("who asked for {id}, or submitted its claim, does not confirm it")]
    OwnOverride { id: CheckOverrideId },
    #[error("{id} is confirmed already")]
    Confirmed { id: CheckOverrideId },
    #[error("{id} counted until {expired}")]
    Expired { id: CheckOverrideId, expired: NaiveDate },
    #[error("the override of the check `{}` of {claim} has expired", check.as_str())]
    Lapsed { claim: ClaimId, check: CheckName },
    #[error("{claim} would be approved only by those who overrode its checks")]
    OnlyOverriders { claim: ClaimId },
}

impl From<OverrideRefusal> for Error {
    fn from(refusal: OverrideRefusal) -> Self {
        let en = refusal.to_string();
        let (subject, reason, zh, ways): (String, _, _, (&str, &str)) = match refusal {
            OverrideRefusal::WrongExpiry { today, latest, asked } => {
                let zh = format!("`expire_date` 为 {asked}，应在 {today} 至 {latest} 之间");
                return Self::invalid("check_override.expire_date", "OVERRIDE_EXPIRY", en, zh)
                    .rule("subsidy/overrides")
                    .way_out("give a day that the scheme allows, or none", "请填写补贴项目允许的日期，或留空");
            }
            OverrideRefusal::NotOverridable { claim, check } => (
                claim.to_string(),
                "NOT_OVERRIDABLE",
                format!("{claim} 的补贴项目不允许例外核准检查“{}”", check.as_str()),
                ("settle what the check found, or reject the claim", "请先处理检查发现的问题，或驳回该申领"),
            ),
            OverrideRefusal::NothingToOverride { claim, check } => (
                claim.to_string(),
                "NOTHING_TO_OVERRIDE",
                format!("{claim} 的检查“{}”没有未通过的结果", check.as_str()),
                ("check the claim; only a check that failed is overridden", "请先检查该申领；仅未通过的检查可例外核准"),
            ),
            OverrideRefusal::OwnClaim { claim } => (
                claim.to_string(),
                "FOUR_EYES",
                format!("提交人不得对本人提交的申领 {claim} 申请例外核准"),
                ("let another person ask for it", "请由另一人申请"),
            ),
            OverrideRefusal::AskedAlready { known, check } => (
                known.to_string(),
                "OVERRIDE_ASKED_ALREADY",
                format!("{known} 已对检查“{}”例外核准或待确认", check.as_str()),
                ("confirm that one, or wait until it has expired", "请确认该例外核准，或待其失效"),
            ),
            OverrideRefusal::OwnOverride { id } => (
                id.to_string(),
                "FOUR_EYES",
                format!("申请人或申领提交人不得确认例外核准 {id}"),
                ("let another person confirm it", "请由另一人确认"),
            ),
            OverrideRefusal::Confirmed { id } => (
                id.to_string(),
                "OVERRIDE_CONFIRMED",
                format!("例外核准 {id} 已确认"),
                ("check the claim again: it counts", "请重新检查该申领"),
            ),
            OverrideRefusal::Expired { id, expired } => (
                id.to_string(),
                "OVERRIDE_EXPIRED",
                format!("例外核准 {id} 已于 {expired} 失效"),
                ("ask for another", "请另行申请"),
            ),
            OverrideRefusal::Lapsed { claim, check } => (
                claim.to_string(),
                "OVERRIDE_EXPIRED",
                format!("{claim} 检查“{}”的例外核准已失效", check.as_str()),
                (
                    "have another one confirmed that gives the same reason and document, then approve",
                    "请另行申请理由与文件相同的例外核准并经确认，再行审批",
                ),
            ),
            OverrideRefusal::OnlyOverriders { claim } => (
                claim.to_string(),
                "FOUR_EYES",
                format!("{claim} 的审批人均参与了例外核准"),
                (
                    "let somebody approve it who neither asked for the override nor confirmed it",
                    "请由未申请也未确认例外核准的人员审批",
                ),
            ),
        };
        Self::refused(&subject, reason, en, zh).rule("subsidy/overrides").way_out(ways.0, ways.1)
    }
}
