//! From what is stored to answers.

mod evaluations;

use crate::app::{Explained, Listed, Offered, Parted, Ranked, Recorded, Registered, Settled};
use crate::domain::{
    Better, Month, ObjectionState, Objective, Obstacle, Other, PairingState, Part, ProjectState, Proof, Ranking, Reach,
    RematchState, RoundState, Weights,
};
use crate::store::{
    admission, conflict, evaluation, guidance, guidance_month, mentor, objection, pairing, project, proposal, ranking, rematch,
    report, round, run, term,
};
use kit::wire::{date, etag, timestamp};
use proto::mentoring::v1 as pb;
use std::collections::BTreeMap;

impl From<mentor::Stored> for pb::Mentor {
    fn from(stored: mentor::Stored) -> Self {
        let mentor = stored.mentor;
        let profile = mentor.profile;
        let state = pb::MentorState::from(mentor.state);
        Self {
            name: mentor.id.to_string(),
            person: profile.person.to_string(),
            organisation: profile.organisation.to_string(),
            side: pb::Side::from(profile.side).into(),
            capacity: small(profile.capacity),
            load: small(mentor.load),
            chain: profile.chain,
            skills: profile.skills.into_vec(),
            state: state.into(),
            etag: etag(mentor.version),
            create_time: Some(timestamp(stored.created_at)),
            programmes: profile.programmes.into_vec(),
            place: profile.place,
            places: small(mentor.places),
            title: profile.title,
            years: small(profile.years),
            languages: profile.languages.into_vec(),
            waivers: BTreeMap::new(),
            judgement: stored.judgement,
            available: mentor.available,
        }
    }
}

impl From<rematch::Stored> for pb::Rematch {
    fn from(stored: rematch::Stored) -> Self {
        let rematch = stored.rematch;
        let state = match rematch.state {
            RematchState::Waiting => pb::RematchState::Waiting,
            RematchState::Approved => pb::RematchState::Approved,
        };
        Self {
            name: rematch.id.to_string(),
            mentor: rematch.mentor.to_string(),
            reason: rematch.reason.to_string(),
            students: small(rematch.students),
            state: state.into(),
            create_time: Some(timestamp(stored.created_at)),
            approve_time: stored.approved_at.map(timestamp),
        }
    }
}

impl From<round::Stored> for pb::Round {
    fn from(stored: round::Stored) -> Self {
        let round = stored.round;
        let state = match round.state {
            RoundState::Open => pb::RoundState::Open,
            RoundState::Closed => pb::RoundState::Closed,
            RoundState::Publishing => pb::RoundState::Publishing,
            RoundState::Published => pb::RoundState::Published,
            RoundState::Final => pb::RoundState::Final,
        };
        let (mut class, mut classes, mut city) = (String::new(), Vec::new(), false);
        let (mut school, mut enterprise, mut chain) = (String::new(), String::new(), String::new());
        match round.reach {
            Reach::Class(one) => class = one.to_string(),
            Reach::Classes(several) => classes = several.iter().map(ToString::to_string).collect(),
            Reach::School(one) => school = one.to_string(),
            Reach::Enterprise(one) => enterprise = one.to_string(),
            Reach::Chain(one) => chain = one,
            Reach::City => city = true,
        }
        Self {
            name: round.id.to_string(),
            class,
            state: state.into(),
            students: small(round.outcome.students),
            matched_academic: small(round.outcome.matched_academic),
            matched_enterprise: small(round.outcome.matched_enterprise),
            total_fit: round.outcome.total_fit,
            etag: etag(round.version),
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
            place: round.place,
            run: round.run.map(|run| run.to_string()).unwrap_or_default(),
            same_place: round.same_place,
            objection_days: small(round.objection_days),
            objection_end_date: round.objections_until.map(date),
            classes,
            school,
            enterprise,
            chain,
            city,
            candidates: small(round.candidates),
        }
    }
}

impl From<proposal::Line> for pb::Proposal {
    fn from(line: proposal::Line) -> Self {
        let proposal = line.proposal;
        Self {
            enrolment: proposal.enrolment_id.to_string(),
            student: line.person_id.to_string(),
            side: pb::Side::from(proposal.side).into(),
            mentor: proposal.mentor_id.map(|mentor| mentor.to_string()).unwrap_or_default(),
            fit: small(proposal.fit),
            name: proposal.proposal_id.to_string(),
            project: proposal.project_id.map(|project| project.to_string()).unwrap_or_default(),
        }
    }
}

