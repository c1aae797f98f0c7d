//! What is said of refusals about terms, timetables and evaluations.

use super::Refusal;
use kit::Error;

pub(super) fn of_term(refusal: &Refusal, en: String) -> Error {
    let (rule, timetable) = ("mentoring/terms", "mentoring/timetable");
    match refusal {
        Refusal::TermExists { code } => Error::refused("term.code", "TERM_EXISTS", en, format!("学期 {code} 已存在"))
            .rule(rule)
            .way_out("use the term that is there, or another code", "请使用已有学期，或更换代码"),
        Refusal::TermsOverlap { code, other } => {
            Error::refused("term.start_date", "TERMS_OVERLAP", en, format!("学期 {code} 与 {other} 的日期重叠"))
                .rule(rule)
                .way_out("begin it on the day the other one ends, or later", "请将开始日期设在另一学期结束之后")
        }
        Refusal::NotOfTerm { on, code } => {
            Error::refused("term.evaluation_date", "NOT_OF_TERM", en, format!("{on} 不在学期 {code} 内"))
                .rule(rule)
                .way_out("give a day of the term, or none", "请填写学期内的日期，或留空")
        }
        Refusal::TermTwice { term } => Error::refused("timetable.capacities", "TERM_TWICE", en, format!("{term} 被重复填写"))
            .rule(timetable)
            .way_out("name every term once", "每个学期只填写一次"),
        Refusal::AboveCapacity { term, most } => {
            Error::refused("timetable.capacities", "ABOVE_CAPACITY", en, format!("{term} 的名额不得超过该导师的名额 {most}"))
                .rule(timetable)
                .way_out("raise the mentor's capacity first, or give the term less", "请先提高导师名额，或减少学期名额")
        }
        Refusal::WindowsOverlap { on } => {
            Error::refused("timetable.windows", "WINDOWS_OVERLAP", en, format!("可带时段在 {on} 重叠"))
                .rule(timetable)
                .way_out("join the two, or part them", "请合并或分开两个时段")
        }
        _ => Error::internal(en),
    }
}

pub(super) fn of_evaluation(refusal: &Refusal, en: String) -> Error {
    let rule = "mentoring/evaluations";
    match refusal {
        Refusal::OutsideTerm { pairing, code } => {
            Error::refused("term", "OUTSIDE_TERM", en, format!("{pairing} 在学期 {code} 内没有导师"))
                .rule(rule)
                .way_out("name a term in which the two were paired", "请选择结对期间所在的学期")
        }
        Refusal::EvaluatedEarly { code, from } => {
            Error::refused("term", "EVALUATED_EARLY", en, format!("学期 {code} 自 {from} 起可互评"))
                .rule(rule)
                .way_out("evaluate from that day on, or once the pairing is over", "请自该日起，或在结对结束后评价")
        }
        Refusal::TermOver { code } => Error::refused("term", "TERM_OVER", en, format!("学期 {code} 已结束，互评结果已公开"))
            .rule(rule)
            .way_out("evaluate for the present term", "请对当前学期进行评价"),
        Refusal::EvaluationSealed { pairing, code } => {
            Error::refused("pairing", "EVALUATION_SEALED", en, format!("{pairing} 双方已完成学期 {code} 的互评"))
                .rule(rule)
                .way_out("what both have said stands", "双方互评完成后不再更改")
        }
        Refusal::EvaluatedTwice { pairing, code } => {
            Error::refused("pairing", "EVALUATED_TWICE", en, format!("{pairing} 学期 {code} 的同一方评价重复"))
                .rule(rule)
                .way_out("give each side's evaluation once", "同一批次中每方只提交一次")
        }
        _ => Error::internal(en),
    }
}
