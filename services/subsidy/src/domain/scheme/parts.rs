//! The parts of a scheme file that are tables and lists of their own.

use super::file::{LONGEST_DAYS, Read, checked_code, number};
use super::stage::{After, Stage};
use super::table::{Table, Words, one_of, words};
use super::{ApprovalLevel, Caps, Exclusion, Source, SourceKind, Together};
use crate::domain::check::CheckName;
use crate::domain::occasion::OccasionKind;
use std::collections::BTreeSet;

/// Stages, approval levels and sources a file may have.
const MOST: usize = 20;
/// The largest share, so that a sum of shares stays a number.
const LARGEST_SHARE: i64 = 1_000_000;
const LONGEST_MONTHS: i64 = 120;
/// For how many days a check is overridden where a file does not say.
const OVERRIDE_DAYS: u32 = 30;
/// Who may approve.
const APPROVERS: [&str; 2] = ["bureau", "finance"];

pub fn caps(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> Caps {
    let Some(mut caps) = table.table(faults, "caps") else { return Caps::default() };
    let mut fen = |key| caps.whole(faults, key, 1, i64::MAX).map(|most| most.value);
    let read = Caps {
        fen_per_person: fen("fen_per_person"),
        fen_per_person_year: fen("fen_per_person_year"),
        fen_per_organisation: fen("fen_per_organisation"),
        fen_per_organisation_year: fen("fen_per_organisation_year"),
        claims_per_person: None,
    };
    let claims = caps.whole(faults, "claims_per_person", 1, i64::from(u32::MAX)).map(|most| number(most.value));
    caps.finish(faults);
    Caps { claims_per_person: claims, ..read }
}

pub fn stages(
    table: &mut Table<'_, '_>,
    faults: Read<'_, '_>,
    occasion: Option<OccasionKind>,
    retention_days: Option<u32>,
) -> Vec<Stage> {
    let tables = table.tables(faults, "stages");
    if let Some(first) = tables.first().filter(|_| retention_days.is_some_and(|days| days > 0)) {
        let words = words(
            "a scheme has stages or `retention_days`, not both",
            "`stages` 与 `retention_days` 不能并用",
            "leave `retention_days` out: a stage that is due after so many days asks for them",
            "请删除 `retention_days`：阶段的到期日已包含在职要求",
        );
        faults.add(first.start, "stages", "scheme/stages", words);
    }
    few(faults, &tables, "stages");
    tables.into_iter().take(MOST).filter_map(|table| stage(table, faults, occasion)).collect()
}

fn few(faults: Read<'_, '_>, tables: &[Table<'_, '_>], key: &str) {
    if let Some(beyond) = tables.get(MOST) {
        let words = words(
            format!("there are {} `{key}`", tables.len()),
            format!("`{key}` 共 {} 项", tables.len()),
            format!("write at most {MOST}"),
            format!("最多 {MOST} 项"),
        );
        faults.add(beyond.start, key, "scheme/range", words);
    }
}

fn stage(mut table: Table<'_, '_>, faults: Read<'_, '_>, occasion: Option<OccasionKind>) -> Option<Stage> {
    let share = table.whole(faults, "share", 1, LARGEST_SHARE);
    let share = table.needs(faults, "share", share);
    let at = table.text(faults, "at");
    let at = table.needs(faults, "at", at);
    let days = table.whole(faults, "plus_days", 0, LONGEST_DAYS);
    let months = table.whole(faults, "plus_months", 1, LONGEST_MONTHS);
    let advance = table.flag(faults, "advance").unwrap_or_default();
    if let (Some(_), Some(months)) = (&days, &months) {
        let words = words(
            "a stage counts days or months, not both",
            "阶段的到期日按天或按月计算，不能并用",
            "leave one of `plus_days` and `plus_months` out",
            "请删除 `plus_days` 或 `plus_months` 之一",
        );
        faults.add(months.span.start, &table.key("plus_months"), "scheme/stages", words);
    }
    let name = table.key("at");
    let start = table.start;
    table.finish(faults);
    let (occasion, at) = (occasion?, at?);
    let milestone = occasion.milestones().iter().copied().find(|milestone| *milestone == at.value);
    if milestone.is_none() {
        faults.add(at.span.start, &name, "scheme/word", one_of(&name, &at.value, &occasion.milestones().join(", ")));
    }
    if advance && !occasion.can_be_completed() {
        let words = words(
            format!("a {occasion} is not completed, so nothing is paid in advance of that"),
            format!("“{occasion}”没有完成一说，不能预拨"),
            "leave `advance` out, or take an occasion that is completed: enrolment",
            "请删除 `advance`，或改用有完成节点的事由：enrolment",
        );
        faults.add(start, &name, "scheme/advance", words);
    }
    let after = months
        .map_or_else(|| After::Days(days.map_or(0, |days| number(days.value))), |months| After::Months(number(months.value)));
    Some(Stage { share: number(share?.value), at: milestone?, after, advance })
}

/// The stages paid in advance are at most so much of the whole.
pub fn advance(table: &mut Table<'_, '_>, faults: Read<'_, '_>, stages: &[Stage]) -> Option<u32> {
    let advances = stages.iter().filter(|stage| stage.advance).map(|stage| u64::from(stage.share)).sum::<u64>();
    let whole: u64 = stages.iter().map(|stage| u64::from(stage.share)).sum();
    let start = table.start;
    let table = table.table(faults, "advance");
    if table.is_none() && advances > 0 {
        let words = words(
            "a stage is paid in advance, and nothing says how much may be",
            "有阶段为预拨，但未规定预拨上限",
            "add a table [advance] with `at_most_percent`",
            "请增加 [advance] 表并填写 `at_most_percent`",
        );
        faults.add(start, "advance", "scheme/advance", words);
    }
    let mut table = table?;
    let most = table.whole(faults, "at_most_percent", 1, 100);
    let most = table.needs(faults, "at_most_percent", most);
    table.finish(faults);
    let most = most?;
    let percent = u64::from(number(most.value));
    if advances * 100 > whole * percent {
        let words = words(
            format!("the stages paid in advance are {advances} of {whole} shares, more than {percent} %"),
            format!("预拨阶段占 {advances}/{whole}，超过 {percent} %"),
            "make their shares smaller, or the limit larger where the notice allows it",
            "请减小预拨份额，或在文件允许的范围内提高上限",
        );
        faults.add(most.span.start, "advance.at_most_percent", "scheme/advance", words);
    }
    Some(number(most.value))
}

pub fn evidence(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> Vec<String> {
    codes(table, faults, "evidence").into_iter().map(|(code, _)| code).collect()
}

/// Documents that one organisation hands in for several people, such as the agreement of a class.
pub fn shared_evidence(table: &mut Table<'_, '_>, faults: Read<'_, '_>, asked: &[String]) -> Vec<String> {
    let shared = codes(table, faults, "shared_evidence");
    for (code, start) in &shared {
        if !asked.contains(code) {
            let words = words(
                format!("{code:?} is not among the `evidence`"),
                format!("{code:?} 不在 `evidence` 之中"),
                "name it in `evidence` too, or take it out here",
                "请在 `evidence` 中列出，或在此删除",
            );
            faults.add(*start, "shared_evidence", "scheme/evidence", words);
        }
    }
    shared.into_iter().map(|(code, _)| code).collect()
}

/// A list of codes, each once, with their places.
fn codes(table: &mut Table<'_, '_>, faults: Read<'_, '_>, list: &'static str) -> Vec<(String, usize)> {
    let mut codes: Vec<(String, usize)> = Vec::new();
    for (at, text) in table.texts(faults, list).into_iter().enumerate() {
        let (key, start) = (format!("{list}[{at}]"), text.span.start);
        let Some(code) = checked_code(faults, &key, text) else { continue };
        if codes.iter().any(|(known, _)| *known == code) {
            faults.add(start, &key, "scheme/twice", twice(&code));
        }
        codes.push((code, start));
    }
    codes
}

fn twice(what: &str) -> Words {
    words(format!("{what:?} is there twice"), format!("{what:?} 重复出现"), "name it once", "请只写一次")
}

pub fn exclusions(table: &mut Table<'_, '_>, faults: Read<'_, '_>, own: Option<&str>) -> Vec<Exclusion> {
    let (mut read, mut seen) = (Vec::new(), BTreeSet::new());
    for mut table in table.tables(faults, "exclusions") {
        let scheme = table.text(faults, "scheme");
        let scheme = table.needs(faults, "scheme", scheme);
        let within = table.word(faults, "within", (Together::ALL, Together::as_str));
        let within = table.needs(faults, "within", within);
        let key = table.key("scheme");
        table.finish(faults);
        let (Some(scheme), Some(within)) = (scheme, within) else { continue };
        let start = scheme.span.start;
        let Some(scheme) = checked_code(faults, &key, scheme) else { continue };
        if own == Some(scheme.as_str()) {
            let words = words(
                "a scheme does not exclude itself",
                "补贴项目不能排斥自身",
                "cap it with [caps] instead",
                "请改用 [caps] 设定上限",
            );
            faults.add(start, &key, "scheme/exclusions", words);
        }
        if !seen.insert(scheme.clone()) {
            faults.add(start, &key, "scheme/twice", twice(&scheme));
        }
        read.push(Exclusion { scheme, within: within.value });
    }
    read
}

/// Which checks two persons may override, each with its place, and for how many days.
pub fn overrides(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> (Vec<(CheckName, usize)>, u32) {
    let Some(mut table) = table.table(faults, "overrides") else { return (Vec::new(), 0) };
    let mut checks: Vec<(CheckName, usize)> = Vec::new();
    let key = table.key("checks");
    for text in table.texts(faults, "checks") {
        let known = CheckName::OVERRIDABLE.into_iter().find(|check| check.as_str() == text.value);
        match known {
            None => {
                let all = CheckName::OVERRIDABLE.map(CheckName::as_str).join(", ");
                faults.add(text.span.start, &key, "scheme/word", one_of(&key, &text.value, &all));
            }
            Some(check) if checks.iter().any(|(known, _)| *known == check) => {
                faults.add(text.span.start, &key, "scheme/twice", twice(&text.value));
            }
            Some(check) => checks.push((check, text.span.start)),
        }
    }
    let days = table.whole(faults, "at_most_days", 1, 366).map_or(OVERRIDE_DAYS, |days| number(days.value));
    table.finish(faults);
    (checks, days)
}

/// What organisations may state: whatever is a person's, and no tax.
pub fn filed(
    table: &mut Table<'_, '_>,
    faults: Read<'_, '_>,
    occasion: Option<OccasionKind>,
    overridable: &[(CheckName, usize)],
) -> bool {
    let filed = table.flag_at(faults, "filed");
    let is_filed = filed.as_ref().is_some_and(|filed| filed.value);
    if let (Some(occasion), Some(filed)) = (occasion, filed.filter(|filed| filed.value))
        && !occasion.can_be_stated()
    {
        let words = words(
            format!("a {occasion} is not stated by an organisation"),
            format!("“{occasion}”不能由单位申报"),
            "leave `filed` out, or take an occasion that is stated: hire, rotation, guidance-month or enrolment",
            "请删除 `filed`，或改用可申报的事由：hire、rotation、guidance-month、enrolment",
        );
        faults.add(filed.span.start, "filed", "scheme/filed", words);
    }
    if let Some((_, start)) = overridable.iter().find(|(check, _)| !is_filed && *check == CheckName::OnRecord) {
        let words = words(
            "`on-record` is a check of claims that are filed, and none are",
            "`on-record` 仅检查申报产生的申领，而本项目不接受申报",
            "add `filed = true`, or take the check out",
            "请增加 `filed = true`，或删除该检查",
        );
        faults.add(*start, "overrides.checks", "scheme/filed", words);
    }
    is_filed
}

pub fn approvals(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> Vec<ApprovalLevel> {
    let tables = table.tables(faults, "approvals");
    few(faults, &tables, "approvals");
    let (last, mut below) = (tables.len(), 0);
    let mut levels = Vec::new();
    for (at, mut table) in tables.into_iter().enumerate() {
        let up_to = table.whole(faults, "up_to_fen", 1, i64::MAX);
        let approvers = table.whole(faults, "approvers", 1, 5).map_or(1, |most| number(most.value));
        let roles = roles(&mut table, faults);
        let (key, start) = (table.key("up_to_fen"), table.start);
        table.finish(faults);
        let is_last = at + 1 == last;
        let rises = up_to.as_ref().map_or(is_last, |most| most.value > below && !is_last);
        if !rises {
            let words = words(
                "the levels do not go on from amount to amount",
                "审批层级未按金额递增",
                "give each level a larger `up_to_fen` than the one before, and the last none",
                "每一级的 `up_to_fen` 应大于上一级，最后一级不填",
            );
            faults.add(up_to.as_ref().map_or(start, |most| most.span.start), &key, "scheme/approvals", words);
        }
        below = up_to.as_ref().map_or(below, |most| most.value);
        levels.push(ApprovalLevel { up_to_fen: up_to.map(|most| most.value), approvers, roles });
    }
    levels
}

fn roles(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> Vec<String> {
    let key = table.key("roles");
    let mut roles = Vec::new();
    for role in table.texts(faults, "roles") {
        if !APPROVERS.contains(&role.value.as_str()) {
            faults.add(role.span.start, &key, "scheme/word", one_of(&key, &role.value, &APPROVERS.join(", ")));
        }
        roles.push(role.value);
    }
    if roles.is_empty() { APPROVERS.map(str::to_owned).to_vec() } else { roles }
}

pub fn sources(table: &mut Table<'_, '_>, faults: Read<'_, '_>, own: Option<&str>) -> Vec<Source> {
    let tables = table.tables(faults, "sources");
    few(faults, &tables, "sources");
    let Some(start) = tables.first().map(|first| first.start) else { return Vec::new() };
    let (mut read, mut whole) = (Vec::new(), Some(0));
    for mut table in tables {
        let kind = table.word(faults, "kind", (SourceKind::ALL, SourceKind::as_str));
        let kind = table.needs(faults, "kind", kind);
        let public = kind.as_ref().is_none_or(|kind| kind.value == SourceKind::CoFunding);
        let share = table.whole(faults, "share_percent", 1, 100);
        let share = if public { table.needs(faults, "share_percent", share) } else { share };
        let (fund, key) = (table.text(faults, "fund"), table.key("fund"));
        table.finish(faults);
        let fund = fund.and_then(|fund| checked_code(faults, &key, fund));
        let fund = fund.or_else(|| own.filter(|_| public).map(str::to_owned));
        // A sponsor or an own account without a share may give all; what shares there are come to the whole.
        whole = whole.filter(|_| share.is_some() || !public).map(|sum| sum + share.as_ref().map_or(0, |share| share.value));
        let Some(kind) = kind else { continue };
        read.push(Source { kind: kind.value, share_percent: share.map_or(100, |share| number(share.value)), fund });
    }
    if let Some(sum) = whole.filter(|sum| ![0, 100].contains(sum)) {
        let words = words(
            format!("the shares of the sources come to {sum} %"),
            format!("资金来源份额合计 {sum} %"),
            "make them 100 % together",
            "合计应为 100 %",
        );
        faults.add(start, "sources", "scheme/sources", words);
    }
    read
}
