//! Terms, timetables, evaluations and reports.

use super::small;
use crate::app::{Coverage, CoverageReport, Evaluated, LoadReport, Planned, Refreshed, YearHours};
use crate::domain::{Evaluator, Grouping, OrganisationId, percent};
use crate::store::{evaluation, report, term};
use kit::id::Id;
use kit::macros::uuid::Uuid;
use kit::wire::{date, timestamp};
use proto::mentoring::v1 as pb;

impl From<term::Stored> for pb::Term {
    fn from(stored: term::Stored) -> Self {
        let term = stored.term;
        Self {
            name: term.id.to_string(),
            code: term.code,
            start_date: Some(date(term.days.start)),
            end_date: Some(date(term.days.end)),
            evaluation_date: Some(date(term.evaluated_from)),
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<Planned> for pb::Timetable {
    fn from(planned: Planned) -> Self {
        let timetable = planned.timetable;
        let capacities = timetable.capacities().iter();
        let windows = timetable.windows().iter();
        Self {
            name: planned.mentor.to_string(),
            capacities: capacities
                .map(|one| pb::TermCapacity { term: one.term.to_string(), capacity: small(one.capacity) })
                .collect(),
            windows: windows
                .map(|days| pb::Window { start_date: Some(date(days.start)), end_date: Some(date(days.end)) })
                .collect(),
            next_date: planned.next.map(date),
        }
    }
}

impl From<Refreshed> for pb::RefreshMentorsResponse {
    fn from(refreshed: Refreshed) -> Self {
        Self { mentors: i32::try_from(refreshed.0).unwrap_or(i32::MAX) }
    }
}

impl From<Evaluator> for pb::Evaluator {
    fn from(evaluator: Evaluator) -> Self {
        match evaluator {
            Evaluator::Student => Self::Student,
            Evaluator::Mentor => Self::Mentor,
        }
    }
}

impl From<evaluation::Stored> for pb::Evaluation {
    fn from(stored: evaluation::Stored) -> Self {
        let evaluation = stored.evaluation;
        Self {
            name: evaluation.id.to_string(),
            pairing: evaluation.pairing.to_string(),
            term: evaluation.term.to_string(),
            evaluator: pb::Evaluator::from(evaluation.evaluator).into(),
            score: small(evaluation.score),
            aspects: evaluation.aspects.into_iter().map(|(code, score)| (code.to_string(), small(score))).collect(),
            shared: stored.shared,
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
        }
    }
}

impl From<Evaluated> for pb::BatchCreateEvaluationsResponse {
    fn from(evaluations: Evaluated) -> Self {
        Self { evaluations: evaluations.0.into_iter().map(Into::into).collect() }
    }
}

/// What a line is of, as the API names it.
fn group(grouping: Grouping, key: &str) -> String {
    match grouping {
        Grouping::School | Grouping::Enterprise => {
            Uuid::try_parse(key).map(|id| OrganisationId::from_uuid(id).to_string()).unwrap_or_default()
        }
        Grouping::Chain | Grouping::City => key.to_owned(),
    }
}

fn load_line(group: String, load: &report::Load) -> pb::LoadLine {
    pb::LoadLine {
        group,
        side: pb::Side::from(load.side).into(),
        mentors: small(load.mentors),
        suspended: small(load.suspended),
        full: small(load.full_up),
        idle: small(load.idle),
        places: small(load.places),
        load: small(load.load),
        load_rate_percent: small(percent(load.load, load.places)),
        year_minutes: load.year_minutes,
    }
}

impl From<LoadReport> for pb::LoadReport {
    fn from(report: LoadReport) -> Self {
        let line = |load: &report::Load| load_line(group(report.grouping, &load.grouped_by), load);
        Self {
            lines: report.lines.iter().map(line).collect(),
            totals: report.totals.iter().map(|load| load_line(String::new(), load)).collect(),
        }
    }
}

fn coverage_line(group: String, line: &Coverage) -> pb::CoverageLine {
    pb::CoverageLine {
        group,
        students: small(line.students),
        with_both: small(line.with_both),
        with_one: small(line.with_one),
        with_none: small(line.with_none),
        mentored: small(line.mentored),
        unguided: small(line.unguided),
        pairings: small(line.pairings),
        short: small(line.short),
        minutes: line.minutes,
        confirmed_minutes: line.confirmed,
        confirmed_percent: small(line.confirmed_percent()),
    }
}

impl From<CoverageReport> for pb::CoverageReport {
    fn from(report: CoverageReport) -> Self {
        let lines = report.lines.iter();
        Self {
            month: report.month.to_string(),
            lines: lines.map(|(key, line)| coverage_line(group(report.grouping, key), line)).collect(),
            total: Some(coverage_line(String::new(), &report.total)),
        }
    }
}

impl From<report::OfPairing> for pb::GuidanceGap {
    fn from(gap: report::OfPairing) -> Self {
        Self {
            pairing: gap.pairing_id.to_string(),
            student: gap.person_id.to_string(),
            mentor: gap.mentor_id.to_string(),
            side: pb::Side::from(gap.side).into(),
            records: small(gap.records),
            minutes: small(gap.minutes),
        }
    }
}

impl From<YearHours> for pb::ListMentorHoursResponse {
    fn from(hours: YearHours) -> Self {
        let line = |row: report::Hours| pb::MentorHours {
            mentor: row.mentor_id.to_string(),
            person: row.person_id.to_string(),
            organisation: row.organisation_id.to_string(),
            side: pb::Side::from(row.side).into(),
            minutes: small(row.minutes),
            confirmed_minutes: small(row.confirmed),
            left_minutes: hours.most.map(|most| small((most - row.minutes).max(0))),
        };
        Self {
            mentor_hours: hours.listed.rows.into_iter().map(line).collect(),
            next_page_token: hours.listed.next,
            most_minutes: hours.most.map(small),
        }
    }
}
