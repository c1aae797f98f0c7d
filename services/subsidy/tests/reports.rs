//! Reports and their files, on both engines.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod town;

use chrono::TimeDelta;
use kit::auth::Role;
use kit::db::{Lane, args, statements};
use kit::id::Id as _;
use proto::subsidy::v1 as pb;
use subsidy::domain::FundId;
use testkit::Who;
use tonic::Code;
use town::{Client, ENTERPRISE, OTHER_ENTERPRISE, SCHOOL, Town, day, fen, reason};

impl Town {
    fn auditor(&self) -> Client {
        self.as_who(&Who::new("auditor@city", None, &[Role::Auditor]))
    }

    fn stranger(&self) -> Client {
        self.as_who(&Who::new("clerk@elsewhere", Some(OTHER_ENTERPRISE), &[Role::Enterprise]))
    }

    async fn budgets(&self, request: pb::ListBudgetExecutionRequest) -> pb::ListBudgetExecutionResponse {
        self.auditor().list_budget_execution(request).await.unwrap().into_inner()
    }

    /// A graduate's claim, paid.
    async fn held(&self, n: u32) {
        self.graduate_hired(n).await;
        let accrued = self.claims().await.into_iter().find(|claim| claim.state() == pb::ClaimState::Accrued).unwrap();
        self.pay(&accrued.name).await;
    }

    /// As [`Town::held`], and clawed back now.
    async fn owing(&self, n: u32) {
        self.held(n).await;
        self.left(n, 3, day(2026, 8, 1)).await;
    }

    async fn file(&self, mut client: Client, report: pb::Report, format: pb::TableFormat) -> Result<pb::File, tonic::Status> {
        let request = pb::GetReportFileRequest { report: report.into(), format: format.into(), ..Default::default() };
        client.get_report_file(request).await.map(tonic::Response::into_inner)
    }
}

/// Scheme, month, appropriated, committed, paid, clawed back, available.
fn figures(row: &pb::BudgetExecution) -> (&str, &str, [i64; 5]) {
    let of = |amount: Option<proto::common::v1::Money>| amount.unwrap().fen;
    let amounts = [of(row.appropriated), of(row.committed), of(row.paid), of(row.clawed_back), of(row.available)];
    (&row.scheme, &row.month, amounts)
}

