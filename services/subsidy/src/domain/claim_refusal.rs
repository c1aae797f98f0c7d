//! Why a command is refused for what a scheme says about claims: who approves, how long they are public, and what has to
//! be handed in.

use super::{CheckName, ClaimId, FundId, ObjectionId, ObjectionState};
use kit::{Error, Money};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    #[error("{scheme}, as it judged {claim}, is not known here")]
    SchemeUnknown { claim: ClaimId, scheme: String },
    #[error("you have approved {claim} already, and it needs another person's approval as well")]
    ApprovedByYou { claim: ClaimId },
    #[error("{claim} comes to {amount} yuan, which {} approves", roles.join(" or "))]
    RoleForLevel { claim: ClaimId, amount: Money, roles: Vec<String> },
    #[error("{claim} cannot be submitted without {}", codes.join(", "))]
    EvidenceMissing { claim: ClaimId, codes: Vec<String> },
    #[error("the scheme of {claim} does not ask for `{code}`")]
    EvidenceUnasked { claim: ClaimId, code: String },
    #[error("{claim} does not pass its check `{}`: {detail}", check.as_str())]
    CheckFailed { claim: ClaimId, check: CheckName, detail: String },
    #[error("{claim} is not public at this time")]
    NotPublic { claim: ClaimId },
    #[error("you have objected to {claim} already, and nobody has decided about it")]
    ObjectedAlready { claim: ClaimId },
    #[error("who made {objection} does not decide about it")]
    OwnObjection { objection: ObjectionId },
    #[error("{objection} is {is} already")]
    ObjectionResolved { objection: ObjectionId, is: ObjectionState },
    #[error("{claims} approved claims of {fund} are in their publicity period or objected to, and no other waits for payment")]
    HeldBack { fund: FundId, claims: i64 },
}

impl From<ClaimRefusal> for Error {
    fn from(refusal: ClaimRefusal) -> Self {
        match refusal {
            ClaimRefusal::SchemeUnknown { .. }
            | ClaimRefusal::ApprovedByYou { .. }
            | ClaimRefusal::RoleForLevel { .. }
            | ClaimRefusal::EvidenceMissing { .. }
            | ClaimRefusal::EvidenceUnasked { .. }
            | ClaimRefusal::CheckFailed { .. } => of_scheme(&refusal),
            _ => of_publicity(&refusal),
        }
    }
}

fn of_scheme(refusal: &ClaimRefusal) -> Error {
    let en = refusal.to_string();
    let (claim, reason, zh, rule, ways): (_, _, _, _, (&str, &str)) = match refusal {
        ClaimRefusal::SchemeUnknown { claim, scheme } => (
            claim,
            "SCHEME_UNKNOWN",
            format!("审核 {claim} 所依据的 {scheme} 文本在此不存在"),
            "subsidy/scheme-in-force",
            ("bring back the file of the scheme as it was, or reject the claim", "请恢复该补贴项目的原文件，或驳回该申领"),
        ),
        ClaimRefusal::ApprovedByYou { claim } => (
            claim,
            "ALREADY_APPROVED_BY_YOU",
            format!("您已审批 {claim}，尚需另一人审批"),
            "subsidy/approval-levels",
            ("let another person approve it as well", "请由另一人审批"),
        ),
        ClaimRefusal::EvidenceMissing { claim, codes } => (
            claim,
            "EVIDENCE_MISSING",
            format!("{claim} 缺少佐证材料：{}", codes.join("、")),
            "subsidy/evidence",
            ("name each of them with its SHA-256 and the place where it is kept", "请逐项提供材料代码、SHA-256 摘要及存放位置"),
        ),
        ClaimRefusal::CheckFailed { claim, check, .. } => (
            claim,
            "CHECK_FAILED",
            format!("{claim} 未通过检查“{}”", check.as_str()),
            "subsidy/checks",
            ("settle what the check found, or reject the claim", "请先处理检查发现的问题，或驳回该申领"),
        ),
        ClaimRefusal::EvidenceUnasked { claim, code } => (
            claim,
            "EVIDENCE_UNASKED",
            format!("{claim} 的补贴项目不要求材料“{code}”"),
            "subsidy/evidence",
            ("leave it out; the scheme says what it asks for", "请删除该材料；所需材料以补贴项目为准"),
        ),
        ClaimRefusal::RoleForLevel { claim, amount, roles } => (
            claim,
            "ROLE_FOR_LEVEL",
            format!("{claim} 金额为 {amount} 元，应由 {} 审批", roles.join(" 或 ")),
            "subsidy/approval-levels",
            ("let somebody with one of the roles that its scheme names approve it", "请由补贴项目规定角色的人员审批"),
        ),
        _ => return Error::internal(en),
    };
    Error::refused(&claim.to_string(), reason, en, zh).rule(rule).way_out(ways.0, ways.1)
}

fn of_publicity(refusal: &ClaimRefusal) -> Error {
    let en = refusal.to_string();
    let (subject, reason, zh, ways): (_, _, _, (&str, &str)) = match refusal {
        ClaimRefusal::NotPublic { claim } => (
            claim.to_string(),
            "NOT_IN_PUBLICITY",
            format!("{claim} 不在公示期内"),
            (
                "object while a claim is public: from its approval to the end of `publicity_end_date`",
                "请在公示期内提出异议：自批准起至 `publicity_end_date` 当日结束",
            ),
        ),
        ClaimRefusal::ObjectedAlready { claim } => (
            claim.to_string(),
            "OBJECTED_ALREADY",
            format!("您已对 {claim} 提出异议，尚未处理"),
            ("wait for the decision about it", "请等待处理结果"),
        ),
        ClaimRefusal::OwnObjection { objection } => (
            objection.to_string(),
            "FOUR_EYES",
            format!("提出人不得处理本人提出的异议 {objection}"),
            ("let another person decide about it", "请由另一人处理"),
        ),
        ClaimRefusal::ObjectionResolved { objection, is } => (
            objection.to_string(),
            "OBJECTION_RESOLVED",
            format!("异议 {objection} 已处理，结果为 {is}"),
            (
                "what was decided stays; another objection may be made while the claim is public",
                "处理结果不再更改；公示期内可另行提出异议",
            ),
        ),
        ClaimRefusal::HeldBack { fund, claims } => (
            fund.to_string(),
            "IN_PUBLICITY",
            format!("{fund} 有 {claims} 笔已批准申领处于公示期或有未处理的异议，暂无可拨付的申领"),
            (
                "wait until their publicity is over, and decide about the objections that ListClaimObjections names",
                "请待公示期结束，并处理未决异议",
            ),
        ),
        _ => return Error::internal(en),
    };
    Error::refused(&subject, reason, en, zh).rule("subsidy/publicity").way_out(ways.0, ways.1)
}
