//! Reads the groups of mentors who share places.

use super::question::{HIGHEST_CAPACITY, HIGHEST_ID, Ids, on_side};
use super::table::Table;
use crate::cli::Side;
use matching::{Group, Places};
use std::path::Path;

/// The groups of one side, in the order of their ids.
pub struct Groups {
    pub ids: Ids,
    pub groups: Vec<Group>,
}

struct Row {
    id: u32,
    line: u64,
    capacity: u32,
    /// The id of the group it lies within.
    within: Option<u32>,
}

pub fn read(path: Option<&Path>, side: Side) -> anyhow::Result<Groups> {
    let Some(path) = path else { return Ok(Groups { ids: Ids::new(std::iter::empty()), groups: Vec::new() }) };
    let mut table = Table::open(path, &["side", "group_id", "capacity"], &["within"])?;
    let mut rows = Vec::new();
    while table.next()? {
        if !on_side(&mut table, side)? {
            continue;
        }
        let id = table.number(1, 0, HIGHEST_ID)?;
        let capacity = table.number(2, 0, HIGHEST_CAPACITY)?;
        let within = if table.text(3).is_empty() { None } else { table.number(3, 0, HIGHEST_ID)? };
        if let (Some(id), Some(capacity)) = (id, capacity) {
            let within = within.map(u32::try_from).transpose()?;
            rows.push(Row { id: u32::try_from(id)?, line: table.row(), capacity: u32::try_from(capacity)?, within });
        }
    }
    rows.sort_unstable_by_key(|row| (row.id, row.line));
    for pair in rows.windows(2) {
        if let [first, again] = pair
            && first.id == again.id
        {
            table.fault_at(again.line, 1, &format!("group {} of side {side} is in row {} already", first.id, first.line))?;
        }
    }
    let ids = Ids::new(rows.iter().map(|row| row.id));
    let groups = lay_within(&mut table, &rows, &ids)?;
    table.finish()?;
    Ok(Groups { ids, groups })
}

/// Finds what each group lies within: a group that is there, and not itself by any way.
fn lay_within(table: &mut Table, rows: &[Row], ids: &Ids) -> anyhow::Result<Vec<Group>> {
    let above = |row: &Row| row.within.and_then(|within| ids.number(within));
    let mut groups = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(within) = row.within.filter(|within| ids.number(*within).is_none()) {
            table.fault_at(row.line, 3, &format!("there is no group {within} on this side"))?;
        }
        let mut way = std::iter::successors(above(row), |group| above(&rows[*group as usize]));
        if way.nth(rows.len()).is_some() {
            table.fault_at(row.line, 3, &format!("group {} lies within itself", row.id))?;
        }
        groups.push(Group { places: Places { capacity: row.capacity, taken: 0 }, within: above(row) });
    }
    Ok(groups)
}

/// The group that a row names, if it names one.
pub fn named(table: &mut Table, column: usize, groups: Option<&Ids>) -> anyhow::Result<Option<u32>> {
    let Some(groups) = groups.filter(|_| !table.text(column).is_empty()) else { return Ok(None) };
    let Some(id) = table.number(column, 0, HIGHEST_ID)? else { return Ok(None) };
    let number = groups.number(u32::try_from(id)?);
    if number.is_none() {
        table.fault(column, &format!("there is no group {id} on this side"))?;
    }
    Ok(number)
}
