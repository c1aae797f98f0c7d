//! Why a command of mentoring is refused.

mod evaluations;

use super::{
    ConflictId, GuidanceRecordId, MentorId, Month, ObjectionId, OrganisationId, PairingId, PersonId, ProjectId, ProjectState,
    Reach, RematchId, RoundId, RunId, Side, TermId,
};
use chrono::NaiveDate;
use evaluations::{of_evaluation, of_term};
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{person} is a mentor of {organisation} on this side already")]
    MentorExists { person: PersonId, organisation: OrganisationId },
    #[error("{person} is no longer employed at {organisation}")]
    MentorHasLeft { person: PersonId, organisation: OrganisationId },
    #[error("{organisation} has no {side} mentors: academic mentors are of schools, enterprise mentors of enterprises")]
    WrongSide { organisation: OrganisationId, side: Side },
    #[error("no student of {reach} waits for a mentor")]
    NobodyWaits { reach: Reach },
    #[error("a student of {reach} is in a round that is not published yet: {round}")]
    RoundOpen { reach: Reach, round: RoundId },
    #[error("a round of {reach} is opened by the bureau")]
    BureauOnly { reach: Reach },
    #[error("{round} is being published")]
    BeingPublished { round: RoundId },
    #[error("{round} no longer takes rankings")]
    PreferencesClosed { round: RoundId },
    #[error("{round} still takes rankings")]
    PreferencesOpen { round: RoundId },
    #[error("{who} is named twice")]
    NamedTwice { who: String },
    #[error("{who} {why}")]
    NotInRound { who: String, why: Absent },
    #[error("there is no version {version} of the weights")]
    UnknownWeights { version: i64 },
    #[error("{run} is not a dry run of {round}")]
    ForeignRun { run: RunId, round: RoundId },
    #[error("{round} is not published, or is over")]
    NotPublished { round: RoundId },
    #[error("{round} can be objected to until {until}")]
    ObjectionsPossible { round: RoundId, until: NaiveDate },
    #[error("{round} has {count} open objections")]
    ObjectionsOpen { round: RoundId, count: i64 },
    #[error("{round} takes no objections{}", until.map(|until| format!(" after {until}")).unwrap_or_default())]
    NoObjections { round: RoundId, until: Option<NaiveDate> },
    #[error("{pairing} is not active: there is nothing to object to")]
    NothingToObjectTo { pairing: PairingId },
    #[error("{pairing} has an open objection already")]
    ObjectionExists { pairing: PairingId },
    #[error("{objection} is decided")]
    ObjectionDecided { objection: ObjectionId },
    #[error("{objection} is decided by another person than the one who raised it")]
    OwnObjection { objection: ObjectionId },
    #[error("{mentor} and {other} have a conflict already")]
    ConflictExists { mentor: MentorId, other: String },
    #[error("{mentor} and {other} are of the same side")]
    SameSide { mentor: MentorId, other: MentorId },
    #[error("{conflict} is withdrawn already")]
    ConflictWithdrawn { conflict: ConflictId },
    #[error("{round} is published; its pairings are real")]
    AlreadyPublished { round: RoundId },
    #[error("what {round} proposes is out of date: a student no longer waits, or a mentor's place is taken")]
    ProposalOutdated { round: RoundId },
    #[error("{pairing} has had no mentor yet")]
    NoMentor { pairing: PairingId },
    #[error("the guidance of {pairing} in {month} is confirmed")]
    MonthConfirmed { pairing: PairingId, month: Month },
    #[error("{pairing} has no guidance on record in {month}")]
    NothingToConfirm { pairing: PairingId, month: Month },
    #[error("{record} is withdrawn already")]
    RecordWithdrawn { record: GuidanceRecordId },
    #[error("{rematch} is approved already")]
    RematchApproved { rematch: RematchId },
    #[error("{mentor} has left")]
    MentorClosed { mentor: MentorId },
    #[error("{mentor} is not on leave")]
    NotOnLeave { mentor: MentorId },
    #[error("{mentor} is on leave already")]
    OnLeave { mentor: MentorId },
    #[error("{mentor} has {capacity} places: a project of theirs has no more")]
    ProjectTooLarge { mentor: MentorId, capacity: i64 },
    #[error("{project} has {students} students, who keep their places")]
    ProjectTooSmall { project: ProjectId, students: i64 },
    #[error("{project} is {state} already")]
    ProjectIs { project: ProjectId, state: ProjectState },
    #[error("{on} is not a day of the pairing: it can be guidance of {since} to {last}")]
    OutsidePairing { on: NaiveDate, since: NaiveDate, last: NaiveDate },
    #[error("there is a term {code} already")]
    TermExists { code: String },
    #[error("{code} has a day in common with {other}")]
    TermsOverlap { code: String, other: String },
    #[error("{on} is not a day of {code}")]
    NotOfTerm { on: NaiveDate, code: String },
    #[error("{term} is named twice")]
    TermTwice { term: TermId },
    #[error("the mentor's capacity is {most}: no term has more")]
    AboveCapacity { term: TermId, most: i64 },
    #[error("two windows have {on} in common")]
    WindowsOverlap { on: NaiveDate },
    #[error("{pairing} had a mentor on no day of {code}")]
    OutsideTerm { pairing: PairingId, code: String },
    #[error("{code} is evaluated from {from} on")]
    EvaluatedEarly { code: String, from: NaiveDate },
    #[error("{code} is over: each side has read what the other said")]
    TermOver { code: String },
    #[error("both of {pairing} have evaluated each other for {code}")]
    EvaluationSealed { pairing: PairingId, code: String },
    #[error("{pairing} is evaluated twice for {code} by the same side")]
    EvaluatedTwice { pairing: PairingId, code: String },
}

