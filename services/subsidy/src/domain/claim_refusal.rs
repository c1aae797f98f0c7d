//! Why a command is refused for what a scheme says about claims: who approves, how long they are public, and what has to
//! be handed in.

use super::{Cap, CheckName, ClaimId, FundId, ObjectionId, ObjectionState, State};
use chrono::NaiveDate;
use kit::{Code, Error, Money};

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
    #[error("{claim} asks for {asked} yuan; {} has {left} left of schemes/{}{}", cap.organisation, cap.scheme, in_year(cap.year))]
    CapExceeded { claim: ClaimId, cap: Box<Cap>, left: Money, asked: Money },
    #[error("no claims are filed under schemes/{scheme} for this")]
    NotFiled { scheme: String },
    #[error("an organisation files for itself: it is not the `{party}` of what it states")]
    FiledForOthers { party: &'static str },
    #[error("{claim} was filed for the same before, and is {is}")]
    FiledAlready { claim: ClaimId, is: State },
    #[error("{day} is yet to come; today is {today}")]
    DayToCome { day: NaiveDate, today: NaiveDate },
    #[error("events tell of {occasion}: there is nothing to file")]
    OnRecord { occasion: String },
    #[error("nothing of what is stated is due under schemes/{scheme}: {why}")]
    NothingDue { scheme: String, why: String },
    #[error("{claim} was not filed, and cannot be withdrawn")]
    NotWithdrawn { claim: ClaimId },
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

fn in_year(year: i64) -> String {
    if year == 0 { String::new() } else { format!(" for {year}") }
}

impl From<ClaimRefusal> for Error {
    fn from(refusal: ClaimRefusal) -> Self {
        match refusal {
            ClaimRefusal::SchemeUnknown { .. }
            | ClaimRefusal::ApprovedByYou { .. }
            | ClaimRefusal::RoleForLevel { .. }
            | ClaimRefusal::EvidenceMissing { .. }
            | ClaimRefusal::EvidenceUnasked { .. }
            | ClaimRefusal::CheckFailed { .. }
            | ClaimRefusal::CapExceeded { .. } => of_scheme(&refusal),
            ClaimRefusal::NotFiled { .. }
            | ClaimRefusal::FiledForOthers { .. }
            | ClaimRefusal::FiledAlready { .. }
            | ClaimRefusal::DayToCome { .. }
            | ClaimRefusal::OnRecord { .. }
            | ClaimRefusal::NothingDue { .. }
            | ClaimRefusal::NotWithdrawn { .. } => of_filing(&refusal),
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
        ClaimRefusal::CapExceeded { claim, cap, left, asked } => (
            claim,
            "CAP_EXCEEDED",
            format!(
                "{claim} 申请 {asked} 元，{} 在 schemes/{} 项下{}剩余 {left} 元",
                cap.organisation,
                cap.scheme,
                if cap.year == 0 { String::new() } else { format!("{} 年度", cap.year) }
            ),
            "subsidy/caps",
            (
                "approve less for the organisation, or wait until something of it has come back",
                "请减少该单位的批准金额，或待款项退回后再批准",
            ),
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

fn of_filing(refusal: &ClaimRefusal) -> Error {
    let en = refusal.to_string();
    let (subject, reason, zh, ways): (String, _, _, (&str, &str)) = match refusal {
        ClaimRefusal::NotFiled { scheme } => (
            "scheme".to_owned(),
            "SCHEME_NOT_FILED",
            format!("schemes/{scheme} 不接受此类申报"),
            (
                "take a scheme whose `filed` is true and whose occasion is what is stated; under others events earn the money",
                "请选择 `filed` 为 true 且事由相符的补贴项目；其他项目由事件产生申领",
            ),
        ),
        ClaimRefusal::FiledForOthers { party } => (
            "occasion".to_owned(),
            "FILED_FOR_OTHERS",
            format!("单位只能为本单位申报：本单位不是所申报事由的 `{party}`"),
            ("name your own organisation, or let the other one file", "请填写本单位，或由对方单位申报"),
        ),
        ClaimRefusal::FiledAlready { claim, is } => {
            return Error::new(Code::AlreadyExists, "FILED_ALREADY", en, format!("同一事由此前已申报为 {claim}，状态为 {is}"))
                .on("occasion")
                .rule("subsidy/filing")
                .way_out("read that claim; withdraw it to state something else", "请读取该申领；如需更改请先撤回");
        }
        ClaimRefusal::DayToCome { day, today } => {
            return Error::invalid("occasion", "DAY_NOT_COME", en, format!("{day} 尚未到来，今天是 {today}"))
                .rule("subsidy/filing")
                .way_out("state what has happened; file the rest once it has", "请申报已发生的事实，其余待发生后再申报");
        }
        ClaimRefusal::OnRecord { occasion } => (
            "occasion".to_owned(),
            "OCCASION_ON_RECORD",
            format!("{occasion} 已有事件记录，无需申报"),
            ("submit the claim that the events earned, if they earned any", "请提交由事件产生的申领（如有）"),
        ),
        ClaimRefusal::NothingDue { scheme, why } => (
            "occasion".to_owned(),
            "NOTHING_DUE",
            format!("所申报内容在 schemes/{scheme} 项下无应补金额：{why}"),
            ("state what the scheme asks for, or file once it is due", "请按补贴项目的条件申报，或待到期后申报"),
        ),
        ClaimRefusal::NotWithdrawn { claim } => (
            claim.to_string(),
            "NOT_FILED",
            format!("{claim} 并非申报产生，不能撤回"),
            ("leave it unsubmitted, or ask the bureau to reject it", "请勿提交，或请主管部门驳回"),
        ),
        _ => return Error::internal(en),
    };
    Error::refused(&subject, reason, en, zh).rule("subsidy/filing").way_out(ways.0, ways.1)
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
