//! Prices by auction: students bid for the places of mentors until nobody is left over.
//!
//! Bertsekas and Castañon, *The auction algorithm for the transportation problem*, Annals of Operations Research 20
//! (1989): a student bids for the best offer what makes it as good as the second best, and a little more; a mentor
//! with no place left gives up the lowest bid, which is the mentor's price. First come, first to bid, with the
//! smallest step from the start. Price wars, which small steps make long, are ended by doubling the step, and by
//! students who rather stay alone than pay more than an offer is worth.
//!
//! The outcome is nearly optimal: [`super::repair`] makes it exact, starting from these prices, and places those who
//! gave up where there is a place for them.

use crate::Instance;
use crate::instance::numbers;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Prices are counted in this fraction of a point of value.
const FINE: i32 = 16;
/// Bids a student may make on average before the step doubles.
const PATIENCE: usize = 32;
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
    // Prices stay far below i32: nobody bids more than an offer is worth and one step.
    let fine = (i32::MAX / 16).checked_div(instance.highest()).unwrap_or(FINE).min(FINE);
    let mut house = House::new(instance);
    if fine > 0 {
        house.sell(instance, fine);
    }
    let prices = house.prices.iter().map(|price| i64::from(*price / fine.max(1))).collect();
    Outcome { prices, held: house.held }
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
    fn new(instance: &Instance) -> Self {
        // Nobody can buy where there is no place.
        let price = |mentor| if instance.free(mentor) == 0 { i32::MAX / 2 } else { 0 };
        Self {
            prices: (0..instance.mentors()).map(price).collect(),
            sales: vec![BinaryHeap::new(); instance.mentors()],
            held: vec![None; instance.students()],
        }
    }

    fn sell(&mut self, instance: &Instance, fine: i32) {
        let mut queue: VecDeque<u32> = numbers(instance.students()).collect();
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