/// Why somebody cannot be ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    #[error("is no student of the class who waits for a mentor")]
    DoesNotWait,
    #[error("is no active mentor")]
    NotActive,
    #[error("cannot be paired with who ranks or excludes them")]
    NotEligible,
    #[error("is no project that is open")]
    NoProject,
    #[error("has no mentor for a student of this round")]
    NoMentors,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            Refusal::MentorExists { .. }
            | Refusal::MentorHasLeft { .. }
            | Refusal::WrongSide { .. }
            | Refusal::MentorClosed { .. }
            | Refusal::OnLeave { .. }
            | Refusal::NotOnLeave { .. }
            | Refusal::RematchApproved { .. } => of_mentor(&refusal, en),
            Refusal::ProjectTooLarge { .. } | Refusal::ProjectTooSmall { .. } | Refusal::ProjectIs { .. } => {
                of_project(&refusal, en)
            }
            Refusal::NoMentor { .. }
            | Refusal::OutsidePairing { .. }
            | Refusal::MonthConfirmed { .. }
            | Refusal::NothingToConfirm { .. }
            | Refusal::RecordWithdrawn { .. } => of_guidance(&refusal, en),
            Refusal::NothingToObjectTo { .. }
            | Refusal::NoObjections { .. }
            | Refusal::ObjectionExists { .. }
            | Refusal::ObjectionDecided { .. }
            | Refusal::OwnObjection { .. } => of_objection(&refusal, en),
            Refusal::PreferencesClosed { .. } | Refusal::NamedTwice { .. } | Refusal::NotInRound { .. } => {
                of_ranking(&refusal, en)
            }
            Refusal::UnknownWeights { .. } | Refusal::ForeignRun { .. } | Refusal::PreferencesOpen { .. } => of_run(&refusal, en),
            Refusal::NotPublished { .. } | Refusal::ObjectionsPossible { .. } | Refusal::ObjectionsOpen { .. } => {
                of_end(&refusal, en)
            }
            Refusal::ConflictExists { .. } | Refusal::SameSide { .. } | Refusal::ConflictWithdrawn { .. } => {
                of_conflict(&refusal, en)
            }
            Refusal::TermExists { .. }
            | Refusal::TermsOverlap { .. }
            | Refusal::NotOfTerm { .. }
            | Refusal::TermTwice { .. }
            | Refusal::AboveCapacity { .. }
            | Refusal::WindowsOverlap { .. } => of_term(&refusal, en),
            Refusal::OutsideTerm { .. }
            | Refusal::EvaluatedEarly { .. }
            | Refusal::TermOver { .. }
            | Refusal::EvaluationSealed { .. }
            | Refusal::EvaluatedTwice { .. } => of_evaluation(&refusal, en),
            _ => of_round(&refusal, en),
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
        Refusal::MentorClosed { mentor } => Error::refused(&mentor.to_string(), "MENTOR_CLOSED", en, format!("{mentor} 已离任"))
            .rule("mentoring/employment")
            .way_out("register the person anew if they came back", "如已返岗请重新登记"),
        Refusal::OnLeave { mentor } => Error::refused(&mentor.to_string(), "ON_LEAVE", en, format!("{mentor} 已在请假"))
            .rule("mentoring/absence")
            .way_out("nothing is left to do", "无需再操作"),
        Refusal::NotOnLeave { mentor } => Error::refused(&mentor.to_string(), "NOT_ON_LEAVE", en, format!("{mentor} 未在请假"))
            .rule("mentoring/absence")
            .way_out("a rotation ends by itself when it is completed", "轮岗期满后自动恢复"),
        Refusal::RematchApproved { rematch } => {
            Error::refused(&rematch.to_string(), "REMATCH_APPROVED", en, format!("{rematch} 已核准"))
                .rule("mentoring/rematch")
                .way_out("nothing is left to do", "无需再操作")
        }
        _ => Error::internal(en),
    }
}

