//! What stands for choice beside the mentors as they are: their projects, and how their organisations take students.

use super::{Admission, Codes, Mentor, MentorId, Offer, OrganisationId, Project, RoundId, Student};
use matching::{Fault, Group, Instance, Places};
use std::collections::BTreeMap;

/// How high the first priority is, and what it counts as part of the fit: each below whomever the mentor has ranked (see
/// [`super::Rankings`]), and above who is not preferred.
const HIGHEST: i32 = 50;
const FIRST: i64 = 90;
/// What each further priority counts less.
const STEP: i64 = 10;

#[derive(Debug, Clone, Default)]
pub struct Offers {
    projects: BTreeMap<MentorId, Vec<Project>>,
    admissions: BTreeMap<(RoundId, OrganisationId), Admission>,
    /// The one round that all students are of, if it is one.
    round: Option<RoundId>,
    /// How many students of that round each organisation guides already.
    guided: BTreeMap<OrganisationId, i64>,
}

/// What mentors of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The mentor: it is one mentor, without a project and with each.
    Mentor,
    /// The organisation, which has a quota.
    Organisation,
}

impl Offers {
    pub fn new(projects: Vec<Project>, admissions: Vec<Admission>) -> Self {
        let mut all = Self::default();
        for project in projects {
            all.projects.entry(project.mentor).or_default().push(project);
        }
        all.admissions.extend(admissions.into_iter().map(|one| ((one.round, one.organisation), one)));
        all
    }

    /// For the students of one round: only then quotas bind. Quotas of several rounds would lie across the places of the
    /// mentors, so rounds with quotas are solved one after the other.
    #[must_use]
    pub fn of_round(self, round: RoundId, guided: BTreeMap<OrganisationId, i64>) -> Self {
        Self { round: Some(round), guided, ..self }
    }

    /// The mentors, each without a project and with each of theirs that is open.
    pub fn stand(&self, mentors: Vec<Mentor>) -> Vec<Mentor> {
        let mut all = Vec::with_capacity(mentors.len());
        for mentor in mentors {
            for project in self.projects.get(&mentor.id).into_iter().flatten().filter(|project| project.is_open()) {
                let mut with = mentor.clone();
                let outline = &project.outline;
                with.offer = Some(Offer { project: project.id, capacity: outline.capacity, load: project.load });
                let skills = [with.profile.skills.into_vec(), outline.skills.clone().into_vec()].concat();
                with.profile.skills = Codes::new(skills);
                all.push(with);
            }
            all.push(mentor);
        }
        all
    }

    /// The instance of these mentors, with the places they share: those of one mentor, those under a quota.
    pub fn bind(&self, instance: Instance, mentors: &[&Mentor]) -> Result<(Instance, Vec<Shared>), Fault> {
        let (mut groups, mut shared): (Vec<Group>, Vec<Shared>) = (Vec::new(), Vec::new());
        let mut add = |places: Places, within: Option<u32>, kind: Shared| {
            groups.push(Group { places, within });
            shared.push(kind);
            u32::try_from(groups.len() - 1).unwrap_or(u32::MAX)
        };
        let mut quotas: BTreeMap<OrganisationId, u32> = BTreeMap::new();
        for organisation in mentors.iter().map(|mentor| mentor.profile.organisation) {
            if let Some(places) = self.quota(organisation).filter(|_| !quotas.contains_key(&organisation)) {
                quotas.insert(organisation, add(places, None, Shared::Organisation));
            }
        }
        let mut wholes: BTreeMap<MentorId, u32> = BTreeMap::new();
        for mentor in mentors.iter().filter(|mentor| mentor.offer.is_some()) {
            let within = quotas.get(&mentor.profile.organisation).copied();
            let whole = || add(places(mentor.places, mentor.load), within, Shared::Mentor);
            wholes.entry(mentor.id).or_insert_with(whole);
        }
        let group = |mentor: &&Mentor| wholes.get(&mentor.id).or_else(|| quotas.get(&mentor.profile.organisation)).copied();
        let of: Vec<Option<u32>> = mentors.iter().map(group).collect();
        Ok((instance.grouped(&of, &groups)?, shared))
    }

    fn quota(&self, organisation: OrganisationId) -> Option<Places> {
        let quota = self.admissions.get(&(self.round?, organisation))?.quota?;
        Some(places(quota, self.guided.get(&organisation).copied().unwrap_or_default()))
    }

    /// Whether any organisation prefers anybody.
    pub fn prefer(&self) -> bool {
        self.admissions.values().any(|admission| !admission.priorities.is_empty())
    }

    /// What the mentor's organisation prefers a student by: as a rank, and as part of the fit. Nothing if it does not.
    pub fn priority(&self, student: &Student, mentor: &Mentor) -> (i32, i64) {
        let round = student.round.or(self.round);
        let admission = round.and_then(|round| self.admissions.get(&(round, mentor.profile.organisation)));
        let Some(place) = admission.and_then(|admission| admission.place(student)) else { return (0, 0) };
        let place = i32::try_from(place).unwrap_or(HIGHEST);
        ((HIGHEST - place).max(1), (FIRST - i64::from(place) * STEP).max(STEP))
    }
}

pub fn places(capacity: i64, taken: i64) -> Places {
    Places { capacity: u32::try_from(capacity).unwrap_or_default(), taken: u32::try_from(taken).unwrap_or_default() }
}

