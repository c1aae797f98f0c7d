//! The running month closes before it is over: what people ask for is told the day, what happens is kept and follows once.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod town;

use chrono::TimeDelta;
use kit::db::{Lane, Sql, args, statements};
use proto::subsidy::v1 as pb;
use tonic::{Code, Status};
use town::{Town, day, fen, reason};

const SEPTEMBER: &str = "periods/2026-09";

statements! {
    DEAD = "SELECT CAST(COUNT(*) AS BIGINT) FROM dead_letter";
    FORGOTTEN = "UPDATE subsidy_accrual_run SET done_through = '2026-10-02'";
    BOOKED_OTHERWISE = "UPDATE subsidy_payment_line SET state = 'failed', bank_reference = 'B-9'";
    OTHER_WORD = "UPDATE subsidy_queued_result SET paid = FALSE";
    GONE = "DELETE FROM subsidy_queued_result";
}

impl Town {
    async fn close_early(&self, period: &str) -> Result<pb::Period, Status> {
        let request = pb::ClosePeriodRequest { name: period.into(), before_its_end: true };
        Ok(self.officer().close_period(request).await?.into_inner())
    }

    async fn run(&self, everyone: bool) -> pb::RunAccrualResponse {
        let request = pb::RunAccrualRequest { everyone, page_size: 1000, ..Default::default() };
        self.bureau().run_accrual(request).await.unwrap().into_inner()
    }

    /// Results and people that wait for the end of September.
    async fn waiting(&self) -> (i32, i32) {
        let months = self.officer().list_periods(pb::ListPeriodsRequest::default()).await.unwrap().into_inner().periods;
        let month = months.into_iter().find(|month| month.name == SEPTEMBER).unwrap();
        (month.waiting_results, month.waiting_people)
    }

    fn october(&self) {
        let first = "2026-09-30T16:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        self.sandbox.clock.advance(first - self.now());
    }

    async fn accrued(&self, n: u32) -> String {
        self.sandbox.clock.advance(TimeDelta::seconds(1));
        self.graduate_hired(n).await;
        self.claims().await.into_iter().find(|claim| claim.state() == pb::ClaimState::Accrued).unwrap().name
    }

    async fn approved(&self, n: u32) -> String {
        let name = self.accrued(n).await;
        self.approve(&name).await.name
    }

    async fn states(&self, names: &[&str]) -> Vec<pb::ClaimState> {
        let mut states = Vec::new();
        for name in names {
            states.push(self.claim(name).await.state());
        }
        states
    }

    async fn import(&self, batch: &pb::PaymentBatch, results: &str) -> Result<[i32; 4], Status> {
        let row = |(line, result): (&pb::PaymentLine, char)| {
            let (number, failed) = (&line.end_to_end_id, result == 'f');
            let (status, why) = if failed { ("failed", "CLOSED") } else { ("paid", "") };
            format!("{number},{status},B-{},{why}\n", &number[28..])
        };
        let rows: String = batch.lines.iter().zip(results.chars()).map(row).collect();
        let content = format!("end_to_end_id,status,bank_reference,failure_reason\n{rows}");
        let format = pb::ResultFileFormat::Csv.into();
        let request = pb::ImportPaymentResultsRequest { name: batch.name.clone(), format, content: content.into_bytes() };
        let done = self.officer().import_payment_results(request).await?.into_inner();
        Ok([done.settled, done.known, done.queued, i32::from(done.complete)])
    }

