//! The assignment and its certificate as files.

use super::question::{Ids, Question};
use super::table::Table;
use crate::cli::{Objective, Side};
use anyhow::{Context, bail};
use matching::Assignment;
use matching::certificate::{Cutoff, Price, Rank};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// What proves an answer.
pub enum Proof {
    Prices(Vec<Price>),
    Cutoffs(Vec<Cutoff>),
}

/// A certificate file. A mentor or group that is not listed has the price 0, or admits everybody.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    side: Side,
    objective: Objective,
    mentors: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupEntry {
    group_id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    scarce: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cutoff: Option<Lowest>,
}

impl From<Entry> for GroupEntry {
    fn from(entry: Entry) -> Self {
        Self { group_id: entry.mentor_id, price: entry.price, scarce: entry.scarce, cutoff: entry.cutoff }
    }
}

impl From<GroupEntry> for Entry {
    fn from(entry: GroupEntry) -> Self {
        Self { mentor_id: entry.group_id, price: entry.price, scarce: entry.scarce, cutoff: entry.cutoff }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    mentor_id: u32,
    /// Optimal: what a place costs, in points of fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    /// Optimal: whether students outnumber the places that this mentor's can have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    scarce: bool,
    /// Stable: the lowest that was admitted to a mentor who is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cutoff: Option<Lowest>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lowest {
    mentor_pref: i32,
    fit: i32,
    student_id: u32,
}

/// Writes a file as a whole or not at all.
fn whole_file(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let result = File::create(&part).map_err(anyhow::Error::from).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        Ok(std::fs::rename(&part, path)?)
    });
    if result.is_err() {
        // It may not even be there; the first error is the one that counts.
        let _ = std::fs::remove_file(&part);
    }
    result.with_context(|| format!("cannot write {}", path.display()))
}

pub fn write_assignment(path: &Path, sides: &[(Side, &Question, &Assignment)]) -> anyhow::Result<()> {
    whole_file(path, |out| {
        writeln!(out, "side,student_id,mentor_id")?;
        for (side, question, assignment) in sides {
            for (student, mentor) in assignment.iter().enumerate() {
                if let Some(mentor) = mentor {
                    writeln!(out, "{side},{},{}", question.students.id(student), question.mentors.id(*mentor as usize))?;
                }
            }
        }
        Ok(())
    })
}

pub fn read_assignment(path: &Path, side: Side, question: &Question) -> anyhow::Result<Assignment> {
    let mut table = Table::open(path, &["side", "student_id", "mentor_id"], &[])?;
    let mut assignment = vec![None; question.instance.students()];
    while table.next()? {
        if table.text(0) != side.to_string().as_bytes() {
            continue;
        }
        let student = known(&mut table, 1, &question.students)?;
        let mentor = known(&mut table, 2, &question.mentors)?;
        if let Some(student) = student
            && assignment[student as usize].replace(mentor.unwrap_or_default()).is_some()
        {
            table.fault(1, "this student has a mentor in an earlier row already")?;
        }
    }
    table.finish()?;
    Ok(assignment)
}

fn known(table: &mut Table, column: usize, ids: &Ids) -> anyhow::Result<Option<u32>> {
    let Some(id) = table.number(column, 0, u32::MAX.into())? else { return Ok(None) };
    let number = ids.number(u32::try_from(id)?);
    if number.is_none() {
        table.fault(column, &format!("there is no {id} in the question"))?;
    }
    Ok(number)
}

pub fn write_certificate(path: &Path, side: Side, question: &Question, proof: &Proof) -> anyhow::Result<()> {
    let (objective, listed) = match proof {
        Proof::Prices(prices) => (Objective::Optimal, listed_prices(prices)),
        Proof::Cutoffs(cutoffs) => (Objective::Stable, listed_cutoffs(question, cutoffs)),
    };
    let first_group = question.instance.mentors();
    let (mut mentors, mut groups) = (Vec::new(), Vec::new());
    for (holder, entry) in listed {
        match holder.checked_sub(first_group) {
            None => mentors.push(Entry { mentor_id: question.mentors.id(holder), ..entry }),
            Some(group) => groups.push(Entry { mentor_id: question.groups.id(group), ..entry }.into()),
        }
    }
    let certificate = Certificate { side, objective, mentors, groups };
    whole_file(path, |out| Ok(serde_json::to_writer(out, &certificate)?))
}

/// What there is to say of each holder of places; whose it is, is filled in by the caller.
fn listed_prices(prices: &[Price]) -> Vec<(usize, Entry)> {
    let listed = prices.iter().enumerate().filter(|(_, price)| price.scarce || price.price != 0);
    let entry = |price: &Price| Entry { mentor_id: 0, price: Some(price.price), scarce: price.scarce, cutoff: None };
    listed.map(|(holder, price)| (holder, entry(price))).collect()
}

fn listed_cutoffs(question: &Question, cutoffs: &[Cutoff]) -> Vec<(usize, Entry)> {
    let listed = cutoffs.iter().enumerate().filter_map(|(holder, cutoff)| Some((holder, (*cutoff)?)));
    let entry = |rank: Rank| {
        let student_id = question.students.id(rank.student.0 as usize);
        let cutoff = Lowest { mentor_pref: rank.preference, fit: rank.value, student_id };
        Entry { mentor_id: 0, price: None, scarce: false, cutoff: Some(cutoff) }
    };
    listed.map(|(holder, rank)| (holder, entry(rank))).collect()
}

/// Reads a certificate for the side and objective that are asked about.
pub fn read_certificate(path: &Path, side: Side, question: &Question) -> anyhow::Result<Proof> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let certificate: Certificate =
        serde_json::from_slice(&text).with_context(|| format!("{} is no certificate", path.display()))?;
    if certificate.side != side {
        bail!("{} is of side {}, not of side {side}", path.display(), certificate.side);
    }
    let unknown = |what: &str, id: u32| format!("{}: there is no {what} {id} in the question", path.display());
    let mut entries = Vec::new();
    for entry in certificate.mentors {
        let mentor = question.mentors.number(entry.mentor_id).with_context(|| unknown("mentor", entry.mentor_id))?;
        entries.push((mentor as usize, entry));
    }
    for entry in certificate.groups {
        let group = question.groups.number(entry.group_id).with_context(|| unknown("group", entry.group_id))?;
        entries.push((question.instance.mentors() + group as usize, entry.into()));
    }
    let mut prices = vec![Price { scarce: false, price: 0 }; question.instance.holders()];
    let mut cutoffs: Vec<Cutoff> = vec![None; question.instance.holders()];
    for (holder, entry) in entries {
        prices[holder] = Price { scarce: entry.scarce, price: entry.price.unwrap_or_default() };
        if let Some(lowest) = entry.cutoff {
            let student = question.students.number(lowest.student_id).with_context(|| unknown("student", lowest.student_id))?;
            cutoffs[holder] = Some(Rank { preference: lowest.mentor_pref, value: lowest.fit, student: Reverse(student) });
        }
    }
    Ok(match certificate.objective {
        Objective::Optimal => Proof::Prices(prices),
        Objective::Stable => Proof::Cutoffs(cutoffs),
    })
}
