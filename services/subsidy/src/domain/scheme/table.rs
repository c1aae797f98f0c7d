//! A table of a scheme file as it is read: each value with its place, each fault kept, none the last.

use super::fault::Fault;
use chrono::NaiveDate;
use kit::rules::{ExpressionError, Lines};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

/// Faults gathered over one file.
#[derive(Debug)]
pub struct Faults<'a> {
    lines: Lines<'a>,
    pub found: Vec<Fault>,
}

/// What is wrong and the way out, each in English and Chinese.
pub struct Words {
    pub what: (String, String),
    pub way_out: (String, String),
}

pub fn words(
    what: impl Into<String>,
    what_zh: impl Into<String>,
    way_out: impl Into<String>,
    way_out_zh: impl Into<String>,
) -> Words {
    Words { what: (what.into(), what_zh.into()), way_out: (way_out.into(), way_out_zh.into()) }
}

impl<'a> Faults<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { lines: Lines(text), found: Vec::new() }
    }

    pub fn add(&mut self, at: usize, key: &str, rule: &'static str, words: Words) {
        let place = self.lines.place(at);
        self.push(place, key, rule, words);
    }

    /// A fault within an expression: at its place in the file.
    pub fn within(&mut self, span: &Range<usize>, error: &ExpressionError, key: &str) {
        let place = self.lines.within(span, error);
        let words = words(
            format!("`{key}`: {}", error.what),
            format!("`{key}` 的表达式有误：{}", error.what),
            "mend the expression; schemes/README.md lists the functions and the context of each occasion",
            "请更正表达式；可用函数与各事由的变量见 schemes/README.md",
        );
        self.push(place, key, "scheme/expression", words);
    }

    fn push(&mut self, (line, column): (usize, usize), key: &str, rule: &'static str, words: Words) {
        let Words { what: (en, zh), way_out: (way_out, way_out_zh) } = words;
        self.found.push(Fault { line, column, key: key.to_owned(), rule, en, zh, way_out, way_out_zh });
    }
}

