//! Reads students, mentors and edges of one side into an instance.

use super::groups::{self, Groups};
use super::table::Table;
use crate::cli::{QuestionFiles, Side};
use matching::{Edge, Instance, Places, Preference};
use std::collections::HashSet;
use std::path::Path;

/// Ids are whole numbers up to this.
pub const HIGHEST_ID: i64 = u32::MAX as i64;
/// The best fit.
const BEST_FIT: i64 = 1000;
/// The most places of a mentor or a group.
pub const HIGHEST_CAPACITY: i64 = 1_000_000;
/// How far apart preferences can be.
const WIDEST: i64 = 1_000_000_000;

/// An instance, and whose number is which id.
pub struct Question {
    pub instance: Instance,
    pub students: Ids,
    pub mentors: Ids,
    pub groups: Ids,
}

/// Ids in ascending order; their places are the numbers of the instance, so a lower number is a lower id.
pub struct Ids(Vec<u32>);

impl Ids {
    /// Those of rows in ascending order.
    pub fn new(ids: impl Iterator<Item = u32>) -> Self {
        Self(ids.collect())
    }

    /// The number of an id. Ids mostly have no gaps, so the first guess is mostly right.
    pub fn number(&self, id: u32) -> Option<u32> {
        let guess = id.wrapping_sub(*self.0.first()?) as usize;
        let at = if self.0.get(guess) == Some(&id) { guess } else { self.0.binary_search(&id).ok()? };
        u32::try_from(at).ok()
    }

    pub fn id(&self, number: usize) -> u32 {
        self.0[number]
    }
}

impl Question {
    pub fn read(files: &QuestionFiles, side: Side) -> anyhow::Result<Self> {
        let students = read_students(&files.students)?;
        let Groups { ids: groups, groups: shared } = groups::read(files.groups.as_deref(), side)?;
        let Mentors { ids: mentors, places, of } = read_mentors(&files.mentors, side, files.groups.is_some().then_some(&groups))?;
        let edges = read_edges(&files.edges, side, &students, &mentors)?;
        let mut instance = Instance::new(students.0.len(), places, &edges)?;
        if files.groups.is_some() {
            instance = instance.grouped(&of, &shared)?;
        }
        Ok(Self { instance, students, mentors, groups })
    }
}

fn read_students(path: &Path) -> anyhow::Result<Ids> {
    let mut table = Table::open(path, &["student_id"], &[])?;
    let mut rows = Vec::new();
    while table.next()? {
        if let Some(id) = table.number(0, 0, HIGHEST_ID)? {
            rows.push((u32::try_from(id)?, table.row()));
        }
    }
    rows.sort_unstable();
    for pair in rows.windows(2) {
        if let [(id, first), (again, row)] = pair
            && id == again
        {
            table.fault_at(*row, 0, &format!("student {id} is in row {first} already"))?;
        }
    }
    table.finish()?;
    Ok(Ids(rows.into_iter().map(|(id, _)| id).collect()))
}

struct Mentors {
    ids: Ids,
    places: Vec<Places>,
    /// The group of each.
    of: Vec<Option<u32>>,
}

fn read_mentors(path: &Path, side: Side, groups: Option<&Ids>) -> anyhow::Result<Mentors> {
    let mut table = Table::open(path, &["side", "mentor_id", "capacity"], &["group"])?;
    if groups.is_none() && table.has(3) {
        anyhow::bail!("{}, row 1: there is a column group; name the file of the groups with --groups", path.display());
    }
    let mut rows = Vec::new();
    while table.next()? {
        if !on_side(&mut table, side)? {
            continue;
        }
        let id = table.number(1, 0, HIGHEST_ID)?;
        let capacity = table.number(2, 0, HIGHEST_CAPACITY)?;
        let group = groups::named(&mut table, 3, groups)?;
        if let (Some(id), Some(capacity)) = (id, capacity) {
            rows.push((u32::try_from(id)?, table.row(), u32::try_from(capacity)?, group));
        }
    }
    rows.sort_unstable();
    for pair in rows.windows(2) {
        if let [(id, first, ..), (again, row, ..)] = pair
            && id == again
        {
            table.fault_at(*row, 1, &format!("mentor {id} of side {side} is in row {first} already"))?;
        }
    }
    table.finish()?;
    Ok(Mentors {
        ids: Ids::new(rows.iter().map(|(id, ..)| *id)),
        places: rows.iter().map(|(_, _, capacity, _)| Places { capacity: *capacity, taken: 0 }).collect(),
        of: rows.into_iter().map(|(.., group)| group).collect(),
    })
}

