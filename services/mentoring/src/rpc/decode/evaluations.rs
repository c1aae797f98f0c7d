//! Requests about terms, timetables, evaluations and reports.

use super::{BATCH, CODE, bounded, parse_etag, parse_word};
use crate::app::{
    CreateTerm, Evaluate, FindTimetable, ListEvaluations, ListGaps, ListHours, ListTerms, RefreshMentors, ReportCoverage,
    ReportLoad, Said, SetTimetable,
};
use crate::domain::{Days, Evaluator, Grouping, MentorId, Month, PairingId, TermId};
use crate::store::evaluation;
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_date, parse_date_optional, parse_text, parse_within, unknown_enum};
use proto::google::r#type::Date;
use proto::mentoring::v1 as pb;

/// Reads the first day and the day after the last one.
fn parse_days(start: Option<Date>, end: Option<Date>) -> Result<Days, Error> {
    let (start, end) = (parse_date("start_date", start)?, parse_date("end_date", end)?);
    Days::new(start, end).ok_or_else(|| {
        Error::invalid(
            "end_date",
            "DATE_ORDER",
            format!("`end_date` {end} is not after `start_date` {start}: it is the day after the last one"),
            format!("`end_date` {end} 应晚于 `start_date` {start}（为最后一日的次日）"),
        )
    })
}

impl TryFrom<pb::CreateTermRequest> for CreateTerm {
    type Error = Error;
    fn try_from(request: pb::CreateTermRequest) -> Result<Self, Error> {
        let term = request.term.ok_or_else(|| Error::required("term", "the term to make"))?;
        Ok(Self {
            code: parse_text("term.code", term.code, CODE)?,
            days: parse_days(term.start_date, term.end_date).map_err(|error| error.within("term"))?,
            evaluated_from: parse_date_optional("term.evaluation_date", term.evaluation_date)?,
        })
    }
}

impl TryFrom<pb::ListTermsRequest> for ListTerms {
    type Error = Error;
    fn try_from(request: pb::ListTermsRequest) -> Result<Self, Error> {
        Page::parse(request.page_size, &request.page_token).map(Self)
    }
}

impl TryFrom<pb::SetTimetableRequest> for SetTimetable {
    type Error = Error;
    fn try_from(request: pb::SetTimetableRequest) -> Result<Self, Error> {
        let given = request.timetable.unwrap_or_default();
        let capacity = |(at, one): (usize, pb::TermCapacity)| {
            let on = |field: &str| format!("timetable.capacities[{at}].{field}");
            let term = TermId::parse(&on("term"), &one.term)?;
            Ok((term, i64::from(parse_within(&on("capacity"), one.capacity, 0..=50, "students at once")?)))
        };
        let window = |(at, window): (usize, pb::Window)| {
            parse_days(window.start_date, window.end_date).map_err(|error| error.within(&format!("timetable.windows[{at}]")))
        };
        let capacities = bounded("timetable.capacities", given.capacities)?.into_iter().enumerate();
        let windows = bounded("timetable.windows", given.windows)?.into_iter().enumerate();
        Ok(Self {
            mentor: MentorId::parse("name", &request.name)?,
            capacities: capacities.map(capacity).collect::<Result<_, Error>>()?,
            windows: windows.map(window).collect::<Result<_, Error>>()?,
            etag: parse_etag(request.etag),
        })
    }
}

