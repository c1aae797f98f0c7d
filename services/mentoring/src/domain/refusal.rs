//! Why a command of mentoring is refused.

use super::{ClassId, OrganisationId, PairingId, PersonId, RoundId, Side};
use chrono::NaiveDate;
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{person} is a mentor of {organisation} on this side already")]
    MentorExists { person: PersonId, organisation: OrganisationId },
    #[error("{person} is no longer employed at {organisation}")]
    MentorHasLeft { person: PersonId, organisation: OrganisationId },
    #[error("{organisation} has no {side} mentors: academic mentors are of schools, enterprise mentors of enterprises")]
    WrongSide { organisation: OrganisationId, side: Side },
    #[error("no student of {class} waits for a mentor")]
    NobodyWaits { class: ClassId },
    #[error("{class} has a round that is not published yet: {round}")]
    RoundOpen { class: ClassId, round: RoundId },
    #[error("{round} has no proposals yet")]
    NotSolved { round: RoundId },
    #[error("{round} is published; its pairings are real")]
    AlreadyPublished { round: RoundId },
    #[error("what {round} proposes is out of date: a student no longer waits, or a mentor's place is taken")]
    ProposalOutdated { round: RoundId },
    #[error("{pairing} has had no mentor yet")]
    NoMentor { pairing: PairingId },
    #[error("{on} is not a day of the pairing: it can be guidance of {since} to {last}")]
    OutsidePairing { on: NaiveDate, since: NaiveDate, last: NaiveDate },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            Refusal::MentorExists { .. } | Refusal::MentorHasLeft { .. } | Refusal::WrongSide { .. } => of_mentor(&refusal, en),
            Refusal::NobodyWaits { .. }
            | Refusal::RoundOpen { .. }
            | Refusal::NotSolved { .. }
            | Refusal::AlreadyPublished { .. }
            | Refusal::ProposalOutdated { .. } => of_round(&refusal, en),
            Refusal::NoMentor { pairing } => Self::refused("pairing", "NO_MENTOR", en, format!("{pairing} 尚无导师"))
                .rule("mentoring/guidance")
                .way_out("record guidance of a pairing that has a mentor", "请选择已有导师的结对"),
            Refusal::OutsidePairing { on, since, last } => {
                Self::refused("date", "OUTSIDE_PAIRING", en, format!("{on} 不在结对期间内，可记录 {since} 至 {last} 的指导"))
                    .rule("mentoring/guidance")
                    .way_out("give a day on which the two were paired, today at the latest", "请填写结对期间内且不晚于今日的日期")
            }
        }
    }
}

fn of_mentor(refusal: &Refusal, en: String) -> Error {
    match refusal {
        Refusal::MentorHasLeft { person, organisation } => {
            Error::refused("person", "MENTOR_HAS_LEFT", en, format!("{person} 已不在 {organisation} 任职"))
                .rule("mentoring/employment")
                .way_out(
                    "register somebody who works there, or have the employment corrected first",
                    "请登记在职人员，或先更正任职信息",
                )
        }
        Refusal::WrongSide { organisation, side } => {
            let side = if *side == Side::Academic { "校内" } else { "企业" };
            Error::refused(
                "side",
                "WRONG_SIDE",
                en,
                format!("{organisation} 不能登记{side}导师：校内导师属于学校，企业导师属于企业"),
            )
            .rule("mentoring/sides")
            .way_out("give the side of the organisation", "请按单位性质选择导师类别")
        }
        Refusal::MentorExists { person, organisation } => {
            Error::refused("person", "MENTOR_EXISTS", en, format!("{person} 已是 {organisation} 的同类导师"))
                .rule("mentoring/one-mentor")
                .way_out("leave the person out; they are registered", "该人员已登记，请从名单中移除")
        }
        _ => Error::internal(en),
    }
}

fn of_round(refusal: &Refusal, en: String) -> Error {
    match refusal {
        Refusal::NobodyWaits { class } => {
            Error::refused("round.class", "NOBODY_WAITS", en, format!("{class} 没有待匹配导师的学生"))
                .rule("mentoring/rounds")
                .way_out(
                    "open a round when further students are enrolled; vacancies are filled without one",
                    "待有新学生入班后再开轮次；空缺会自动补配",
                )
        }
        Refusal::RoundOpen { class, round } => {
            Error::refused("round.class", "ROUND_OPEN", en, format!("{class} 已有未发布的轮次 {round}"))
                .rule("mentoring/rounds")
                .way_out(format!("solve and publish {round}"), format!("请先求解并发布 {round}"))
        }
        Refusal::NotSolved { round } => Error::refused(&round.to_string(), "NOT_SOLVED", en, format!("{round} 尚未求解"))
            .rule("mentoring/rounds")
            .way_out("solve it first", "请先求解"),
        Refusal::AlreadyPublished { round } => {
            Error::refused(&round.to_string(), "ALREADY_PUBLISHED", en, format!("{round} 已发布"))
                .rule("mentoring/rounds")
                .way_out("open a new round for students who came later", "后入班的学生请另开轮次")
        }
        Refusal::ProposalOutdated { round } => Error::refused(
            &round.to_string(),
            "PROPOSAL_OUTDATED",
            en,
            format!("{round} 的匹配方案已过期：学生已离开或导师名额已被占用"),
        )
        .rule("mentoring/rounds")
        .way_out("solve it again, then publish", "请重新求解后再发布"),
        _ => Error::internal(en),
    }
}
