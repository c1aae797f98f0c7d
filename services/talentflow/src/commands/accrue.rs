//! `talentflow accrue`

use crate::cli::Accrue;
use crate::progress::Progress;
use crate::wiring::{MIGRATIONS, context_of};
use chrono::NaiveDate;
use kit::Calls;
use kit::clock::local_date;
use kit::config::Config;
use kit::db::pending;
use kit::wire::date;
use proto::subsidy::v1::{RunAccrualRequest, RunAccrualResponse};
use serde_json::json;
use std::process::ExitCode;
use subsidy::app::run_accrual;

/// People a transaction: enough for its statements to be few, and few enough to hold nobody up.
const PAGE: i32 = 1000;
const METHOD: &str = "talentflow.subsidy.v1.SubsidyService/RunAccrual";

pub async fn run(config: &Config, command: &Accrue) -> anyhow::Result<ExitCode> {
    let context = context_of(config, "subsidy").await?;
    let missing = pending(&context.db, MIGRATIONS).await?;
    anyhow::ensure!(missing.is_empty(), "the database lacks {}: run `talentflow migrate` first", missing.join(", "));
    // One day for the whole run, even if it goes on past midnight.
    let through = command.through.unwrap_or_else(|| local_date(context.clock.now()));
    let calls = Calls::new(context.clone());
    let progress = Progress::new();
    let step = progress.step("到期申领", "claims that are due", 0);
    let told = |done: &RunAccrualResponse| step.advance(usize::try_from(done.people).unwrap_or_default());
    let sum = every_page(&calls, through, command.all, told).await?;
    context.db.close().await;
    let seconds = (progress.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    step.done(usize::try_from(sum.people).unwrap_or_default());
    if command.json {
        let RunAccrualResponse { people, accrued, amended, ended, results, .. } = sum;
        let through = through.to_string();
        println!(
            "{}",
            json!({"through": through, "people": people, "accrued": accrued, "amended": amended, "ended": ended, "results": results, "elapsed_s": seconds})
        );
    } else {
        println!(
            "{} people, {} new claims, {} amended, {} ended, {} bank results booked, through {through}",
            sum.people, sum.accrued, sum.amended, sum.ended, sum.results
        );
        println!(
            "{} 人，新增申领 {} 笔，更新 {} 笔，终止 {} 笔，入账银行结果 {} 笔，截至 {through}",
            sum.people, sum.accrued, sum.amended, sum.ended, sum.results
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Pages until there are no more, each told as it is done; answers what they came to together.
pub async fn every_page(
    calls: &Calls,
    through: NaiveDate,
    everyone: bool,
    told: impl Fn(&RunAccrualResponse),
) -> anyhow::Result<RunAccrualResponse> {
    let mut sum = RunAccrualResponse::default();
    loop {
        let request = RunAccrualRequest {
            through: Some(date(through)),
            everyone,
            page_size: PAGE,
            page_token: std::mem::take(&mut sum.next_page_token),
        };
        let done: RunAccrualResponse = calls.run_as_service(METHOD, request, run_accrual).await?;
        told(&done);
        sum.people += done.people;
        sum.accrued += done.accrued;
        sum.amended += done.amended;
        sum.ended += done.ended;
        sum.results += done.results;
        sum.next_page_token = done.next_page_token;
        if sum.next_page_token.is_empty() {
            return Ok(sum);
        }
    }
}