impl TryFrom<pb::GetTimetableRequest> for FindTimetable {
    type Error = Error;
    fn try_from(request: pb::GetTimetableRequest) -> Result<Self, Error> {
        MentorId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::RefreshMentorsRequest> for RefreshMentors {
    type Error = Error;
    fn try_from(_: pb::RefreshMentorsRequest) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl TryFrom<pb::BatchCreateEvaluationsRequest> for Evaluate {
    type Error = Error;
    fn try_from(request: pb::BatchCreateEvaluationsRequest) -> Result<Self, Error> {
        let evaluations = parse_batch("evaluations", request.evaluations, BATCH)?;
        let parse = |(at, said)| parse_said(&said).map_err(|error| error.within(&format!("evaluations[{at}]")));
        Ok(Self { evaluations: evaluations.into_iter().enumerate().map(parse).collect::<Result<_, _>>()? })
    }
}

fn parse_said(said: &pb::Evaluation) -> Result<Said, Error> {
    let expected = "EVALUATOR_STUDENT or EVALUATOR_MENTOR";
    let evaluator = parse_evaluator(said.evaluator)?.ok_or_else(|| Error::required("evaluator", expected))?;
    let points = |field: &str, score: i32| parse_within(field, score, 1..=100, "points").map(i64::from);
    let aspect = |(code, score): (&String, &i32)| {
        let aspect = parse_word("aspects", code, evaluator.aspects())?;
        Ok((aspect, points(&format!("aspects.{code}"), *score)?))
    };
    Ok(Said {
        pairing: PairingId::parse("pairing", &said.pairing)?,
        term: TermId::parse("term", &said.term)?,
        evaluator,
        score: points("score", said.score)?,
        aspects: said.aspects.iter().map(aspect).collect::<Result<_, Error>>()?,
    })
}

fn parse_evaluator(evaluator: i32) -> Result<Option<Evaluator>, Error> {
    Ok(match pb::Evaluator::try_from(evaluator) {
        Ok(pb::Evaluator::Unspecified) => None,
        Ok(pb::Evaluator::Student) => Some(Evaluator::Student),
        Ok(pb::Evaluator::Mentor) => Some(Evaluator::Mentor),
        Err(_) => return Err(unknown_enum("evaluator", evaluator)),
    })
}

impl TryFrom<pb::ListEvaluationsRequest> for ListEvaluations {
    type Error = Error;
    fn try_from(request: pb::ListEvaluationsRequest) -> Result<Self, Error> {
        let filter = evaluation::Filter {
            organisation: None,
            only_mentors: false,
            pairing: PairingId::parse_optional("pairing", &request.pairing)?,
            term: TermId::parse_optional("term", &request.term)?,
            mentor: MentorId::parse_optional("mentor", &request.mentor)?,
            evaluator: parse_evaluator(request.evaluator)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

fn parse_grouping(grouping: i32) -> Result<Grouping, Error> {
    Ok(match pb::Grouping::try_from(grouping) {
        Ok(pb::Grouping::School) => Grouping::School,
        Ok(pb::Grouping::Enterprise) => Grouping::Enterprise,
        Ok(pb::Grouping::Chain) => Grouping::Chain,
        Ok(pb::Grouping::Unspecified | pb::Grouping::City) => Grouping::City,
        Err(_) => return Err(unknown_enum("grouping", grouping)),
    })
}

/// Reads a month; `None` if it is left out.
fn parse_month_optional(text: &str) -> Result<Option<Month>, Error> {
    if text.is_empty() { Ok(None) } else { super::parse_month(text).map(Some) }
}

impl TryFrom<pb::ReportLoadRequest> for ReportLoad {
    type Error = Error;
    fn try_from(request: pb::ReportLoadRequest) -> Result<Self, Error> {
        parse_grouping(request.grouping).map(Self)
    }
}

impl TryFrom<pb::ReportCoverageRequest> for ReportCoverage {
    type Error = Error;
    fn try_from(request: pb::ReportCoverageRequest) -> Result<Self, Error> {
        Ok(Self { grouping: parse_grouping(request.grouping)?, month: parse_month_optional(&request.month)? })
    }
}

impl TryFrom<pb::ListGuidanceGapsRequest> for ListGaps {
    type Error = Error;
    fn try_from(request: pb::ListGuidanceGapsRequest) -> Result<Self, Error> {
        Ok(Self { month: parse_month_optional(&request.month)?, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ListMentorHoursRequest> for ListHours {
    type Error = Error;
    fn try_from(request: pb::ListMentorHoursRequest) -> Result<Self, Error> {
        let year = Some(request.year).filter(|year| *year != 0);
        let year = year.map(|year| parse_within("year", year, 2000..=2200, "years")).transpose()?;
        Ok(Self { year, page: Page::parse(request.page_size, &request.page_token)? })
    }
}
