//! One scheme file: every key read, every rule of `schemes/README.md` held against it, every fault told at once.

use super::fault::SchemeFaults;
use super::formula::expression;
use super::parts::{advance, approvals, caps, evidence, exclusions, filed, overrides, shared_evidence, sources, stages};
use super::table::{At, Faults, Table, one_of, words};
use super::{Clawback, Scheme};
use crate::domain::occasion::OccasionKind;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

/// Ten years.
pub(super) const LONGEST_DAYS: i64 = 3660;

impl Scheme {
    /// Reads a scheme from the text of its file and compiles its expressions, or says everything that is wrong.
    pub fn load(text: &str) -> Result<Self, SchemeFaults> {
        let mut faults = Faults::new(text);
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            let way_out = ("mend the TOML", "请更正 TOML 语法");
            faults.add(
                at,
                "",
                "scheme/toml",
                words(error.message(), format!("TOML 语法错误：{}", error.message()), way_out.0, way_out.1),
            );
        }
        if !errors.is_empty() {
            return Err(SchemeFaults::of(faults.found));
        }
        let mut table = Table::new(String::new(), 0, root.get_ref());
        let read = read(&mut table, &mut faults);
        table.finish(&mut faults);
        match read {
            Some(scheme) if faults.found.is_empty() => Ok(Self { digest: hex::encode(Sha256::digest(text)), ..scheme }),
            _ => Err(SchemeFaults::of(faults.found)),
        }
    }
}

pub(super) type Read<'a, 'f> = &'f mut Faults<'a>;