fn of_project(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/projects";
    match refusal {
        Refusal::ProjectTooLarge { mentor, capacity } => {
            Error::refused("capacity", "PROJECT_TOO_LARGE", en, format!("{mentor} 共有 {capacity} 个名额，课题名额不得超过"))
                .rule(rule)
                .way_out("give the project fewer places, or the mentor more first", "请减少课题名额，或先增加导师名额")
        }
        Refusal::ProjectTooSmall { project, students } => {
            Error::refused("capacity", "PROJECT_TOO_SMALL", en, format!("{project} 已有 {students} 名学生，名额不得更少"))
                .rule(rule)
                .way_out("close the project: it takes nobody further", "请关闭课题，即不再接收学生")
        }
        Refusal::ProjectIs { project, state } => {
            let (code, zh) = match state {
                ProjectState::Open => ("PROJECT_OPEN", "开放"),
                ProjectState::Closed => ("PROJECT_CLOSED", "关闭"),
            };
            Error::refused(&project.to_string(), code, en, format!("{project} 已{zh}"))
                .rule(rule)
                .way_out("nothing is left to do", "无需再操作")
        }
        _ => Error::internal(en),
    }
}

fn of_guidance(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/guidance";
    match refusal {
        Refusal::NoMentor { pairing } => Error::refused("pairing", "NO_MENTOR", en, format!("{pairing} 尚无导师"))
            .rule(rule)
            .way_out("record guidance of a pairing that has a mentor", "请选择已有导师的结对"),
        Refusal::OutsidePairing { on, since, last } => {
            Error::refused("date", "OUTSIDE_PAIRING", en, format!("{on} 不在结对期间内，可记录 {since} 至 {last} 的指导"))
                .rule(rule)
                .way_out("give a day on which the two were paired, today at the latest", "请填写结对期间内且不晚于今日的日期")
        }
        Refusal::MonthConfirmed { pairing, month } => {
            Error::refused("pairing", "MONTH_CONFIRMED", en, format!("{pairing} {month} 的指导已确认"))
                .rule(rule)
                .way_out("record it under a month that is not confirmed yet", "请在尚未确认的月份内记录")
        }
        Refusal::NothingToConfirm { pairing, month } => {
            Error::refused("month", "NOTHING_TO_CONFIRM", en, format!("{pairing} 在 {month} 没有指导记录"))
                .rule(rule)
                .way_out("have the guidance recorded first", "请先由导师单位记录指导")
        }
        Refusal::RecordWithdrawn { record } => {
            Error::refused(&record.to_string(), "RECORD_WITHDRAWN", en, format!("{record} 已撤销"))
                .rule(rule)
                .way_out("nothing is left to do", "无需再操作")
        }
        _ => Error::internal(en),
    }
}

