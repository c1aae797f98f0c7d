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

/// A certificate file. A mentor who is not listed has the price 0, or admits everybody.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    side: Side,
    objective: Objective,
    mentors: Vec<Entry>,
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
    let id = |mentor: usize| question.mentors.id(mentor);
    let mut mentors = Vec::new();
    let objective = match proof {
        Proof::Prices(prices) => {
            let listed = prices.iter().enumerate().filter(|(_, price)| price.scarce || price.price != 0);
            mentors.extend(listed.map(|(mentor, price)| Entry {
                mentor_id: id(mentor),
                price: Some(price.price),
                scarce: price.scarce,
                cutoff: None,
            }));
            Objective::Optimal
        }
        Proof::Cutoffs(cutoffs) => {
            let listed = cutoffs.iter().enumerate().filter_map(|(mentor, cutoff)| Some((mentor, (*cutoff)?)));
            mentors.extend(listed.map(|(mentor, rank)| {
                let student_id = question.students.id(rank.student.0 as usize);
                let cutoff = Lowest { mentor_pref: rank.preference, fit: rank.value, student_id };
                Entry { mentor_id: id(mentor), price: None, scarce: false, cutoff: Some(cutoff) }
            }));
            Objective::Stable
        }
    };
    let certificate = Certificate { side, objective, mentors };
    whole_file(path, |out| Ok(serde_json::to_writer(out, &certificate)?))
}

/// Reads a certificate for the side and objective that are asked about.
pub fn read_certificate(path: &Path, side: Side, question: &Question) -> anyhow::Result<Proof> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let certificate: Certificate =
        serde_json::from_slice(&text).with_context(|| format!("{} is no certificate", path.display()))?;
    if certificate.side != side {
        bail!("{} is of side {}, not of side {side}", path.display(), certificate.side);
    }
    let mut prices = vec![Price { scarce: false, price: 0 }; question.instance.mentors()];
    let mut cutoffs: Vec<Cutoff> = vec![None; question.instance.mentors()];
    for entry in certificate.mentors {
        let unknown = |what: &str, id: u32| format!("{}: there is no {what} {id} in the question", path.display());
        let mentor = question.mentors.number(entry.mentor_id).with_context(|| unknown("mentor", entry.mentor_id))? as usize;
        prices[mentor] = Price { scarce: entry.scarce, price: entry.price.unwrap_or_default() };
        if let Some(lowest) = entry.cutoff {
            let student = question.students.number(lowest.student_id).with_context(|| unknown("student", lowest.student_id))?;
            cutoffs[mentor] = Some(Rank { preference: lowest.mentor_pref, value: lowest.fit, student: Reverse(student) });
        }
    }
    Ok(match certificate.objective {
        Objective::Optimal => Proof::Prices(prices),
        Objective::Stable => Proof::Cutoffs(cutoffs),
    })
}
