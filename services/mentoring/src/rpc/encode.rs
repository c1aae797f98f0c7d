//! From what is stored to answers.

use crate::app::{Listed, Recorded, Registered};
use crate::domain::{MentorState, PairingState, RoundState};
use crate::store::{guidance, mentor, pairing, proposal, round};
use kit::wire::{date, etag, timestamp};
use proto::mentoring::v1 as pb;

impl From<mentor::Stored> for pb::Mentor {
    fn from(stored: mentor::Stored) -> Self {
        let mentor = stored.mentor;
        let profile = mentor.profile;
        let state = match mentor.state {
            MentorState::Active => pb::MentorState::Active,
            MentorState::Closed => pb::MentorState::Closed,
        };
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
        }
    }
}

impl From<round::Stored> for pb::Round {
    fn from(stored: round::Stored) -> Self {
        let round = stored.round;
        let state = match round.state {
            RoundState::Open => pb::RoundState::Open,
            RoundState::Solved => pb::RoundState::Solved,
            RoundState::Published => pb::RoundState::Published,
        };
        Self {
            name: round.id.to_string(),
            class: round.class.to_string(),
            state: state.into(),
            students: small(round.outcome.students),
            matched_academic: small(round.outcome.matched_academic),
            matched_enterprise: small(round.outcome.matched_enterprise),
            total_fit: round.outcome.total_fit,
            etag: etag(round.version),
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
            place: round.place,
            weights_version: small(round.weights.unwrap_or_default()),
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
        }
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
    proposal::Line => ListProposalsResponse, proposals;
    pairing::Stored => ListPairingsResponse, pairings;
    guidance::Stored => ListGuidanceRecordsResponse, guidance_records;
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