impl From<Explained> for pb::Explanation {
    fn from(explained: Explained) -> Self {
        let because = explained.because;
        let part = |part: Part| pb::FitPart { part: part.part, score: small(part.score), weight: small(part.weight) };
        let better = |better: Better| pb::BetterChoice {
            mentor: better.mentor,
            fit: small(better.fit),
            obstacle: match better.obstacle {
                Obstacle::Outranked => pb::Obstacle::Outranked,
                Obstacle::Taken => pb::Obstacle::Taken,
                Obstacle::Excluded => pb::Obstacle::Excluded,
                Obstacle::Incompatible => pb::Obstacle::Incompatible,
                Obstacle::ProjectFull => pb::Obstacle::ProjectFull,
                Obstacle::Quota => pb::Obstacle::Quota,
            }
            .into(),
            project: better.project.unwrap_or_default(),
        };
        Self {
            proposal: Some(explained.line.into()),
            parts: because.parts.into_iter().map(part).collect(),
            better: because.better.into_iter().map(better).collect(),
        }
    }
}

impl From<run::Run> for pb::Run {
    fn from(run: run::Run) -> Self {
        let objective = match run.objective {
            Objective::Optimal => pb::Objective::Optimal,
            Objective::Stable => pb::Objective::Stable,
        };
        let proof = match run.proof {
            Proof::Certified => pb::Proof::Certified,
            Proof::Bounded => pb::Proof::Bounded,
        };
        Self {
            name: run.run_id.to_string(),
            round: run.round_id.to_string(),
            objective: objective.into(),
            weights_version: small(run.weights_version),
            students: small(run.students),
            matched_academic: small(run.matched_academic),
            matched_enterprise: small(run.matched_enterprise),
            total_fit: run.total_fit,
            bound_matched: small(run.bound_matched),
            bound_total_fit: run.bound_total_fit,
            blocking_pairs: small(run.blocking_pairs),
            proof: proof.into(),
            create_time: Some(timestamp(run.created_at)),
        }
    }
}

impl From<ranking::Stored> for pb::Ranking {
    fn from(stored: ranking::Stored) -> Self {
        let (author, ranked, excluded) = match stored.ranking {
            Ranking::OfStudent(author, order) => (author.to_string(), names(&order.ranked), names(&order.excluded)),
            Ranking::OfMentor(author, order) => (author.to_string(), names(&order.ranked), names(&order.excluded)),
        };
        Self { author, ranked, excluded, update_time: Some(timestamp(stored.updated_at)) }
    }
}

fn names<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

impl From<objection::Stored> for pb::Objection {
    fn from(stored: objection::Stored) -> Self {
        let objection = stored.objection;
        let state = match objection.state {
            ObjectionState::Open => pb::ObjectionState::Open,
            ObjectionState::Upheld => pb::ObjectionState::Upheld,
            ObjectionState::Dismissed => pb::ObjectionState::Dismissed,
        };
        Self {
            name: objection.id.to_string(),
            pairing: objection.pairing.to_string(),
            ground: objection.ground.to_string(),
            state: state.into(),
            create_time: Some(timestamp(stored.created_at)),
            decide_time: stored.decided_at.map(timestamp),
            round: objection.round.to_string(),
        }
    }
}