    async fn damage(&self, sql: Sql) -> Result<u64, kit::Error> {
        let mut tx = self.sandbox.test.db.begin(Lane::Request).await?;
        let changed = tx.execute(sql, args![]).await?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn count(&self, sql: Sql) -> i64 {
        let mut tx = self.sandbox.test.db.read(Lane::Request).await.unwrap();
        tx.fetch_one::<(i64,)>(sql, args![]).await.unwrap().0
    }
}

fn told(refused: &Status) -> (Code, String, bool) {
    (refused.code(), reason(refused), refused.message().contains("2026-10-01"))
}

fn closed() -> (Code, String, bool) {
    (Code::FailedPrecondition, "PERIOD_CLOSED".into(), true)
}

#[tokio::test]
async fn while_the_running_month_is_closed_people_are_told_the_day_from_which_it_works() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let paid = town.accrued(1).await;
        town.pay(&paid).await;
        town.left(1, 3, day(2026, 8, 1)).await;
        let owed = town.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner();
        town.approved(2).await;
        let checked = town.accrued(3).await;
        let checked = town.checked(&checked).await;
        assert_eq!(reason(&town.close_early("periods/2026-10").await.unwrap_err()), "PERIOD_NOT_OVER");
        let plain = pb::ClosePeriodRequest { name: SEPTEMBER.into(), before_its_end: false };
        let not_over = town.officer().close_period(plain).await.unwrap_err();
        assert_eq!(told(&not_over), (Code::FailedPrecondition, "PERIOD_NOT_OVER".into(), true));
        let month = town.close_early(SEPTEMBER).await.unwrap();
        assert_eq!((month.state(), month.waiting_results, month.waiting_people), (pb::PeriodState::Closed, 0, 0));
        assert_eq!(reason(&town.close_early(SEPTEMBER).await.unwrap_err()), "PERIOD_CLOSED");
        assert_eq!(reason(&town.close_early("periods/2026-10").await.unwrap_err()), "PERIOD_NOT_OVER");

        let approve = pb::ApproveClaimRequest { name: checked.name.clone(), content_hash: checked.content_hash };
        assert_eq!(told(&town.officer().approve_claim(approve.clone()).await.unwrap_err()), closed());
        let all = pb::BatchApproveClaimsRequest { requests: vec![approve.clone()] };
        assert_eq!(told(&town.officer().batch_approve_claims(all).await.unwrap_err()), closed());
        let more = pb::AppropriateFundRequest { name: fund.clone(), amount: fen(1), document: "d".into() };
        assert_eq!(told(&town.officer().appropriate_fund(more.clone()).await.unwrap_err()), closed());
        assert_eq!(told(&town.batch(&fund).await.unwrap_err()), closed());
        let receivable = owed.receivables[0].name.clone();
        let back = pb::RecordRecoveryRequest { name: receivable, amount: fen(1), bank_reference: "R-1".into() };
        assert_eq!(told(&town.officer().record_recovery(back.clone()).await.unwrap_err()), closed());

        town.october();
        town.officer().approve_claim(approve).await.unwrap();
        town.officer().appropriate_fund(more).await.unwrap();
        town.officer().record_recovery(back).await.unwrap();
        assert_eq!(town.batch(&fund).await.unwrap().line_count, 2);
        town.verify().await;
    }
}

