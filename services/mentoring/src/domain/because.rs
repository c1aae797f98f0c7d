//! Why a proposal is as it is, and how that is kept: a city's dry run keeps a quarter of a million of them.

use super::fit::{Parts, Weights};
use super::{MentorId, ProjectId};
use kit::id::Id;
use kit::macros::uuid::Uuid;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a proposal is as it is, as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Because {
    pub parts: Vec<Part>,
    pub better: Vec<Better>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Part {
    pub part: String,
    pub score: i64,
    pub weight: i64,
}

/// A better choice that was not given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Better {
    pub mentor: String,
    /// The mentor's project, if it is one.
    #[serde(default)]
    pub project: Option<String>,
    pub fit: i64,
    pub obstacle: Obstacle,
}

kit::words! {
    pub enum Obstacle {
        Outranked = "outranked",
        Taken = "taken",
        Excluded = "excluded",
        Incompatible = "incompatible",
        /// The mentor had places, and the project none.
        ProjectFull = "project-full",
        /// The mentor had places, and the quota of the organisation none.
        Quota = "quota",
    }
}

impl<'de> Deserialize<'de> for Obstacle {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// The first line, where there is a mentor.
const PAIRED: &str = "paired";

impl Because {
    /// As short lines: the parts that are fulfilled to any degree, then the better choices. Weights are not repeated;
    /// the run knows their version.
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        if !self.parts.is_empty() {
            lines.push(PAIRED.to_owned());
        }
        let fulfilled = self.parts.iter().filter(|part| part.score > 0);
        lines.extend(fulfilled.map(|part| format!("{} {}", part.part, part.score)));
        let id = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        lines.extend(self.better.iter().map(|better| {
            let Better { mentor, project, fit, obstacle } = better;
            let project = project.as_deref().map_or_else(String::new, |project| format!(" {}", id(project)));
            format!("{} {fit} {obstacle}{project}", id(mentor))
        }));
        lines.join("\n")
    }

    /// Reads it back, with the weights it was judged by. Runs of before version 7 of the tables kept it as JSON.
    pub fn from_text(text: &str, weights: &Weights) -> Result<Self, Unreadable> {
        if text.starts_with('{') {
            return serde_json::from_str(text).map_err(|_| Unreadable);
        }
        let (mut paired, mut scores, mut better) = (false, BTreeMap::new(), Vec::new());
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                [PAIRED] => paired = true,
                [part, score] => drop(scores.insert(*part, score.parse().map_err(|_| Unreadable)?)),
                [mentor, fit, obstacle, project @ ..] if project.len() < 2 => better.push(Better {
                    mentor: MentorId::from_uuid(uuid(mentor)?).to_string(),
                    project: project.first().map(|id| uuid(id).map(|id| ProjectId::from_uuid(id).to_string())).transpose()?,
                    fit: fit.parse().map_err(|_| Unreadable)?,
                    obstacle: Obstacle::try_from((*obstacle).to_owned()).map_err(|_| Unreadable)?,
                }),
                _ => return Err(Unreadable),
            }
        }
        let part = |(part, _, weight): (&str, i64, i64)| Part {
            part: part.to_owned(),
            score: scores.get(part).copied().unwrap_or_default(),
            weight,
        };
        let weighed = Parts::default().weighed(weights).into_iter().filter(|(_, _, weight)| paired && *weight > 0);
        Ok(Self { parts: weighed.map(part).collect(), better })
    }
}

fn uuid(text: &str) -> Result<Uuid, Unreadable> {
    Uuid::try_parse(text).map_err(|_| Unreadable)
}

/// What a run kept cannot be read; a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reasons of a proposal cannot be read")]
pub struct Unreadable;

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: Weights = Weights {
        version: 1,
        organisation: 250,
        programme: 200,
        chain: 0,
        place: 0,
        skills: 150,
        spare: 0,
        student_rank: 0,
        mentor_rank: 0,
        continuity: 0,
    };

    fn because() -> Because {
        let part = |part: &str, score, weight| Part { part: part.to_owned(), score, weight };
        let mentor = MentorId::from_uuid(Uuid::from_u128(7)).to_string();
        Because {
            parts: vec![part("organisation", 1000, 250), part("programme", 0, 200), part("skills", 333, 150)],
            better: vec![Better { mentor, project: None, fit: 900, obstacle: Obstacle::Taken }],
        }
    }

    #[test]
    fn reasons_read_back_as_they_were_with_the_weights_of_the_run() {
        assert_eq!(Because::from_text(&because().to_text(), &WEIGHTS).unwrap(), because());
        let alone = Because { parts: Vec::new(), ..because() };
        assert_eq!(Because::from_text(&alone.to_text(), &WEIGHTS).unwrap(), alone);
        let mut offered = because();
        offered.better[0].project = Some(ProjectId::from_uuid(Uuid::from_u128(8)).to_string());
        assert_eq!(Because::from_text(&offered.to_text(), &WEIGHTS).unwrap(), offered);
        assert_eq!(Because::from_text("", &WEIGHTS).unwrap(), Because::default());
    }

    #[test]
    fn reasons_of_earlier_runs_are_still_read() {
        let earlier = r#"{"parts":[{"part":"organisation","score":1000,"weight":250},{"part":"programme","score":0,"weight":200},{"part":"skills","score":333,"weight":150}],"better":[{"mentor":"mentors/00000000-0000-0000-0000-000000000007","fit":900,"obstacle":"taken"}]}"#;
        assert_eq!(Because::from_text(earlier, &WEIGHTS).unwrap(), because());
        assert!(Because::from_text("a b c d e", &WEIGHTS).is_err() && Because::from_text("{}", &WEIGHTS).is_err());
    }
}