#[tokio::test]
async fn a_budget_is_executed_month_by_month_in_local_time_and_ends_at_what_is_available() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.owing_later().await;
        // Half past midnight of 1 October in Shanghai, which is September in UTC.
        town.sandbox.clock.advance(TimeDelta::hours(29 * 24 + 15) + TimeDelta::minutes(30));
        town.left(1, 3, day(2026, 8, 1)).await;
        let budget = town.appropriate(500_000).await;

        let hiring = "schemes/hiring-subsidy";
        let expected = [
            ("", "2026-09", [1_000_000, 0, 0, 0, 700_000]),
            (hiring, "2026-09", [0, 150_000, 150_000, 0, 700_000]),
            ("", "2026-10", [500_000, 0, 0, 0, 1_200_000]),
            (hiring, "2026-10", [0, 150_000, 0, 150_000, 1_200_000]),
        ];
        let all = town.budgets(pb::ListBudgetExecutionRequest::default()).await;
        assert_eq!(all.budget_execution.iter().map(figures).collect::<Vec<_>>(), expected, "{}", town.sandbox.test.engine);
        assert!(all.budget_execution.iter().all(|row| row.fund == fund && row.fund_code == "talent"));
        assert_eq!(budget.available, fen(1_200_000));

        let first = town.budgets(pb::ListBudgetExecutionRequest { page_size: 3, ..Default::default() }).await;
        assert_eq!(first.budget_execution, all.budget_execution[..3]);
        let rest = pb::ListBudgetExecutionRequest { page_size: 3, page_token: first.next_page_token, ..Default::default() };
        let rest = town.budgets(rest).await;
        assert_eq!((rest.budget_execution.as_slice(), rest.next_page_token.as_str()), (&all.budget_execution[3..], ""));

        let year = |year| pb::ListBudgetExecutionRequest { year, ..Default::default() };
        assert_eq!(town.budgets(year(2026)).await.budget_execution, all.budget_execution);
        assert!(town.budgets(year(2025)).await.budget_execution.is_empty());
        let refused = town.auditor().list_budget_execution(year(1999)).await.unwrap_err();
        assert_eq!(reason(&refused), "OUT_OF_RANGE");
        let other = pb::ListBudgetExecutionRequest { fund: FundId::unset().to_string(), ..Default::default() };
        assert!(town.budgets(other).await.budget_execution.is_empty());
        assert_eq!(town.clerk().list_budget_execution(year(0)).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

impl Town {
    /// One claim paid, another committed.
    async fn owing_later(&self) {
        self.graduate_hired(1).await;
        self.pay(&self.only_claim().await.name).await;
        self.sandbox.clock.advance(TimeDelta::seconds(1));
        self.graduate_hired(2).await;
        let accrued = self.claims().await.into_iter().find(|claim| claim.state() == pb::ClaimState::Accrued).unwrap();
        self.approve(&accrued.name).await;
    }
}

#[tokio::test]
async fn claims_and_payments_add_up_and_an_organisation_sees_its_own_alone() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.owing_later().await;
        let second = town.batch(&fund).await.unwrap();
        town.teacher(5).await;
        town.rotation_completed(5, 100, 20).await;

        let total = |scheme: &str, state: &str, claims, amount| pb::ClaimTotal {
            scheme: scheme.into(),
            state: state.into(),
            claims,
            amount: fen(amount),
        };
        let hiring = "schemes/hiring-subsidy";
        let all = [
            total(hiring, "approved", 1, 150_000),
            total(hiring, "paid", 1, 150_000),
            total("schemes/practice-stipend", "accrued", 1, 100_000),
        ];
        let claims = async |mut client: Client, request: pb::ListClaimTotalsRequest| {
            client.list_claim_totals(request).await.unwrap().into_inner().claim_totals
        };
        let of = |beneficiary: &str| pb::ListClaimTotalsRequest { beneficiary: beneficiary.into(), ..Default::default() };
        assert_eq!(claims(town.bureau(), of("")).await, all);
        assert_eq!(claims(town.bureau(), of(SCHOOL)).await, all[2..]);
        assert_eq!(claims(town.bureau(), pb::ListClaimTotalsRequest { fund: fund.clone(), ..of("") }).await, all[..2]);
        assert_eq!(claims(town.clerk(), of("")).await, all[..2]);
        assert!(claims(town.clerk(), of(SCHOOL)).await.is_empty());
        assert!(claims(town.stranger(), of("")).await.is_empty());

        let payments = async |mut client: Client| {
            client.list_payment_totals(pb::ListPaymentTotalsRequest::default()).await.unwrap().into_inner().payment_totals
        };
        let rows = payments(town.auditor()).await;
        let shown = |row: &pb::PaymentTotal| (row.state.clone(), row.lines, row.paid, row.failed, row.pending);
        assert_eq!(
            rows.iter().map(shown).collect::<Vec<_>>(),
            [("settled".into(), 1, fen(150_000), fen(0), fen(0)), ("open".into(), 1, fen(0), fen(0), fen(150_000))]
        );
        town.settle_batch(&second.name, &[(&second.lines[0].claim, false, "B-2")]).await.unwrap();
        let rows = payments(town.clerk()).await;
        let failed = &rows[1];
        assert_eq!((failed.payment_batch.as_str(), failed.failed_lines, failed.failed), (second.name.as_str(), 1, fen(150_000)));
        assert!(payments(town.stranger()).await.is_empty());
        let paged = pb::ListPaymentTotalsRequest { page_size: 1, ..Default::default() };
        let first = town.officer().list_payment_totals(paged.clone()).await.unwrap().into_inner();
        let rest = pb::ListPaymentTotalsRequest { page_token: first.next_page_token, ..paged };
        let rest = town.officer().list_payment_totals(rest).await.unwrap().into_inner();
        assert_eq!((first.payment_totals.as_slice(), rest.payment_totals.as_slice()), (&rows[..1], &rows[1..]));
        assert_eq!(rest.next_page_token, "");
    }
}

#[tokio::test]
async fn receivables_grow_old_by_whole_local_days() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        // Arisen on 1 September, 1 October (30 days later) and 2 October (31 days later).
        for n in 1..=3 {
            town.held(n).await;
        }
        for (n, days) in [(1, 30), (2, 1), (3, 0)] {
            town.left(n, 3, day(2026, 8, 1)).await;
            town.sandbox.clock.advance(TimeDelta::days(days));
        }
        let ages = async |mut client: Client, on: Option<proto::google::r#type::Date>| {
            let request = pb::ListReceivableAgesRequest { day: on, ..Default::default() };
            client.list_receivable_ages(request).await.unwrap().into_inner().receivable_ages
        };
        let buckets = |row: &pb::ReceivableAge| {
            [row.days_0_to_30, row.days_31_to_90, row.days_91_to_180, row.days_over_180, row.outstanding]
                .map(|amount| amount.unwrap().fen / 150_000)
        };
        for (on, expected) in [
            (day(2026, 9, 1), [1, 0, 0, 0, 1]),
            (day(2026, 10, 1), [2, 0, 0, 0, 2]),
            (day(2026, 10, 2), [2, 1, 0, 0, 3]),
            (None, [2, 1, 0, 0, 3]),
            (day(2026, 10, 31), [2, 1, 0, 0, 3]),
            (day(2026, 11, 1), [1, 2, 0, 0, 3]),
            (day(2026, 11, 30), [0, 3, 0, 0, 3]),
            (day(2026, 12, 1), [0, 2, 1, 0, 3]),
            (day(2027, 2, 28), [0, 0, 3, 0, 3]),
            (day(2027, 3, 1), [0, 0, 2, 1, 3]),
            (day(2027, 4, 1), [0, 0, 0, 3, 3]),
        ] {
            let rows = ages(town.officer(), on).await;
            assert_eq!(rows.iter().map(buckets).collect::<Vec<_>>(), [expected], "{on:?} on {}", town.sandbox.test.engine);
            assert_eq!((rows[0].debtor.as_str(), rows[0].fund.as_str()), (ENTERPRISE, fund.as_str()));
        }
        assert!(ages(town.officer(), day(2026, 8, 31)).await.is_empty());
        assert_eq!(ages(town.clerk(), None).await.len(), 1);
        assert!(ages(town.stranger(), None).await.is_empty());
    }
}

