//! The tax offset through the API: filed, confirmed by a second person, corrected, and run through the years, on both engines.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod town;

use kit::auth::Role;
use kit::db::{Lane, args, statements};
use proto::directory::v1 as directory;
use proto::subsidy::v1 as pb;
use testkit::Who;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use town::{Client, ENTERPRISE, OTHER_ENTERPRISE, SCHOOL, Town, fen, reason};

statements! {
    TOLD = "SELECT kind FROM outbox WHERE kind LIKE '%offset-year%' ORDER BY kind";
}

fn document(code: &str) -> pb::Evidence {
    pb::Evidence { code: code.into(), sha256: "5e".repeat(32), place: "档案室 3 号柜".into() }
}

fn filing(enterprise: &str, year: i32, investment: i64, surcharges: i64) -> pb::FileOffsetYearRequest {
    pb::FileOffsetYearRequest {
        enterprise: enterprise.into(),
        year,
        investment: fen(investment),
        surcharges: fen(surcharges),
        evidence: vec![document("published-list"), document("investment-statement")],
    }
}

impl Town {
    /// Two enterprises, the first of which the directory has on the published list, and a school.
    async fn with_offsets() -> Vec<Self> {
        let towns = Self::both().await;
        for town in &towns {
            town.organisations().await;
            let kind = directory::OrganisationKind::Enterprise.into();
            let listed = directory::OrganisationRegistered {
                organisation: ENTERPRISE.into(),
                kind,
                integration_listed: true,
                ..Default::default()
            };
            town.sandbox.arrive(ENTERPRISE, 2, &listed).await;
        }
        towns
    }

    fn stranger(&self) -> Client {
        self.as_who(&Who::new("clerk@elsewhere", Some(OTHER_ENTERPRISE), &[Role::Enterprise]))
    }

    async fn file_year(&self, request: pb::FileOffsetYearRequest) -> Result<pb::OffsetYear, Status> {
        Ok(self.bureau().file_offset_year(request).await?.into_inner())
    }

    async fn confirm(&self, mut who: Client, year: &pb::OffsetYear, listed: bool, note: &str) -> Result<pb::OffsetYear, Status> {
        let request = pb::ConfirmOffsetYearRequest {
            name: year.name.clone(),
            revision: year.revision,
            integration_listed: Some(listed),
            note: note.into(),
        };
        Ok(who.confirm_offset_year(request).await?.into_inner())
    }

    async fn give_back(&self, mut who: Client, year: &pb::OffsetYear) -> Result<pb::OffsetYear, Status> {
        let reason = "the statement lacks the auditor's mark".to_owned();
        let request = pb::ReturnOffsetYearRequest { name: year.name.clone(), revision: year.revision, reason };
        Ok(who.return_offset_year(request).await?.into_inner())
    }

    /// Filed by the bureau, confirmed by finance as the directory has it.
    async fn confirmed(&self, enterprise: &str, year: i32, investment: i64, surcharges: i64) -> pb::OffsetYear {
        let filed = self.file_year(filing(enterprise, year, investment, surcharges)).await.unwrap();
        let (listed, note) = if enterprise == ENTERPRISE { (true, "") } else { (true, "豫教〔2020〕8号") };
        self.confirm(self.officer(), &filed, listed, note).await.unwrap()
    }

    async fn statement(&self, mut who: Client, enterprise: &str, year: i32) -> Result<pb::OffsetStatement, Status> {
        let request = pb::GetOffsetStatementRequest { enterprise: enterprise.into(), year };
        Ok(who.get_offset_statement(request).await?.into_inner())
    }

