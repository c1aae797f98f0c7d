//! The city: its published figures, scaled, and people generated from a seed. Nobody in it exists.

use chrono::{Datelike, Days, NaiveDate};
use kit::rng::Chance;

/// The published figures of the city at scale 1.
pub const STUDENTS: f64 = 131_915.0;
pub const TEACHERS: f64 = 5_113.0;
const OFF_CAMPUS_BASES: f64 = 496.0;
const LISTED_ENTERPRISES: usize = 11;
/// Students in a class.
pub const CLASS_SIZE: usize = 40;
/// Students an academic and an enterprise mentor take at most.
pub const ACADEMIC_CAPACITY: usize = 40;
pub const ENTERPRISE_CAPACITY: usize = 12;

/// The twelve chains of industry; nylon materials are the flagship.
pub const CHAINS: [(&str, &str); 12] = [
    ("nylon", "尼龙新材料"),
    ("silicon-carbon", "硅碳新材料"),
    ("special-steel", "特钢材料"),
    ("electrical", "电气装备"),
    ("machinery", "高端装备"),
    ("energy-storage", "新能源储能"),
    ("building-materials", "新型建材"),
    ("food", "绿色食品"),
    ("health", "生物医药"),
    ("textile", "纺织服装"),
    ("digital", "数字产业"),
    ("logistics", "现代物流"),
];

/// The city's seven schools by type: two universities, five vocational colleges.
const SCHOOLS: [(&str, bool); 7] = [
    ("城市大学", false),
    ("工程学院", false),
    ("职业技术学院", true),
    ("工业职业技术学院", true),
    ("技师学院", true),
    ("文化艺术职业学院", true),
    ("卫生职业学院", true),
];

#[derive(Debug, Clone)]
pub struct School {
    pub title: String,
    pub vocational: bool,
    pub students: usize,
    pub teachers: usize,
}

#[derive(Debug, Clone)]
pub struct Enterprise {
    pub title: String,
    pub chain: usize,
    pub listed: bool,
}

/// One class to be: who orders, who teaches, how many, and whether it has run its course.
#[derive(Debug, Clone)]
pub struct ClassPlan {
    pub school: usize,
    pub enterprise: usize,
    pub students: usize,
    pub graduates: bool,
}

#[derive(Debug)]
pub struct City {
    pub schools: Vec<School>,
    pub enterprises: Vec<Enterprise>,
    pub classes: Vec<ClassPlan>,
    pub calendar: Calendar,
    chance: Chance,
}

/// The days of the story, counted back from today so that everything has happened.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    pub training_from: NaiveDate,
    pub placed_from: NaiveDate,
    pub graduation: NaiveDate,
    pub hired: NaiveDate,
    pub left: NaiveDate,
    pub rotation_from: NaiveDate,
    pub rotation_to: NaiveDate,
    /// Guidance was given on this day.
    pub guided: NaiveDate,
}

impl Calendar {
    fn ending(today: NaiveDate) -> Self {
        let back = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
        Self {
            training_from: back(700),
            placed_from: back(300),
            graduation: back(115),
            // Long enough ago for the ninetieth day to have come, whichever way the scheme pays;
            hired: back(100),
            // who left did so before it, and their employer says so late.
            left: back(20),
            rotation_from: back(220),
            rotation_to: back(20),
            // A pairing is made now, so guidance under it is given now.
            guided: today,
        }
    }
}

impl City {
    pub fn new(scale: f64, seed: u64, today: NaiveDate) -> Self {
        let scaled = |full: f64, least: usize| (scale_to(full, scale)).max(least);
        let chance = Chance::seeded(seed).child("city");
        let total = scaled(STUDENTS, SCHOOLS.len() * 4);
        let enterprise_count = scaled(OFF_CAMPUS_BASES, CHAINS.len());
        let teachers = scaled(TEACHERS, SCHOOLS.len());
        let schools: Vec<School> = SCHOOLS
            .iter()
            .enumerate()
            .map(|(at, (title, vocational))| {
                let students = total / SCHOOLS.len() + usize::from(at < total % SCHOOLS.len());
                // As many teachers as the city has, but never fewer than the mentoring needs, with some to spare.
                let needed = (students * 6 / 5).div_ceil(ACADEMIC_CAPACITY) + 2;
                School {
                    title: (*title).to_owned(),
                    vocational: *vocational,
                    students,
                    teachers: (teachers / SCHOOLS.len()).max(needed),
                }
            })
            .collect();
        let enterprises: Vec<Enterprise> = (0..enterprise_count)
            .map(|at| {
                let chain = at % CHAINS.len();
                let title = format!("{}企业{:03}", CHAINS[chain].1, at + 1);
                Enterprise { title, chain, listed: at < LISTED_ENTERPRISES }
            })
            .collect();
        let mut classes = Vec::new();
        for (school, plan) in schools.iter().enumerate() {
            let mut left = plan.students;
            while left > 0 {
                let students = left.min(CLASS_SIZE);
                left -= students;
                let enterprise = usize::try_from(chance.below(enterprise_count as u64)).unwrap_or_default();
                classes.push(ClassPlan { school, enterprise, students, graduates: classes.len() % 2 == 0 });
            }
        }
        Self { schools, enterprises, classes, calendar: Calendar::ending(today), chance }
    }

    /// Engineers an enterprise sends as mentors: enough for its classes, with some to spare.
    pub fn engineers(&self, enterprise: usize) -> usize {
        let students: usize =
            self.classes.iter().filter(|class| class.enterprise == enterprise).map(|class| class.students).sum();
        (students * 6 / 5).div_ceil(ENTERPRISE_CAPACITY) + 2
    }

    /// A made-up name.
    pub fn name(&self) -> String {
        const FAMILY: [&str; 16] =
            ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭"];
        const GIVEN: [&str; 16] =
            ["晓", "明", "华", "志", "文", "佳", "宁", "涛", "雪", "磊", "欣", "宇", "晨", "琳", "杰", "敏"];
        let pick = |list: &[&str; 16]| list[usize::try_from(self.chance.below(16)).unwrap_or_default()].to_owned();
        pick(&FAMILY) + &pick(&GIVEN) + &pick(&GIVEN)
    }

    /// A date of birth of somebody who is about twenty.
    pub fn birth(&self) -> NaiveDate {
        let oldest = NaiveDate::from_ymd_opt(self.calendar.training_from.year() - 19, 1, 1).unwrap_or_default();
        oldest + Days::new(self.chance.below(364))
    }

    /// One in `n`, by chance.
    pub fn one_in(&self, n: u64) -> bool {
        self.chance.below(n) == 0
    }
}

fn scale_to(full: f64, scale: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number far below the bounds of both")]
    let scaled = (full * scale).round() as usize;
    scaled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_full_scale_the_city_has_its_published_size() {
        let city = City::new(1.0, 42, NaiveDate::from_ymd_opt(2026, 9, 1).unwrap());
        assert_eq!(city.schools.iter().map(|school| school.students).sum::<usize>(), 131_915);
        assert!(city.schools.iter().map(|school| school.teachers).sum::<usize>() >= 5_113 - 7);
        assert_eq!(city.classes.iter().map(|class| class.students).sum::<usize>(), 131_915);
    }

    #[test]
    fn the_same_seed_makes_the_same_city() {
        let today = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
        let plan = |seed| City::new(0.01, seed, today).classes.iter().map(|class| class.enterprise).collect::<Vec<_>>();
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }
}