impl Mentor {
    /// The places of the mentor, or of the project the mentor stands with.
    pub fn seats(&self) -> Places {
        self.offer.map_or_else(|| places(self.places, self.load), |offer| places(offer.capacity, offer.load))
    }

    /// The name of the mentor, or of the project.
    pub fn key(&self) -> (MentorId, Option<super::ProjectId>) {
        (self.id, self.offer.map(|offer| offer.project))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Admission, ClassId, Outline, Priority, Profile, ProgrammeId, ProjectId, ProjectState, Side, StudentState,
    };
    use kit::id::Id;
    use kit::macros::uuid::Uuid;

    fn id<T: Id>(n: u128) -> T {
        T::from_uuid(Uuid::from_u128(n))
    }

    fn mentor(n: u128, organisation: u128, capacity: i64) -> Mentor {
        let profile = Profile {
            person: id(100 + n),
            organisation: id(organisation),
            side: Side::Academic,
            capacity,
            chain: String::new(),
            programmes: Codes::default(),
            skills: Codes::new(["cnc".to_owned()]),
            place: String::new(),
            title: String::new(),
            years: 0,
            languages: Codes::default(),
        };
        Mentor::register(id(n), profile, 0)
    }

    fn project(n: u128, mentor: u128, state: ProjectState) -> Project {
        let outline = Outline { title: "t".to_owned(), capacity: 2, skills: Codes::new(["spinning".to_owned()]) };
        Project { id: id(n), version: 1, mentor: id(mentor), organisation: id(9), outline, load: 1, state }
    }

    fn student(class: u128, programme: u128) -> Student {
        Student {
            enrolment: id(1),
            class: id(class),
            order: id(2),
            person: id(3),
            school: id(9),
            enterprise: id(8),
            chain: String::new(),
            programme: id::<ProgrammeId>(programme).to_string(),
            skills: Codes::default(),
            place: String::new(),
            same_place: false,
            state: StudentState::Enrolled,
            round: None,
        }
    }

    fn admission(quota: Option<i64>) -> Admission {
        let priorities = vec![Priority::Programme(id::<ProgrammeId>(7)), Priority::Class(id::<ClassId>(5))];
        Admission::new(id(50), id(9), quota, priorities).unwrap()
    }

    #[test]
    fn a_mentor_stands_without_a_project_and_with_each_that_is_open() {
        let projects = vec![project(1, 20, ProjectState::Open), project(2, 20, ProjectState::Closed)];
        let stand = Offers::new(projects, vec![]).stand(vec![mentor(20, 9, 5), mentor(21, 9, 5)]);
        let keys: Vec<_> = stand.iter().map(Mentor::key).collect();
        assert_eq!(keys, [(id(20), Some(id::<ProjectId>(1))), (id(20), None), (id(21), None)]);
        assert_eq!((stand[0].seats(), stand[1].seats()), (places(2, 1), places(5, 0)));
        assert_eq!(stand[0].profile.skills.len(), 2, "those of the project beside the mentor's");
    }

    #[test]
    fn mentors_share_places_where_they_have_projects_or_a_quota_and_only_there() {
        let bound = |offers: Offers| {
            let stand = offers.stand(vec![mentor(20, 9, 5), mentor(21, 8, 5)]);
            let mentors: Vec<&Mentor> = stand.iter().collect();
            let seats = mentors.iter().map(|mentor| mentor.seats()).collect();
            offers.bind(Instance::new(0, seats, &[]).unwrap(), &mentors).unwrap()
        };
        let (none, shared) = bound(Offers::new(vec![], vec![admission(None)]).of_round(id(50), BTreeMap::new()));
        assert!(!none.has_groups() && shared.is_empty());
        let several = Offers::new(vec![], vec![admission(Some(4))]);
        assert!(!bound(several.clone()).0.has_groups(), "students of several rounds");
        let guided = BTreeMap::from([(id(9), 3)]);
        let offers = Offers::new(vec![project(1, 20, ProjectState::Open)], vec![admission(Some(4))]).of_round(id(50), guided);
        let (instance, shared) = bound(offers);
        assert_eq!(shared, [Shared::Organisation, Shared::Mentor]);
        let chain = |mentor| instance.chain(mentor).map(|holder| instance.free_of(holder)).collect::<Vec<_>>();
        // The project, the mentor, the quota of which three are guided already; the other mentor is nobody's.
        assert_eq!((chain(0), chain(1), chain(2)), (vec![1, 5, 1], vec![5, 5, 1], vec![5]));
    }

    #[test]
    fn priorities_count_in_their_order_and_below_every_ranking() {
        let offers = Offers::new(vec![], vec![admission(None)]).of_round(id(50), BTreeMap::new());
        let own = mentor(20, 9, 5);
        assert_eq!(offers.priority(&student(5, 7), &own), (50, 90));
        assert_eq!(offers.priority(&student(5, 1), &own), (49, 80));
        assert_eq!(offers.priority(&student(1, 1), &own), (0, 0));
        assert_eq!(offers.priority(&student(5, 7), &mentor(21, 8, 5)), (0, 0), "another organisation's");
        let elsewhere = Student { round: Some(id(51)), ..student(5, 7) };
        assert_eq!(offers.priority(&elsewhere, &own), (0, 0), "another round's");
    }
}