    async fn statements(&self, mut who: Client, year: i32) -> Vec<pb::OffsetStatement> {
        let mut request = pb::ListOffsetStatementsRequest { year, page_size: 1, ..Default::default() };
        let mut all = Vec::new();
        loop {
            let page = who.list_offset_statements(request.clone()).await.unwrap().into_inner();
            all.extend(page.offset_statements);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    async fn years(&self, mut who: Client, request: pb::ListOffsetYearsRequest) -> Vec<pb::OffsetYear> {
        who.list_offset_years(request).await.unwrap().into_inner().offset_years
    }

    async fn year(&self, mut who: Client, name: &str) -> Result<pb::OffsetYear, Status> {
        Ok(who.get_offset_year(pb::GetOffsetYearRequest { name: name.into() }).await?.into_inner())
    }

    async fn kinds_told(&self) -> Vec<String> {
        let mut tx = self.sandbox.test.db.read(Lane::Request).await.unwrap();
        let rows: Vec<(String,)> = tx.fetch_all(TOLD, args![]).await.unwrap();
        rows.into_iter().map(|row| row.0.rsplit('.').nth(1).unwrap().to_owned()).collect()
    }
}

/// Brought, credit, used, carried.
fn figures(statement: &pb::OffsetStatement) -> [i64; 4] {
    let of = |amount: Option<proto::common::v1::Money>| amount.unwrap().fen;
    [of(statement.brought), of(statement.credit), of(statement.used), of(statement.carried)]
}

fn field(status: &Status) -> String {
    status.get_details_error_info().unwrap().metadata["field"].clone()
}

#[tokio::test]
async fn a_year_counts_once_a_second_person_has_confirmed_it_and_says_what_each_figure_comes_from() {
    for town in Town::with_offsets().await {
        let filed = town.clerk().file_offset_year(filing(ENTERPRISE, 2024, 100_000_000, 20_000_000)).await.unwrap().into_inner();
        assert_eq!((filed.state(), filed.revision, filed.confirmed_revision), (pb::OffsetState::Filed, 1, 0));
        assert_eq!(
            filed.filings[0].evidence.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(),
            ["investment-statement", "published-list"]
        );
        let early = town.statement(town.clerk(), ENTERPRISE, 2024).await.unwrap_err();
        assert_eq!(early.code(), Code::NotFound, "nothing is confirmed yet");

        let confirmed = town.confirm(town.officer(), &filed, true, "").await.unwrap();
        assert_eq!((confirmed.state(), confirmed.confirmed_revision), (pb::OffsetState::Confirmed, 1));
        let decided = &confirmed.filings[0];
        assert_eq!((decided.filed_by.as_str(), decided.decided_by.as_str()), ("clerk@factory", "officer@finance"));
        town.confirmed(ENTERPRISE, 2025, 10_000_000, 4_000_000).await;

        let statement = town.statement(town.clerk(), ENTERPRISE, 2025).await.unwrap();
        assert_eq!(figures(&statement), [10_000_000, 3_000_000, 4_000_000, 9_000_000]);
        let first = &statement.years[0];
        assert_eq!((first.year, first.revision, &first.offset_year), (2024, 1, &filed.name));
        assert_eq!((first.investment, first.surcharges), (fen(100_000_000), fen(20_000_000)));
        assert_eq!((first.scheme.as_str(), first.scheme_version, first.scheme_digest.len()), ("schemes/tax-offset", 1, 64));
        assert_eq!((first.credit, first.used, first.carried), (fen(30_000_000), fen(20_000_000), fen(10_000_000)));
        assert_eq!((statement.years.len(), statement.years[1].brought), (2, first.carried));
        let waiting = town.statement(town.bureau(), ENTERPRISE, 2030).await.unwrap();
        assert_eq!(figures(&waiting), [9_000_000, 0, 0, 9_000_000], "a year nothing was filed for leaves the rest");
        assert_eq!(town.kinds_told().await, ["confirmed", "confirmed", "filed", "filed"]);
        town.verify().await;
    }
}

#[tokio::test]
async fn the_order_in_which_years_are_confirmed_does_not_matter_and_a_correction_runs_through_the_later_years() {
    for town in Town::with_offsets().await {
        let years = [(2022, 90_000_000, 10_000_000), (2023, 0, 8_000_000), (2025, 20_000_000, 30_000_000)];
        for (year, investment, surcharges) in years {
            town.confirmed(ENTERPRISE, year, investment, surcharges).await;
        }
        for (year, investment, surcharges) in [years[1], years[2], years[0]] {
            town.confirmed(OTHER_ENTERPRISE, year, investment, surcharges).await;
        }
        for (year, expected) in [
            (2022, [0, 27_000_000, 10_000_000, 17_000_000]),
            (2023, [17_000_000, 0, 8_000_000, 9_000_000]),
            (2025, [9_000_000, 6_000_000, 15_000_000, 0]),
        ] {
            for enterprise in [ENTERPRISE, OTHER_ENTERPRISE] {
                let statement = town.statement(town.bureau(), enterprise, year).await.unwrap();
                assert_eq!(figures(&statement), expected, "{enterprise} {year} on {}", town.sandbox.test.engine);
            }
        }
        let carried = |kinds: Vec<String>| kinds.into_iter().filter(|kind| kind == "carried").count();
        assert_eq!(carried(town.kinds_told().await), 2, "2023 and 2025 of the one whose 2022 came last");

        // Too much was filed for 2022. What is confirmed stands until the correction is.
        let corrected = town.file_year(filing(ENTERPRISE, 2022, 60_000_000, 10_000_000)).await.unwrap();
        assert_eq!((corrected.state(), corrected.revision, corrected.confirmed_revision), (pb::OffsetState::Filed, 2, 1));
        assert_eq!(
            figures(&town.statement(town.bureau(), ENTERPRISE, 2025).await.unwrap()),
            [9_000_000, 6_000_000, 15_000_000, 0]
        );
        town.verify().await;
        town.confirm(town.officer(), &corrected, true, "").await.unwrap();
        let statement = town.statement(town.bureau(), ENTERPRISE, 2025).await.unwrap();
        assert_eq!(figures(&statement), [0, 6_000_000, 6_000_000, 0]);
        assert_eq!(
            statement.years.iter().map(|year| (year.year, year.revision)).collect::<Vec<_>>(),
            [(2022, 2), (2023, 1), (2025, 1)]
        );
        let all = town.year(town.bureau(), &corrected.name).await.unwrap();
        let filings: Vec<_> = all.filings.iter().map(|one| (one.revision, one.investment, one.decision())).collect();
        let stood = pb::OffsetState::Confirmed;
        assert_eq!(filings, [(1, fen(90_000_000), stood), (2, fen(60_000_000), stood)], "the first is still there");
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_given_back_is_filed_again_and_what_stood_stands() {
    for town in Town::with_offsets().await {
        let filed = town.file_year(filing(ENTERPRISE, 2025, 100, 10)).await.unwrap();
        let given_back = town.give_back(town.officer(), &filed).await.unwrap();
        let verdict = (given_back.state(), given_back.confirmed_revision, given_back.filings[0].reason.as_str());
        assert_eq!(verdict, (pb::OffsetState::Returned, 0, "the statement lacks the auditor's mark"));
        assert_eq!(town.statement(town.bureau(), ENTERPRISE, 2025).await.unwrap_err().code(), Code::NotFound);
        town.confirmed(ENTERPRISE, 2025, 200, 10).await;
        let third = town.file_year(filing(ENTERPRISE, 2025, 300, 10)).await.unwrap();
        let third = town.give_back(town.officer(), &third).await.unwrap();
        assert_eq!((third.state(), third.revision, third.confirmed_revision), (pb::OffsetState::Returned, 3, 2));
        assert_eq!(figures(&town.statement(town.bureau(), ENTERPRISE, 2025).await.unwrap()), [0, 60, 10, 50]);

        let returned = pb::ListOffsetYearsRequest { state: pb::OffsetState::Returned.into(), ..Default::default() };
        let listed = town.years(town.officer(), returned.clone()).await;
        assert_eq!((listed.len(), listed[0].filings.len(), listed[0].filings[0].revision), (1, 1, 3), "the latest alone");
        let other = pb::ListOffsetYearsRequest { year: 2024, ..returned };
        assert!(town.years(town.officer(), other).await.is_empty());
        town.verify().await;
    }
}

#[tokio::test]
async fn nobody_decides_about_their_own_filing_or_about_another_than_they_looked_at() {
    for town in Town::with_offsets().await {
        let engine = town.sandbox.test.engine;
        let filed = town.file_year(filing(ENTERPRISE, 2025, 100, 10)).await.unwrap();
        for own in [town.confirm(town.bureau(), &filed, true, "").await, town.give_back(town.bureau(), &filed).await] {
            let own = own.unwrap_err();
            assert_eq!((own.code(), reason(&own)), (Code::FailedPrecondition, "FOUR_EYES".into()), "{engine}");
        }
        let again = town.file_year(filing(ENTERPRISE, 2025, 200, 10)).await.unwrap();
        let stale = town.confirm(town.officer(), &filed, true, "").await.unwrap_err();
        assert_eq!(reason(&stale), "FILING_REPLACED", "{engine}");
        town.confirm(town.officer(), &again, true, "").await.unwrap();
        for late in [town.confirm(town.officer(), &again, true, "").await, town.give_back(town.officer(), &again).await] {
            assert_eq!(reason(&late.unwrap_err()), "FILING_DECIDED", "{engine}");
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn who_confirms_says_whether_the_enterprise_was_listed_and_why_where_the_directory_says_otherwise() {
    for town in Town::with_offsets().await {
        let filed = town.file_year(filing(ENTERPRISE, 2025, 100, 10)).await.unwrap();
        let unsaid = pb::ConfirmOffsetYearRequest { name: filed.name.clone(), revision: 1, ..Default::default() };
        let unsaid = town.officer().confirm_offset_year(unsaid).await.unwrap_err();
        assert_eq!((field(&unsaid), reason(&unsaid)), ("integration_listed".into(), "REQUIRED".into()));
        let unexplained = town.confirm(town.officer(), &filed, false, "").await.unwrap_err();
        assert_eq!((unexplained.code(), reason(&unexplained)), (Code::FailedPrecondition, "LISTING_DIFFERS".into()));
        let off = town.confirm(town.officer(), &filed, false, "taken off the list in 2024").await.unwrap();
        assert_eq!(off.filings[0].reason, "taken off the list in 2024");
        let statement = town.statement(town.bureau(), ENTERPRISE, 2025).await.unwrap();
        assert_eq!((figures(&statement), statement.years[0].integration_listed), ([0, 0, 0, 0], false));
        let other = town.file_year(filing(OTHER_ENTERPRISE, 2025, 100, 10)).await.unwrap();
        assert_eq!(reason(&town.confirm(town.officer(), &other, true, "").await.unwrap_err()), "LISTING_DIFFERS");
        town.confirm(town.officer(), &other, true, "豫教〔2020〕8号").await.unwrap();
        assert_eq!(figures(&town.statement(town.bureau(), OTHER_ENTERPRISE, 2025).await.unwrap()), [0, 30, 10, 20]);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_cannot_be_filed_is_refused_and_leaves_nothing() {
    for town in Town::with_offsets().await {
        let engine = town.sandbox.test.engine;
        let good = filing(ENTERPRISE, 2025, 100, 10);
        let unknown = "organisations/00000000-0000-7000-8000-00000000000f";
        let mut cases = vec![
            (filing(SCHOOL, 2025, 100, 10), "NOT_AN_ENTERPRISE"),
            (filing(unknown, 2025, 100, 10), "NOT_AN_ENTERPRISE"),
            (filing(ENTERPRISE, 2026, 100, 10), "YEAR_NOT_OVER"),
            (filing(ENTERPRISE, 2018, 100, 10), "OFFSET_NOT_IN_FORCE"),
            (filing(ENTERPRISE, 1999, 100, 10), "OUT_OF_RANGE"),
            (pb::FileOffsetYearRequest { evidence: vec![], ..good.clone() }, "EVIDENCE_MISSING"),
            (pb::FileOffsetYearRequest { evidence: vec![document("published-list")], ..good.clone() }, "EVIDENCE_MISSING"),
            (pb::FileOffsetYearRequest { investment: None, ..good.clone() }, "REQUIRED"),
        ];
        let mut unasked = good.clone();
        unasked.evidence.push(document("photo"));
        cases.push((unasked, "EVIDENCE_UNASKED"));
        for (request, expected) in cases {
            let refused = town.file_year(request.clone()).await.unwrap_err();
            assert_eq!(reason(&refused), expected, "{request:?} on {engine}");
        }
        let missing = pb::FileOffsetYearRequest { evidence: vec![], ..good.clone() };
        let missing = town.file_year(missing).await.unwrap_err();
        assert!(missing.message().ends_with("without investment-statement, published-list"), "{}", missing.message());
        assert!(town.years(town.bureau(), pb::ListOffsetYearsRequest::default()).await.is_empty());

        // Half past midnight of 1 January in Shanghai, which is the year before in UTC.
        let wanted: chrono::DateTime<chrono::Utc> = "2026-12-31T16:30:00Z".parse().unwrap();
        town.sandbox.clock.advance(wanted - town.now());
        town.file_year(filing(ENTERPRISE, 2026, 0, 0)).await.unwrap();
    }
}

#[tokio::test]
async fn an_enterprise_sees_and_files_its_own_alone() {
    for town in Town::with_offsets().await {
        let own = town.confirmed(ENTERPRISE, 2024, 100, 10).await;
        town.confirmed(OTHER_ENTERPRISE, 2025, 1000, 10).await;
        let foreign = town.stranger().file_offset_year(filing(ENTERPRISE, 2025, 1, 1)).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound);
        assert_eq!(town.year(town.stranger(), &own.name).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(town.statement(town.stranger(), ENTERPRISE, 2025).await.unwrap_err().code(), Code::NotFound);
        let all = town.statements(town.bureau(), 2025).await;
        let rows: Vec<_> = all.iter().map(|one| (one.enterprise.as_str(), figures(one), one.years.len())).collect();
        assert_eq!(rows, [(ENTERPRISE, [20, 0, 0, 20], 1), (OTHER_ENTERPRISE, [0, 300, 10, 290], 1)]);
        assert_eq!(town.statements(town.clerk(), 2025).await, all[..1]);
        assert_eq!(town.statements(town.stranger(), 2025).await, all[1..]);
        assert_eq!(town.statements(town.bureau(), 2024).await.len(), 1, "2025 is not in the statement of 2024");
        let years = async |who: Client, enterprise: &str| {
            town.years(who, pb::ListOffsetYearsRequest { enterprise: enterprise.into(), ..Default::default() }).await.len()
        };
        assert_eq!((years(town.bureau(), "").await, years(town.clerk(), "").await), (2, 1));
        assert_eq!((years(town.bureau(), ENTERPRISE).await, years(town.clerk(), OTHER_ENTERPRISE).await), (1, 0));
        let confirming = town.confirm(town.clerk(), &own, true, "").await.unwrap_err();
        assert_eq!(confirming.code(), Code::PermissionDenied);
        let mut finance = town.as_who(&Who::new("cashier@finance", None, &[Role::Finance]));
        let filing = finance.file_offset_year(filing(ENTERPRISE, 2025, 1, 1)).await.unwrap_err();
        assert_eq!(filing.code(), Code::PermissionDenied, "finance confirms, and does not file");
    }
}

#[tokio::test]
async fn years_of_one_enterprise_that_are_confirmed_at_the_same_time_run_through_each_other() {
    for town in Town::with_offsets().await {
        let mut filed = Vec::new();
        for year in 2019..2026 {
            filed.push(town.file_year(filing(ENTERPRISE, year, 100_000, 20_000)).await.unwrap());
        }
        let confirming = filed.into_iter().map(|year| {
            let mut officer = town.officer();
            let request = pb::ConfirmOffsetYearRequest {
                name: year.name,
                revision: 1,
                integration_listed: Some(true),
                note: String::new(),
            };
            tokio::spawn(async move { officer.confirm_offset_year(request).await.map(|_| ()) })
        });
        for confirmed in confirming.collect::<Vec<_>>() {
            confirmed.await.unwrap().unwrap();
        }
        let statement = town.statement(town.bureau(), ENTERPRISE, 2025).await.unwrap();
        assert_eq!(figures(&statement), [60_000, 30_000, 20_000, 70_000], "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}

#[tokio::test]
async fn the_statements_are_a_file_by_year_and_by_enterprise() {
    for town in Town::with_offsets().await {
        town.confirmed(ENTERPRISE, 2024, 100_000, 10_000).await;
        town.confirmed(OTHER_ENTERPRISE, 2025, 200_000, 100_000).await;
        let file = async |mut client: Client, year: i32, enterprise: &str, format: pb::TableFormat| {
            let request = pb::GetReportFileRequest {
                report: pb::Report::OffsetStatements.into(),
                format: format.into(),
                year,
                organisation: enterprise.into(),
                ..Default::default()
            };
            client.get_report_file(request).await.unwrap().into_inner()
        };
        let csv = async |client: Client, year: i32, enterprise: &str| {
            String::from_utf8(file(client, year, enterprise, pb::TableFormat::Csv).await.content).unwrap()
        };
        let of_year = csv(town.officer(), 2025, "").await;
        assert!(of_year.starts_with("\u{FEFF}enterprise 企业,year 年度,brought 上年结转（元）,"), "{of_year}");
        let waits =
            format!("{ENTERPRISE},2025,200.00,0.00,0.00,200.00,2024,1,1000.00,100.00,yes 是,schemes/tax-offset@1,2026-09-01\r\n");
        assert!(of_year.contains(&waits) && of_year.lines().count() == 3, "{of_year}");
        assert!(of_year.contains(&format!("{OTHER_ENTERPRISE},2025,0.00,600.00,600.00,0.00,2025,1,")), "{of_year}");
        assert_eq!(csv(town.officer(), 2025, ENTERPRISE).await.lines().count(), 2);
        assert_eq!(csv(town.officer(), 0, "").await.lines().count(), 3, "every confirmed year");
        let own = csv(town.clerk(), 0, "").await;
        assert!(
            own.contains(&format!("{ENTERPRISE},2024,0.00,300.00,100.00,200.00,2024,1,")) && own.lines().count() == 2,
            "{own}"
        );
        let xlsx = file(town.officer(), 2025, "", pb::TableFormat::Xlsx).await;
        assert!(xlsx.content.starts_with(b"PK") && xlsx.file_name == "offset-statements-2026-09-01.xlsx", "{}", xlsx.file_name);
    }
}