fn read_edges(path: &Path, side: Side, students: &Ids, mentors: &Ids) -> anyhow::Result<Vec<Edge>> {
    let mut table = Table::open(path, &["side", "student_id", "mentor_id", "fit"], &["student_pref", "mentor_pref"])?;
    let mut edges = Vec::new();
    while table.next()? {
        if !on_side(&mut table, side)? {
            continue;
        }
        let student = known(&mut table, 1, students)?;
        let mentor = known(&mut table, 2, mentors)?;
        let fit = table.number(3, 0, BEST_FIT)?;
        let by_student = preference(&mut table, 4)?;
        let by_mentor = preference(&mut table, 5)?;
        if let (Some(student), Some(mentor), Some(fit)) = (student, mentor, fit) {
            let preference = Preference { by_student, by_mentor };
            edges.push(Edge { student, mentor, value: i32::try_from(fit)?, preference });
        }
    }
    table.finish()?;
    refuse_duplicates(path, side, &edges, students, mentors)?;
    Ok(edges)
}

pub fn on_side(table: &mut Table, side: Side) -> anyhow::Result<bool> {
    match table.text(0) {
        b"A" => Ok(side == Side::A),
        b"E" => Ok(side == Side::E),
        other => {
            let other = String::from_utf8_lossy(other).into_owned();
            table.fault(0, &format!("\"{other}\" is neither A (academic) nor E (enterprise)"))?;
            Ok(false)
        }
    }
}

fn known(table: &mut Table, column: usize, ids: &Ids) -> anyhow::Result<Option<u32>> {
    let Some(id) = table.number(column, 0, HIGHEST_ID)? else { return Ok(None) };
    let number = ids.number(u32::try_from(id)?);
    if number.is_none() {
        table.fault(column, &format!("{id} is not in the file of those"))?;
    }
    Ok(number)
}

fn preference(table: &mut Table, column: usize) -> anyhow::Result<i32> {
    if !table.has(column) {
        return Ok(0);
    }
    Ok(i32::try_from(table.number(column, -WIDEST, WIDEST)?.unwrap_or_default())?)
}

/// A pair that is named twice is refused: which of the two fits was meant is not ours to guess. Files come sorted as
/// a rule, and then one look at the neighbour is enough.
fn refuse_duplicates(path: &Path, side: Side, edges: &[Edge], students: &Ids, mentors: &Ids) -> anyhow::Result<()> {
    let pair = |edge: &Edge| (edge.student, edge.mentor);
    if edges.windows(2).all(|two| pair(&two[0]) < pair(&two[1])) {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(edges.len());
    let twice = edges.iter().find(|edge| !seen.insert(pair(edge)));
    let Some(twice) = twice else { return Ok(()) };
    let (student, mentor) = (students.id(twice.student as usize), mentors.id(twice.mentor as usize));
    let rows = rows_of(path, side, student, mentor)?;
    anyhow::bail!(
        "{}, rows {rows}: student {student} and mentor {mentor} of side {side} are named more than once",
        path.display()
    )
}

/// The rows that name a pair; read again, because only a file that is refused needs them.
fn rows_of(path: &Path, side: Side, student: u32, mentor: u32) -> anyhow::Result<String> {
    let mut table = Table::open(path, &["side", "student_id", "mentor_id"], &[])?;
    let mut rows = Vec::new();
    while table.next()? {
        let same = on_side(&mut table, side)?
            && table.number(1, 0, HIGHEST_ID)? == Some(student.into())
            && table.number(2, 0, HIGHEST_ID)? == Some(mentor.into());
        if same {
            rows.push(table.row().to_string());
        }
    }
    Ok(rows.join(", "))
}
