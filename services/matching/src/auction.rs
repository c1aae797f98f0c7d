//! Prices by auction: students bid for the places of mentors until nobody is left over.
//!
//! Bertsekas and Castañon, *The auction algorithm for the transportation problem*, Annals of Operations Research 20
//! (1989): a student bids for the best offer what makes it as good as the second best, and a little more; a mentor
//! with no place left gives up the lowest bid, which is the mentor's price. First come, first to bid, with the
//! smallest step from the start. Price wars, which small steps make long, are ended by doubling the step, and by
//! students who rather stay alone than pay more than an offer is worth. Large steps overshoot, so whoever would now
//! rather have another offer bids again, from the smallest step: a few such rounds cost little and leave few behind.
//!
//! The outcome is nearly optimal: [`super::repair`] makes it exact, starting from these prices, and places those who
//! gave up where there is a place for them.

use crate::instance::numbers;
use crate::{Arc, Instance};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Prices are counted in this fraction of a point of value.
const FINE: i32 = 8;
/// Bids a student may make on average before the step doubles.
const PATIENCE: usize = 8;
/// Rounds there are at most.
const ROUNDS: usize = 4;
/// A round is not worth it for fewer bidders than one of so many students.
const FEW: usize = 1000;
/// Students whose arcs are loaded together.
const BATCH: usize = 32;

/// What the auction came to.
pub struct Outcome {
    /// The price of each mentor, in points of value, rounded down; 0 where a place is free.
    pub prices: Vec<i64>,
    /// Who holds a place where.
    pub held: Vec<Option<u32>>,
}

pub fn run(instance: &Instance) -> Outcome {
    go_on(instance, Outcome { prices: vec![0; instance.mentors()], held: vec![None; instance.students()] })
}

/// As [`run`], from prices and holders that are good already; where a place is free its price may be above 0 then.
pub fn go_on(instance: &Instance, mut sold: Outcome) -> Outcome {
    // Prices stay far below i32: nobody bids more than an offer is worth and one step.
    let fine = (i32::MAX / 16).checked_div(instance.highest()).unwrap_or(FINE).min(FINE);
    for _ in 0..if fine > 0 { ROUNDS } else { 0 } {
        let (mut house, bidders) = House::new(instance, &sold, fine);
        if bidders.len() * FEW <= instance.students() {
            break;
        }
        house.sell(instance, fine, bidders);
        let prices = house.prices.iter().map(|price| i64::from(*price / fine)).collect();
        sold = Outcome { prices, held: house.held };
    }
    sold
}

struct House {
    prices: Vec<i32>,
    /// The bids each mentor holds, the lowest on top.
    sales: Vec<BinaryHeap<Reverse<(i32, u32)>>>,
    held: Vec<Option<u32>>,
}

struct Bid {
    mentor: u32,
    price: i32,
}

impl House {
    /// Whoever holds one of their best offers keeps it; the others bid.
    fn new(instance: &Instance, sold: &Outcome, fine: i32) -> (Self, VecDeque<u32>) {
        // Nobody can buy where there is no place.
        let price = |(mentor, price): (usize, &i64)| {
            if instance.free(mentor) == 0 { i32::MAX / 2 } else { i32::try_from(*price).unwrap_or(i32::MAX).saturating_mul(fine) }
        };
        let mut house = Self {
            prices: sold.prices.iter().enumerate().map(price).collect(),
            sales: vec![BinaryHeap::new(); instance.mentors()],
            held: vec![None; instance.students()],
        };
        let mut bidders = VecDeque::new();
        for (student, held) in numbers(instance.students()).zip(&sold.held) {
            match held.filter(|mentor| house.is_best(instance, student, *mentor, fine)) {
                Some(mentor) => {
                    house.held[student as usize] = Some(mentor);
                    house.sales[mentor as usize].push(Reverse((house.prices[mentor as usize], student)));
                }
                None => bidders.push_back(student),
            }
        }
        (house, bidders)
    }

    /// Whether there is a place at this mentor, and no offer gains more.
    fn is_best(&self, instance: &Instance, student: u32, mentor: u32, fine: i32) -> bool {
        let gain = |arc: &Arc| arc.value * fine - self.prices[arc.mentor as usize];
        let arcs = instance.arcs(student as usize);
        let best = arcs.iter().map(gain).max();
        let holds = arcs.iter().find(|arc| arc.mentor == mentor).map(gain);
        self.sales[mentor as usize].len() < instance.free(mentor as usize) && holds == best
    }

    fn sell(&mut self, instance: &Instance, fine: i32, mut queue: VecDeque<u32>) {
        let (mut step, mut bids, mut near, mut read) = (1, 0, 0, 0);
        while let Some(student) = queue.pop_front() {
            if near == 0 {
                read ^= instance.touch(queue.iter().copied().take(BATCH));
                near = BATCH;
            }
            near -= 1;
            let Some(bid) = self.bid(instance, student, fine, step) else { continue };
            if let Some(out) = self.accept(student, &bid, instance.free(bid.mentor as usize)) {
                self.held[out as usize] = None;
                queue.push_back(out);
            }
            bids += 1;
            if bids == PATIENCE * instance.students() {
                bids = 0;
                step = step.saturating_mul(2).min(instance.highest().max(1) * fine);
            }
        }
        std::hint::black_box(read);
    }

    /// What the best offer is worth over the second best; staying alone, which is worth nothing, is an offer too.
    fn bid(&self, instance: &Instance, student: u32, fine: i32, step: i32) -> Option<Bid> {
        let (mut best, mut second, mut mentor) = (i32::MIN, 0, None);
        for arc in instance.arcs(student as usize) {
            let value = arc.value * fine;
            // Arcs come best first and prices are not negative: nothing better follows.
            if value <= second {
                break;
            }
            let gain = value - self.prices[arc.mentor as usize];
            if gain > best {
                second = second.max(best);
                (best, mentor) = (gain, Some(arc.mentor));
            } else {
                second = second.max(gain);
            }
        }
        let mentor = mentor.filter(|_| best >= 0)?;
        Some(Bid { mentor, price: self.prices[mentor as usize] + (best - second) + step })
    }

    /// Takes the bid in; who holds the lowest goes if there is no place left.
    fn accept(&mut self, student: u32, bid: &Bid, places: usize) -> Option<u32> {
        let bids = &mut self.sales[bid.mentor as usize];
        self.held[student as usize] = Some(bid.mentor);
        let offer = Reverse((bid.price, student));
        let mut out = None;
        if bids.len() < places {
            bids.push(offer);
        } else if let Some(mut lowest) = bids.peek_mut() {
            out = Some(std::mem::replace(&mut *lowest, offer).0.1);
        }
        if let Some(Reverse((lowest, _))) = bids.peek().filter(|_| bids.len() == places) {
            self.prices[bid.mentor as usize] = *lowest;
        }
        out
    }
}