fn of_objection(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/objections";
    match refusal {
        Refusal::NothingToObjectTo { pairing } => {
            Error::refused("objection.pairing", "NOT_ACTIVE", en, format!("{pairing} 不在进行中，无可异议"))
                .rule(rule)
                .way_out("object to a pairing that is active", "请选择进行中的结对")
        }
        Refusal::NoObjections { round, .. } => {
            Error::refused("objection.pairing", "NO_OBJECTIONS", en, format!("{round} 不在异议期内")).rule(rule).way_out(
                "object within the days the round gives; a conflict keeps the two from being paired again",
                "请在异议期内提出；登记回避关系可避免双方再次结对",
            )
        }
        Refusal::ObjectionExists { pairing } => {
            Error::refused("objection.pairing", "OBJECTION_EXISTS", en, format!("{pairing} 已有未决异议"))
                .rule(rule)
                .way_out("wait for the decision on it", "请等待该异议处理完毕")
        }
        Refusal::ObjectionDecided { objection } => {
            Error::refused(&objection.to_string(), "OBJECTION_DECIDED", en, format!("{objection} 已处理"))
                .rule(rule)
                .way_out("raise a new objection if there is new ground", "如有新的理由请另行提出")
        }
        Refusal::OwnObjection { objection } => {
            Error::refused(&objection.to_string(), "FOUR_EYES", en, format!("{objection} 须由提出人以外的人员处理"))
                .rule(rule)
                .way_out("let somebody else decide", "请由其他人员处理")
        }
        _ => Error::internal(en),
    }
}

fn of_ranking(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/rankings";
    match refusal {
        Refusal::PreferencesClosed { round } => {
            Error::refused(&round.to_string(), "PREFERENCES_CLOSED", en, format!("{round} 的志愿填报已截止"))
                .rule(rule)
                .way_out("rank in the next round; until then an objection can be raised", "请在下一轮次填报；对结果可提出异议")
        }
        Refusal::NamedTwice { who } => Error::refused("", "NAMED_TWICE", en, format!("{who} 被重复填写"))
            .rule(rule)
            .way_out("name everybody once, as ranked or as excluded", "每人只填写一次，或为志愿，或为排除"),
        Refusal::NotInRound { who, why } => {
            let zh = match why {
                Absent::DoesNotWait => "不是本轮次待匹配的学生",
                Absent::NotActive => "不是在任导师",
                Absent::NotEligible => "双方不具备结对条件",
                Absent::NoProject => "不是开放中的课题",
                Absent::NoMentors => "在本轮次没有可指导学生的导师",
            };
            Error::refused("", "NOT_IN_ROUND", en, format!("{who}：{zh}")).rule(rule).way_out(
                "name students of the class who wait, and mentors of their school, their enterprise or their chain",
                "请填写本班待匹配的学生，以及其学校、企业或产业链的导师",
            )
        }
        _ => Error::internal(en),
    }
}

fn of_run(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/rounds";
    match refusal {
        Refusal::PreferencesOpen { round } => {
            Error::refused(&round.to_string(), "PREFERENCES_OPEN", en, format!("{round} 仍在填报志愿"))
                .rule(rule)
                .way_out("close it for rankings first", "请先截止志愿填报")
        }
        Refusal::UnknownWeights { version } => {
            Error::refused("weights_version", "UNKNOWN_WEIGHTS", en, format!("不存在第 {version} 版权重")).rule(rule).way_out(
                "name a version from the list of weights, or 0 for the newest",
                "请填写已有的权重版本，或填 0 使用最新版本",
            )
        }
        Refusal::ForeignRun { run, round } => Error::refused("run", "FOREIGN_RUN", en, format!("{run} 不是 {round} 的试算"))
            .rule(rule)
            .way_out("name a dry run of this round", "请选择本轮次的试算"),
        _ => Error::internal(en),
    }
}