/// Reads the whole file before it gives up, so that every fault is told.
fn read(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> Option<Scheme> {
    let (code, version) = (code(table, faults, "code"), version(table, faults));
    let (title, title_zh) = (filled(table, faults, "title"), filled(table, faults, "title_zh"));
    let basis = filled(table, faults, "basis");
    let from = table.day(faults, "from");
    let from = table.needs(faults, "from", from);
    let to = table.day(faults, "to");
    days_in_order(faults, from.as_ref(), to.as_ref());
    let confirmed = table.flag(faults, "confirmed");
    let confirmed = table.needs(faults, "confirmed", confirmed);
    let occasion = table.word(faults, "occasion", (OccasionKind::ALL, OccasionKind::as_str));
    let occasion = table.needs(faults, "occasion", occasion).map(|occasion| occasion.value);
    let fund = fund(table, faults, occasion);
    let beneficiary = beneficiary(table, faults, occasion);
    let eligible = expression(table, faults, occasion, "eligible");
    let amount = expression(table, faults, occasion, "amount");
    let retention_days = retention(table, faults, occasion);
    let clawback = table.word(faults, "clawback", (Clawback::ALL, Clawback::as_str));
    let clawback = table.needs(faults, "clawback", clawback);
    pro_rata(faults, occasion, clawback.as_ref());
    let caps = caps(table, faults);
    let stages = stages(table, faults, occasion, retention_days);
    let advance_percent = advance(table, faults, &stages);
    let evidence = evidence(table, faults);
    let shared_evidence = shared_evidence(table, faults, &evidence);
    let exclusions = exclusions(table, faults, code.as_deref());
    let publicity_days = table.whole(faults, "publicity_days", 0, 365).map_or(0, |days| number(days.value));
    let (overridable, override_days) = overrides(table, faults);
    let filed = filed(table, faults, occasion, &overridable);
    let approvals = approvals(table, faults);
    let sources = sources(table, faults, fund.as_deref());
    Some(Scheme {
        code: code?,
        version: version?,
        title: title?,
        title_zh: title_zh?,
        basis: basis?,
        fund: fund?,
        from: from?.value,
        to: to.map(|to| to.value),
        confirmed: confirmed?,
        occasion: occasion?,
        beneficiary: beneficiary?,
        eligible: eligible?,
        amount: amount?,
        retention_days: retention_days.unwrap_or_default(),
        stages,
        advance_percent,
        clawback: clawback?.value,
        caps,
        exclusions,
        evidence,
        shared_evidence,
        overridable: overridable.into_iter().map(|(check, _)| check).collect(),
        override_days,
        filed,
        publicity_days,
        approvals,
        sources,
        digest: String::new(),
    })
}

pub(super) fn number(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn filled(table: &mut Table<'_, '_>, faults: Read<'_, '_>, key: &'static str) -> Option<String> {
    let text = table.text(faults, key);
    let text = table.needs(faults, key, text)?;
    if text.value.trim().is_empty() {
        let words = words(format!("`{key}` is empty"), format!("`{key}` 为空"), "write it out", "请填写内容");
        faults.add(text.span.start, &table.key(key), "scheme/text", words);
        return None;
    }
    Some(text.value)
}

fn code(table: &mut Table<'_, '_>, faults: Read<'_, '_>, key: &'static str) -> Option<String> {
    let text = table.text(faults, key);
    let text = table.needs(faults, key, text)?;
    checked_code(faults, &table.key(key), text)
}

/// An offset against tax is paid from no fund.
fn fund(table: &mut Table<'_, '_>, faults: Read<'_, '_>, occasion: Option<OccasionKind>) -> Option<String> {
    if occasion == Some(OccasionKind::InvestmentYear) { Some(String::new()) } else { code(table, faults, "fund") }
}

pub(super) fn checked_code(faults: Read<'_, '_>, key: &str, text: At<String>) -> Option<String> {
    let letters = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if (1..=40).contains(&text.value.len()) && letters(&text.value) {
        return Some(text.value);
    }
    let words = words(
        format!("`{key}` is {:?}", text.value),
        format!("`{key}` 为 {:?}", text.value),
        "write 1 to 40 lower-case letters, digits and hyphens",
        "应为 1 至 40 个小写字母、数字或连字符",
    );
    faults.add(text.span.start, key, "scheme/code", words);
    None
}

fn version(table: &mut Table<'_, '_>, faults: Read<'_, '_>) -> Option<u32> {
    let version = table.whole(faults, "version", 1, i64::from(u16::MAX));
    table.needs(faults, "version", version).map(|version| number(version.value))
}

fn days_in_order(faults: Read<'_, '_>, from: Option<&At<NaiveDate>>, to: Option<&At<NaiveDate>>) {
    if let (Some(from), Some(to)) = (from, to)
        && to.value <= from.value
    {
        let words = words(
            format!("it ends before it begins: `to` is {}, `from` is {}", to.value, from.value),
            format!("失效日期 {} 不晚于生效日期 {}", to.value, from.value),
            "`to` is the first day on which it is no longer in force; write a later one, or leave it out",
            "`to` 为不再有效的第一天，请填写更晚的日期或删除",
        );
        faults.add(to.span.start, "to", "scheme/period", words);
    }
}

fn beneficiary(table: &mut Table<'_, '_>, faults: Read<'_, '_>, occasion: Option<OccasionKind>) -> Option<&'static str> {
    let text = table.text(faults, "beneficiary");
    let parties = occasion?.parties();
    let Some(text) = text else { return parties.first().copied() };
    let found = parties.iter().copied().find(|party| *party == text.value);
    if found.is_none() {
        faults.add(text.span.start, "beneficiary", "scheme/word", one_of("beneficiary", &text.value, &parties.join(", ")));
    }
    found
}

fn retention(table: &mut Table<'_, '_>, faults: Read<'_, '_>, occasion: Option<OccasionKind>) -> Option<u32> {
    let days = table.whole(faults, "retention_days", 0, LONGEST_DAYS)?;
    if days.value > 0 && occasion.is_some_and(|occasion| occasion != OccasionKind::Hire) {
        let words = words(
            "only a hire can be retained",
            "只有录用才有在职天数要求",
            "leave `retention_days` out for other occasions",
            "其他事由请删除 `retention_days`",
        );
        faults.add(days.span.start, "retention_days", "scheme/retention", words);
    }
    Some(number(days.value))
}

fn pro_rata(faults: Read<'_, '_>, occasion: Option<OccasionKind>, clawback: Option<&At<Clawback>>) {
    if let (Some(occasion), Some(At { value: Clawback::ProRata, span })) = (occasion, clawback)
        && !occasion.can_end()
    {
        let words = words(
            format!("nobody leaves a {occasion} early, so no days are left unserved"),
            format!("“{occasion}”不会提前结束，没有未服务的天数"),
            "write clawback = \"full\" or \"none\"",
            "请改为 clawback = \"full\" 或 \"none\"",
        );
        faults.add(span.start, "clawback", "scheme/clawback", words);
    }
}