#[tokio::test]
async fn a_report_is_a_file_with_titles_in_both_languages_and_amounts_in_yuan() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.owing(1).await;
        let csv = async |client: Client, report: pb::Report| {
            let file = town.file(client, report, pb::TableFormat::Csv).await.unwrap();
            assert_eq!(file.media_type, "text/csv; charset=utf-8");
            String::from_utf8(file.content).unwrap()
        };
        let budget = csv(town.auditor(), pb::Report::BudgetExecution).await;
        assert!(budget.starts_with("\u{FEFF}fund 资金代码,month 月份,scheme 补贴项目,appropriated 本月下达,"), "{budget}");
        assert!(budget.contains("talent,2026-09,,10000.00,0.00,0.00,0.00,8500.00\r\n"), "{budget}");
        assert!(budget.contains("talent,2026-09,hiring-subsidy,0.00,0.00,1500.00,1500.00,8500.00\r\n"), "{budget}");
        let claims = csv(town.clerk(), pb::Report::ClaimTotals).await;
        assert!(claims.contains("hiring-subsidy,clawed_back,1,1500.00\r\n"), "{claims}");
        let payments = csv(town.clerk(), pb::Report::PaymentTotals).await;
        assert!(payments.contains(",talent,settled,2026-09-01,1,1500.00,1,1500.00,0,0.00,0.00\r\n"), "{payments}");
        let ages = csv(town.clerk(), pb::Report::ReceivableAges).await;
        assert!(ages.contains(&format!("{ENTERPRISE},talent,1500.00,0.00,0.00,0.00,1500.00\r\n")), "{ages}");
        assert_eq!(csv(town.stranger(), pb::Report::ReceivableAges).await.lines().count(), 1);

        for report in
            [pb::Report::BudgetExecution, pb::Report::ClaimTotals, pb::Report::PaymentTotals, pb::Report::ReceivableAges]
        {
            let file = town.file(town.officer(), report, pb::TableFormat::Xlsx).await.unwrap();
            assert!(file.content.starts_with(b"PK") && file.file_name.ends_with("-2026-09-01.xlsx"), "{}", file.file_name);
        }
        let foreign = town.file(town.clerk(), pb::Report::BudgetExecution, pb::TableFormat::Csv).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound);
        for (report, format) in
            [(pb::Report::Unspecified, pb::TableFormat::Csv), (pb::Report::ClaimTotals, pb::TableFormat::Unspecified)]
        {
            let refused = town.file(town.officer(), report, format).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, "REQUIRED".into()));
        }
    }
}

mod many {
    use super::statements;
    statements! {
        RECEIVABLES = {
            postgres: "INSERT INTO subsidy_receivable (receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, created_at, updated_at) SELECT gen_random_uuid(), 1, $1, gen_random_uuid(), gen_random_uuid(), 1, 1, $2, $2 FROM generate_series(1, 20001)",
            sqlite: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20001) INSERT INTO subsidy_receivable (receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, created_at, updated_at) SELECT printf('00000000-0000-7000-8000-%012x', i), 1, $1, printf('00000000-0000-7000-8001-%012x', i), printf('00000000-0000-7000-8002-%012x', i), 1, 1, $2, $2 FROM n",
            reason: "each engine counts in its own way",
        };
    }
}

#[tokio::test]
async fn a_report_that_would_not_fit_into_a_file_is_refused_and_can_be_read_by_pages() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        let fund = FundId::parse("fund", &fund).unwrap();
        tx.execute(many::RECEIVABLES, args![fund, town.now()]).await.unwrap();
        tx.commit().await.unwrap();
        let refused = town.file(town.officer(), pb::Report::ReceivableAges, pb::TableFormat::Csv).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "REPORT_TOO_LONG".into()));
        let mut request = pb::ListReceivableAgesRequest { page_size: 1000, ..Default::default() };
        let mut debtors = std::collections::BTreeSet::new();
        loop {
            let page = town.officer().list_receivable_ages(request.clone()).await.unwrap().into_inner();
            debtors.extend(page.receivable_ages.into_iter().map(|row| row.debtor));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(debtors.len(), 20_001);
    }
}