fn of_end(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/objections";
    match refusal {
        Refusal::NotPublished { round } => {
            Error::refused(&round.to_string(), "NOT_PUBLISHED", en, format!("{round} 尚未发布或已结束"))
                .rule(rule)
                .way_out("finalize a round that is published", "请选择已发布且未结束的轮次")
        }
        Refusal::ObjectionsPossible { round, until } => {
            Error::refused(&round.to_string(), "OBJECTIONS_POSSIBLE", en, format!("{round} 的异议期至 {until}"))
                .rule(rule)
                .way_out("finalize it when the days for objections are over", "请在异议期满后办结")
        }
        Refusal::ObjectionsOpen { round, count } => {
            Error::refused(&round.to_string(), "OBJECTIONS_OPEN", en, format!("{round} 有 {count} 项未决异议"))
                .rule(rule)
                .way_out("have the open objections decided first", "请先处理未决异议")
        }
        _ => Error::internal(en),
    }
}

fn of_conflict(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/conflicts";
    match refusal {
        Refusal::ConflictExists { mentor, other } => {
            Error::refused("other", "CONFLICT_EXISTS", en, format!("{mentor} 与 {other} 的回避关系已登记"))
                .rule(rule)
                .way_out("leave it out; it holds already", "无需重复登记，请移除")
        }
        Refusal::SameSide { mentor, other } => {
            Error::refused("other", "SAME_SIDE", en, format!("{mentor} 与 {other} 属于同一侧，不会同时指导一名学生"))
                .rule(rule)
                .way_out("name a student, or a mentor of the other side", "请填写学生或另一侧的导师")
        }
        Refusal::ConflictWithdrawn { conflict } => {
            Error::refused(&conflict.to_string(), "CONFLICT_WITHDRAWN", en, format!("{conflict} 已撤销"))
                .rule(rule)
                .way_out("nothing is left to do", "无需再操作")
        }
        _ => Error::internal(en),
    }
}

fn of_round(refusal: &Refusal, en: String) -> Error {
    match refusal {
        Refusal::NobodyWaits { reach } => {
            Error::refused(&reach.field(), "NOBODY_WAITS", en, format!("{} 没有待匹配导师的学生", reach_zh(reach)))
                .rule("mentoring/rounds")
                .way_out(
                    "open a round when further students are enrolled; vacancies are filled without one",
                    "待有新学生入班后再开轮次；空缺会自动补配",
                )
        }
        Refusal::RoundOpen { reach, round } => {
            let zh = format!("{} 有学生已在未发布的轮次 {round} 中", reach_zh(reach));
            Error::refused(&reach.field(), "ROUND_OPEN", en, zh)
                .rule("mentoring/rounds")
                .way_out(format!("publish {round} first"), format!("请先发布 {round}"))
        }
        Refusal::BureauOnly { reach } => {
            Error::refused(&reach.field(), "BUREAU_ONLY", en, format!("{}的轮次由主管部门开启", reach_zh(reach)))
                .rule("mentoring/rounds")
                .way_out("open a round of classes of your school, or of the school", "请为本校班级或本校开启轮次")
        }
        Refusal::BeingPublished { round } => {
            Error::refused(&round.to_string(), "BEING_PUBLISHED", en, format!("{round} 正在发布"))
                .rule("mentoring/rounds")
                .way_out("wait until it is published; it goes on by itself", "请等待发布完成，系统会自动继续")
        }
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

fn reach_zh(reach: &Reach) -> String {
    match reach {
        Reach::Classes(classes) => format!("{} 个班级", classes.len()),
        Reach::Chain(chain) => format!("产业链 {chain}"),
        Reach::City => "全市".to_owned(),
        one => one.to_string(),
    }
}
