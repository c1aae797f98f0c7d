//! Places that several mentors share: what edges point to may be a project of a mentor, a mentor of an organisation with
//! a quota, or a project of a mentor of such an organisation. Groups lie within groups or apart, never across each
//! other: a forest, whose leaves are what edges point to. (Across each other the question would be NP-hard.)

use crate::instance::{Fault, Places};

/// Mentors who share places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub places: Places,
    /// The group this one lies within.
    pub within: Option<u32>,
}

/// The groups of an instance. A *holder* of places is a mentor or a group; holders are numbered, mentors first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    /// What lies above each holder, as a holder; empty if there are no groups.
    above: Vec<Option<u32>>,
    places: Vec<Places>,
}

impl Forest {
    /// `of` says the group of each mentor.
    pub fn new(of: &[Option<u32>], groups: &[Group], mentors: usize) -> Result<Self, Fault> {
        if of.len() != mentors {
            return Err(Fault::Members { given: of.len(), there: mentors });
        }
        if groups.is_empty() && of.iter().all(Option::is_none) {
            return Ok(Self::default());
        }
        let holder = |group: u32| -> Result<u32, Fault> {
            let known = (group as usize) < groups.len();
            let number = u32::try_from(mentors).ok().and_then(|mentors| mentors.checked_add(group));
            number.filter(|_| known).ok_or(Fault::UnknownGroup(group))
        };
        let all = of.iter().copied().chain(groups.iter().map(|group| group.within));
        let above = all.map(|group| group.map(holder).transpose()).collect::<Result<Vec<_>, _>>()?;
        let forest = Self { above, places: groups.iter().map(|group| group.places).collect() };
        match (0u32..).zip(groups).find(|(group, _)| forest.from(mentors + *group as usize).nth(groups.len()).is_some()) {
            Some((group, _)) => Err(Fault::Circle(group)),
            None => Ok(forest),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.above.is_empty()
    }

    pub fn places(&self) -> &[Places] {
        &self.places
    }

    pub fn above(&self, holder: usize) -> Option<u32> {
        self.above.get(holder).copied().flatten()
    }

    /// A holder, what lies above it, what lies above that, …
    pub fn from(&self, holder: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(holder), |holder| self.above(*holder).map(|above| above as usize))
    }
}