#[tokio::test]
async fn facts_that_come_then_are_kept_and_move_money_once_when_the_next_month_begins() {
    for run in [true, false] {
        for town in Town::both().await {
            let fund = town.fund(1_000_000).await;
            let paid = town.accrued(1).await;
            town.pay(&paid).await;
            let approved = town.approved(2).await;
            town.close_early(SEPTEMBER).await.unwrap();
            town.left(1, 3, day(2026, 8, 1)).await;
            town.left(2, 3, day(2026, 8, 1)).await;
            // What moves no money goes on.
            let new = town.accrued(3).await;
            let names = [paid.as_str(), &approved, &new];
            let before = [pb::ClaimState::Paid, pb::ClaimState::Approved, pb::ClaimState::Accrued];
            assert_eq!((town.states(&names).await, town.waiting().await), (before.to_vec(), (0, 2)));
            assert_eq!(town.count(DEAD).await, 0, "{}", town.sandbox.test.engine);
            for everyone in [true, false, true] {
                assert_eq!(town.run(everyone).await.ended, 0);
            }
            assert_eq!((town.states(&names).await, town.waiting().await), (before.to_vec(), (0, 2)));
            town.verify().await;

            town.october();
            // Nobody pays what has lost its ground, although nothing was done about it yet.
            assert_eq!(reason(&town.batch(&fund).await.unwrap_err()), "NOTHING_PAYABLE");
            if run {
                assert_eq!(town.run(false).await.ended, 2);
            } else {
                for n in [1, 2] {
                    town.left(n, 4, day(2026, 8, 1)).await;
                }
            }
            let after = [pb::ClaimState::ClawedBack, pb::ClaimState::Voided, pb::ClaimState::Accrued];
            assert_eq!((town.states(&names).await, town.waiting().await), (after.to_vec(), (0, 0)));
            assert_eq!((town.run(false).await.ended, town.run(true).await.ended), (0, 0), "it was done once");
            let budget = town.budget(&fund).await;
            assert_eq!((budget.committed, budget.paid), (fen(0), fen(150_000)), "until the money is back");
            let receivables = town.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap();
            assert_eq!(receivables.into_inner().receivables.len(), 1);
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn results_that_come_then_are_kept_and_booked_once_when_the_next_month_begins() {
    for run in [true, false] {
        for town in Town::both().await {
            let fund = town.fund(1_000_000).await;
            let mut names = Vec::new();
            for n in 1..=4 {
                names.push(town.approved(n).await);
            }
            let batch = town.batch(&fund).await.unwrap();
            assert_eq!(town.import(&batch, "p").await.unwrap(), [1, 0, 0, 0]);
            town.close_early(SEPTEMBER).await.unwrap();
            assert_eq!(town.import(&batch, "ppf").await.unwrap(), [0, 1, 2, 0]);
            assert_eq!(town.import(&batch, "ppf").await.unwrap(), [0, 3, 0, 0], "the same file again");
            let refused = town.import(&batch, "pff").await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "LINE_SETTLED".into()));
            // The other way in which results come waits as well.
            let last = batch.lines[3].claim.clone();
            let waits = town.settle_batch(&batch.name, &[(&last, true, "B-4")]).await.unwrap();
            assert!(waits.lines[1..].iter().all(|line| line.state() == pb::LineState::Pending));
            assert_eq!((town.waiting().await, town.run(true).await.results), ((3, 0), 0));
            assert_eq!(town.budget(&fund).await.paid, fen(150_000), "{}", town.sandbox.test.engine);
            town.verify().await;

            town.october();
            if run {
                assert_eq!((town.run(false).await.results, town.run(false).await.results), (3, 0));
            } else {
                // What the file says anew is counted as its own, what waited is not.
                assert_eq!(town.import(&batch, "ppf").await.unwrap(), [0, 3, 0, 1]);
            }
            assert_eq!(town.import(&batch, "ppfp").await.map_err(|refused| reason(&refused)).unwrap_err(), "LINE_SETTLED");
            let read = town.officer().get_payment_batch(pb::GetPaymentBatchRequest { name: batch.name }).await.unwrap();
            let read = read.into_inner();
            let states: Vec<_> = read.lines.iter().map(pb::PaymentLine::state).collect();
            let (paid, failed) = (pb::LineState::Paid, pb::LineState::Failed);
            assert_eq!((read.state(), states), (pb::PaymentBatchState::Settled, vec![paid, paid, failed, paid]));
            assert_eq!((town.waiting().await, town.budget(&fund).await.paid), ((0, 0), fen(450_000)));
            let request = pb::ListLedgerEntriesRequest { claim: batch.lines[1].claim.clone(), ..Default::default() };
            let entries = town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
            let payment: Vec<_> = entries.iter().filter(|entry| entry.kind == "payment").collect();
            assert_eq!((payment.len(), payment[0].period.as_str()), (4, "periods/2026-10"));
            assert_eq!(town.batch(&fund).await.unwrap().line_count, 1, "what failed is payable again");
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn who_loses_the_ground_of_a_payment_that_waits_is_looked_at_once_it_is_booked() {
    for town in Town::both_with(city::shared).await {
        let fund = town.fund(1_000_000).await;
        let county = pb::Fund { code: "county".into(), display_name: "county".into(), ..Default::default() };
        let county = town.bureau().create_fund(pb::CreateFundRequest { fund: Some(county) }).await.unwrap().into_inner().name;
        let give = pb::AppropriateFundRequest { name: county.clone(), amount: fen(1_000_000), document: "d".into() };
        town.officer().appropriate_fund(give).await.unwrap();
        let name = town.approved(1).await;
        let batch = town.batch(&fund).await.unwrap();
        town.close_early(SEPTEMBER).await.unwrap();
        town.left(1, 3, day(2026, 8, 1)).await;
        assert_eq!(town.import(&batch, "p").await.unwrap(), [0, 0, 1, 0]);
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::Approved);
        town.verify().await;
        town.october();
        assert_eq!(town.run(false).await.results, 1);
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::ClawedBack);
        let owed = town.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner();
        let mut owed: Vec<_> = owed.receivables.into_iter().map(|one| (one.fund == county, one.amount.unwrap().fen)).collect();
        owed.sort_unstable();
        assert_eq!(owed, [(false, 100_000), (true, 50_000)], "one for each who carried it");
        town.verify().await;
    }
}

#[tokio::test]
async fn whoever_closes_while_others_react_loses_nothing_and_what_waits_is_done_once_by_however_many() {
    for town in Town::both().await {
        let fund = town.fund(10_000_000).await;
        let mut paid = Vec::new();
        for n in 1..=3 {
            let name = town.accrued(n).await;
            town.pay(&name).await;
            paid.push(name);
        }
        for n in 4..=9 {
            town.approved(n).await;
        }
        let batch = town.batch(&fund).await.unwrap();
        let close = {
            let mut officer = town.officer();
            let request = pb::ClosePeriodRequest { name: SEPTEMBER.into(), before_its_end: true };
            tokio::spawn(async move { officer.close_period(request).await.map(|_| ()) })
        };
        let settle = |line: &pb::PaymentLine| {
            let (mut officer, name) = (town.officer(), batch.name.clone());
            let result = pb::LineResult {
                claim: line.claim.clone(),
                paid: true,
                bank_reference: format!("B-{}", &line.claim[30..]),
                ..Default::default()
            };
            let request = pb::SettlePaymentBatchRequest { name, results: vec![result] };
            tokio::spawn(async move { officer.settle_payment_batch(request).await.map(|_| ()) })
        };
        let settled: Vec<_> = batch.lines.iter().map(settle).collect();
        for n in 1..=3 {
            town.left(n, 3, day(2026, 8, 1)).await;
        }
        close.await.unwrap().unwrap();
        for answer in settled {
            answer.await.unwrap().unwrap();
        }
        assert_eq!(town.count(DEAD).await, 0);
        town.verify().await;

        town.october();
        let (results, people) = town.waiting().await;
        let run = |_| {
            let mut bureau = town.bureau();
            let request = pb::RunAccrualRequest { page_size: 1000, ..Default::default() };
            tokio::spawn(async move { bureau.run_accrual(request).await.unwrap().into_inner() })
        };
        let runs: Vec<_> = (0..4).map(run).collect();
        let again: Vec<_> = batch.lines.iter().map(settle).collect();
        let mut done = (0, 0);
        for answer in runs {
            let answer = answer.await.unwrap();
            done = (done.0 + answer.results, done.1 + answer.ended);
        }
        for answer in again {
            answer.await.unwrap().unwrap();
        }
        assert!(done.0 <= results && done.1 == people, "{done:?} of {results} results and {people} people");
        assert_eq!(town.waiting().await, (0, 0), "{}", town.sandbox.test.engine);
        let budget = town.budget(&fund).await;
        assert_eq!((budget.committed, budget.paid), (fen(0), fen(9 * 150_000)));
        for name in paid {
            assert_eq!(town.claim(&name).await.state(), pb::ClaimState::ClawedBack);
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn verify_finds_what_was_forgotten_or_booked_otherwise_and_what_waits_is_never_changed() {
    for (sql, people) in [(FORGOTTEN, true), (FORGOTTEN, false), (BOOKED_OTHERWISE, false)] {
        for town in Town::both().await {
            let fund = town.fund(1_000_000).await;
            let name = town.accrued(1).await;
            if people {
                town.pay(&name).await;
                town.close_early(SEPTEMBER).await.unwrap();
                town.left(1, 3, day(2026, 8, 1)).await;
            } else {
                town.approve(&name).await;
                let batch = town.batch(&fund).await.unwrap();
                town.close_early(SEPTEMBER).await.unwrap();
                town.import(&batch, "p").await.unwrap();
                for sql in [OTHER_WORD, GONE] {
                    let refused = format!("{:?}", town.damage(sql).await.unwrap_err());
                    assert!(refused.contains("append-only"), "{refused}");
                }
            }
            assert!(town.broken("subsidy-queue").await.is_empty());
            assert!(town.damage(sql).await.unwrap() > 0);
            assert!(!town.broken("subsidy-queue").await.is_empty(), "{} on {}", sql.name, town.sandbox.test.engine);
        }
    }
}