/// A word that is none of those that there are.
pub fn one_of(name: &str, written: &str, list: &str) -> Words {
    words(
        format!("`{name}` is {written:?}"),
        format!("`{name}` 为 {written:?}"),
        format!("write one of {list}"),
        format!("应为以下之一：{list}"),
    )
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct At<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// One table: what was not taken by the end nobody knows.
pub struct Table<'t, 'i> {
    /// Empty, or `stages[1].`.
    prefix: String,
    /// Where its header stands.
    pub start: usize,
    fields: BTreeMap<&'t str, (Range<usize>, &'t Spanned<DeValue<'i>>)>,
    known: Vec<&'static str>,
}

impl<'t, 'i> Table<'t, 'i> {
    pub fn new(prefix: String, start: usize, table: &'t DeTable<'i>) -> Self {
        let fields = table.iter().map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value))).collect();
        Self { prefix, start, fields, known: Vec::new() }
    }

    pub fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// A key that must be there.
    pub fn needs<T>(&self, faults: &mut Faults<'_>, key: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.fields.contains_key(key) && !self.taken_badly(key) {
            let name = self.key(key);
            let words = words(
                format!("`{name}` is missing"),
                format!("缺少 `{name}`"),
                format!("add `{key} = …`; schemes/README.md says what it is"),
                format!("请补充 `{key} = …`，含义见 schemes/README.md"),
            );
            faults.add(self.start, &name, "scheme/required", words);
        }
        value
    }

    /// It was there, and of another kind.
    fn taken_badly(&self, key: &str) -> bool {
        self.known.iter().filter(|known| **known == key).count() > 1
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.fields.remove(key).map(|(_, value)| value)
    }

    fn wrong(&mut self, faults: &mut Faults<'_>, key: &'static str, found: &Spanned<DeValue<'_>>, expected: (&str, &str)) {
        // Noted twice, so that it is not said to be missing as well.
        self.known.push(key);
        let (name, kind) = (self.key(key), found.get_ref().type_str());
        let words = words(
            format!("`{name}` is a {kind}, not {}", expected.0),
            format!("`{name}` 的类型为 {kind}，应为{}", expected.1),
            format!("write {}", expected.0),
            format!("请改为{}", expected.1),
        );
        faults.add(found.span().start, &name, "scheme/type", words);
    }

    pub fn text(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Option<At<String>> {
        let found = self.take(key)?;
        let Some(text) = found.get_ref().as_str() else {
            self.wrong(faults, key, found, ("a text in quotes", "带引号的文本"));
            return None;
        };
        Some(At { value: text.to_owned(), span: found.span() })
    }

    /// A flag that may be left out, and where it stands.
    pub fn flag_at(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Option<At<bool>> {
        let span = self.fields.get(key).map(|(_, value)| value.span())?;
        self.flag(faults, key).map(|value| At { value, span })
    }

    pub fn flag(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Option<bool> {
        let found = self.take(key)?;
        let flag = found.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(faults, key, found, ("true or false", " true 或 false"));
        }
        flag
    }

    /// A whole number from `least` to `most`.
    pub fn whole(&mut self, faults: &mut Faults<'_>, key: &'static str, least: i64, most: i64) -> Option<At<i64>> {
        let found = self.take(key)?;
        let number = found.get_ref().as_integer();
        let number = number.and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        let Some(number) = number else {
            self.wrong(faults, key, found, ("a whole number", "整数"));
            return None;
        };
        if (least..=most).contains(&number) {
            return Some(At { value: number, span: found.span() });
        }
        self.known.push(key);
        let name = self.key(key);
        let (range, range_zh) = if most == i64::MAX {
            (format!("{least} or more"), format!("不小于 {least}"))
        } else {
            (format!("{least} to {most}"), format!("{least} 至 {most}"))
        };
        let words = words(
            format!("`{name}` is {number}"),
            format!("`{name}` 为 {number}"),
            format!("write a whole number, {range}"),
            format!("应为{range_zh}的整数"),
        );
        faults.add(found.span().start, &name, "scheme/range", words);
        None
    }

    pub fn day(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Option<At<NaiveDate>> {
        let found = self.take(key)?;
        let day = match found.get_ref().as_datetime() {
            Some(Datetime { date: Some(day), time: None, offset: None }) => {
                NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))
            }
            _ => None,
        };
        if day.is_none() {
            self.wrong(faults, key, found, ("a day such as 2027-01-01, without quotes", "日期，例如 2027-01-01（不加引号）"));
        }
        day.map(|value| At { value, span: found.span() })
    }

    /// One of several words.
    pub fn word<T: Copy>(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
        (all, name_of): (&[T], fn(T) -> &'static str),
    ) -> Option<At<T>> {
        let text = self.text(faults, key)?;
        if let Some(value) = all.iter().copied().find(|word| name_of(*word) == text.value) {
            return Some(At { value, span: text.span });
        }
        self.known.push(key);
        let name = self.key(key);
        let list = all.iter().map(|word| name_of(*word)).collect::<Vec<_>>().join(", ");
        faults.add(text.span.start, &name, "scheme/word", one_of(&name, &text.value, &list));
        None
    }

    pub fn texts(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Vec<At<String>> {
        let Some(found) = self.take(key) else { return Vec::new() };
        let items = found.get_ref().as_array().map(|array| array.iter().collect::<Vec<_>>());
        let texts: Option<Vec<At<String>>> = items.and_then(|items| {
            let text = |item: &&Spanned<DeValue<'_>>| {
                item.get_ref().as_str().map(|text| At { value: text.to_owned(), span: item.span() })
            };
            items.iter().map(text).collect()
        });
        texts.unwrap_or_else(|| {
            self.wrong(faults, key, found, ("a list of texts such as [\"contract\"]", "文本列表，例如 [\"contract\"]"));
            Vec::new()
        })
    }

    /// The table under a key.
    pub fn table(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Option<Table<'t, 'i>> {
        let found = self.take(key)?;
        let Some(table) = found.get_ref().as_table() else {
            self.wrong(faults, key, found, ("a table", "表"));
            return None;
        };
        Some(Table::new(format!("{}.", self.key(key)), found.span().start, table))
    }

    /// The tables `[[key]]`.
    pub fn tables(&mut self, faults: &mut Faults<'_>, key: &'static str) -> Vec<Table<'t, 'i>> {
        let Some(found) = self.take(key) else { return Vec::new() };
        let name = self.key(key);
        let tables: Option<Vec<Table<'t, 'i>>> = found.get_ref().as_array().and_then(|array| {
            let table = |(at, item): (usize, &'t Spanned<DeValue<'i>>)| {
                item.get_ref().as_table().map(|table| Table::new(format!("{name}[{at}]."), item.span().start, table))
            };
            array.iter().enumerate().map(table).collect()
        });
        tables.unwrap_or_else(|| {
            self.wrong(faults, key, found, ("tables, each headed by its name in double brackets", "若干表，以双方括号为标题"));
            Vec::new()
        })
    }

    /// Whatever nobody took is a slip.
    pub fn finish(self, faults: &mut Faults<'_>) {
        for (key, (span, _)) in &self.fields {
            let name = self.key(key);
            let mut known = self.known.clone();
            known.dedup();
            let list = known.join(", ");
            let words = words(
                format!("there is no key `{name}`"),
                format!("没有 `{name}` 这一项"),
                format!("take it out, or write one of {list}"),
                format!("请删除，或改为以下之一：{list}"),
            );
            faults.add(span.start, &name, "scheme/key", words);
        }
    }
}