impl From<project::Stored> for pb::Project {
    fn from(stored: project::Stored) -> Self {
        let project = stored.project;
        let state = match project.state {
            ProjectState::Open => pb::ProjectState::Open,
            ProjectState::Closed => pb::ProjectState::Closed,
        };
        Self {
            name: project.id.to_string(),
            mentor: project.mentor.to_string(),
            title: project.outline.title,
            capacity: small(project.outline.capacity),
            skills: project.outline.skills.into_vec(),
            load: small(project.load),
            state: state.into(),
            organisation: project.organisation.to_string(),
            etag: etag(project.version),
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<admission::Stored> for pb::Admission {
    fn from(stored: admission::Stored) -> Self {
        let admission = stored.admission;
        Self {
            organisation: admission.organisation.to_string(),
            quota: admission.quota.map(small),
            priorities: names(&admission.priorities),
            update_time: Some(timestamp(stored.updated_at)),
        }
    }
}

impl From<conflict::Stored> for pb::Conflict {
    fn from(stored: conflict::Stored) -> Self {
        let conflict = stored.conflict;
        let other = match conflict.other {
            Other::Person(person) => person.to_string(),
            Other::Mentor(mentor) => mentor.to_string(),
        };
        Self {
            name: conflict.id.to_string(),
            mentor: conflict.mentor.to_string(),
            other,
            ground: conflict.ground.to_string(),
            create_time: Some(timestamp(stored.created_at)),
            withdraw_time: stored.withdrawn_at.map(timestamp),
        }
    }
}

impl From<Weights> for pb::Weights {
    fn from(weights: Weights) -> Self {
        Self {
            version: small(weights.version),
            organisation: small(weights.organisation),
            programme: small(weights.programme),
            chain: small(weights.chain),
            place: small(weights.place),
            skills: small(weights.skills),
            spare: small(weights.spare),
            student_rank: small(weights.student_rank),
            mentor_rank: small(weights.mentor_rank),
            continuity: small(weights.continuity),
        }
    }
}

impl From<pairing::Stored> for pb::Pairing {
    fn from(stored: pairing::Stored) -> Self {
        let pairing = stored.pairing;
        let state = match pairing.state {
            PairingState::Active => pb::PairingState::Active,
            PairingState::Vacant => pb::PairingState::Vacant,
            PairingState::Ended => pb::PairingState::Ended,
        };
        Self {
            name: pairing.id.to_string(),
            enrolment: pairing.enrolment.to_string(),
            student: pairing.student.to_string(),
            side: pb::Side::from(pairing.side).into(),
            mentor: pairing.guide.map(|guide| guide.mentor.to_string()).unwrap_or_default(),
            fit: small(pairing.fit),
            state: state.into(),
            create_time: Some(timestamp(stored.created_at)),
            class: pairing.class.to_string(),
            round: pairing.round.to_string(),
            start_date: pairing.guide.map(|guide| date(guide.since)),
            end_date: pairing.end.map(|(on, _)| date(on)),
            project: pairing.guide.and_then(|guide| guide.project).map(|project| project.to_string()).unwrap_or_default(),
        }
    }
}

impl From<guidance::Stored> for pb::GuidanceRecord {
    fn from(stored: guidance::Stored) -> Self {
        let guidance = stored.guidance;
        Self {
            name: stored.id.to_string(),
            pairing: guidance.pairing.to_string(),
            date: Some(date(guidance.on)),
            minutes: guidance.minutes,
            kind: guidance.kind.to_string(),
            create_time: Some(timestamp(stored.created_at)),
            withdraw_time: stored.withdrawn_at.map(timestamp),
        }
    }
}

impl From<guidance_month::Confirmed> for pb::GuidanceMonth {
    fn from(month: guidance_month::Confirmed) -> Self {
        Self {
            name: month.guidance_month_id.to_string(),
            pairing: month.pairing_id.to_string(),
            month: Month::of(month.first_day).to_string(),
            records: small(month.records),
            minutes: small(month.minutes),
            waivers: BTreeMap::new(),
            judgement: month.judgement,
            confirm_time: Some(timestamp(month.confirmed_at)),
        }
    }
}

impl From<Settled> for pb::BatchConfirmGuidanceResponse {
    fn from(months: Settled) -> Self {
        Self { guidance_months: months.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Registered> for pb::BatchCreateMentorsResponse {
    fn from(mentors: Registered) -> Self {
        Self { mentors: mentors.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Recorded> for pb::BatchCreateGuidanceRecordsResponse {
    fn from(records: Recorded) -> Self {
        Self { guidance_records: records.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Ranked> for pb::BatchSetRankingsResponse {
    fn from(rankings: Ranked) -> Self {
        Self { rankings: rankings.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Offered> for pb::BatchCreateProjectsResponse {
    fn from(projects: Offered) -> Self {
        Self { projects: projects.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Parted> for pb::BatchCreateConflictsResponse {
    fn from(conflicts: Parted) -> Self {
        Self { conflicts: conflicts.0.into_iter().map(Into::into).collect() }
    }
}

macro_rules! pages {
    ($($row:ty => $response:ident, $field:ident;)+) => {$(
        impl From<Listed<$row>> for pb::$response {
            fn from(listed: Listed<$row>) -> Self {
                Self { $field: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
            }
        }
    )+};
}

pages! {
    mentor::Stored => ListMentorsResponse, mentors;
    round::Stored => ListRoundsResponse, rounds;
    ranking::Stored => ListRankingsResponse, rankings;
    run::Run => ListRunsResponse, runs;
    project::Stored => ListProjectsResponse, projects;
    admission::Stored => ListAdmissionsResponse, admissions;
    proposal::Line => ListProposalsResponse, proposals;
    objection::Stored => ListObjectionsResponse, objections;
    conflict::Stored => ListConflictsResponse, conflicts;
    Weights => ListWeightsResponse, weights;
    rematch::Stored => ListRematchesResponse, rematches;
    pairing::Stored => ListPairingsResponse, pairings;
    guidance::Stored => ListGuidanceRecordsResponse, guidance_records;
    guidance_month::Confirmed => ListGuidanceMonthsResponse, guidance_months;
    term::Stored => ListTermsResponse, terms;
    evaluation::Stored => ListEvaluationsResponse, evaluations;
    report::OfPairing => ListGuidanceGapsResponse, guidance_gaps;
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
