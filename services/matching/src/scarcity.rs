//! Where students outnumber places, and where they do not.
//!
//! Dulmage and Mendelsohn, *Coverings of bipartite graphs*, Canadian Journal of Mathematics 10 (1958): whatever
//! largest matching is taken, the same mentors are full with students who have nowhere else to go. There the places
//! are short: each is taken, and some students stay alone. Everywhere else every student has a place. The two parts
//! do not touch in any largest matching, so they are solved apart, and "the largest number first" needs no penalty
//! that dwarfs the values.

use crate::Instance;
use std::collections::VecDeque;

/// Which mentors are scarce: they and the students who reach only them make up the part that is short of places.
/// Begins from a matching; whom it leaves alone is tried again.
pub fn scarce(instance: &Instance, mut held: Vec<Option<u32>>) -> Vec<bool> {
    let mut guided: Vec<Vec<u32>> = vec![Vec::new(); instance.mentors()];
    let mut alone = Vec::new();
    for (student, mentor) in (0u32..).zip(&held) {
        match mentor {
            Some(mentor) => guided[*mentor as usize].push(student),
            None => alone.push(student),
        }
    }
    // A mentor from whom no free place was reached is never free again: later searches stop there.
    let mut closed = vec![false; instance.mentors()];
    for student in alone {
        augment(instance, student, &mut held, &mut guided, &mut closed);
    }
    closed
}

fn augment(instance: &Instance, source: u32, held: &mut [Option<u32>], guided: &mut [Vec<u32>], closed: &mut [bool]) {
    let mut queue = VecDeque::from([source]);
    let mut from = std::collections::HashMap::new();
    while let Some(student) = queue.pop_front() {
        for arc in instance.arcs(student as usize) {
            let mentor = arc.mentor as usize;
            if closed[mentor] || from.contains_key(&arc.mentor) {
                continue;
            }
            from.insert(arc.mentor, student);
            if guided[mentor].len() < instance.free(mentor) {
                hand_on(arc.mentor, source, &from, held, guided);
                return;
            }
            queue.extend(&guided[mentor]);
        }
    }
    for mentor in from.keys() {
        closed[*mentor as usize] = true;
    }
}

fn hand_on(end: u32, source: u32, from: &std::collections::HashMap<u32, u32>, held: &mut [Option<u32>], guided: &mut [Vec<u32>]) {
    let mut mentor = end;
    while let Some(student) = from.get(&mentor) {
        let before = held[*student as usize].replace(mentor);
        guided[mentor as usize].push(*student);
        match before {
            Some(before) if *student != source => {
                guided[before as usize].retain(|other| other != student);
                mentor = before;
            }
            _ => return,
        }
    }
}
