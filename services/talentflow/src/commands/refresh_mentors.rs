//! `talentflow refresh-mentors`

use crate::cli::RefreshMentors;
use crate::wiring::{MIGRATIONS, context_of};
use kit::Calls;
use kit::config::Config;
use kit::db::pending;
use mentoring::app::refresh_mentors;
use proto::mentoring::v1::{RefreshMentorsRequest, RefreshMentorsResponse};
use serde_json::json;
use std::process::ExitCode;

const METHOD: &str = "talentflow.mentoring.v1.MentoringService/RefreshMentors";

pub async fn run(config: &Config, command: &RefreshMentors) -> anyhow::Result<ExitCode> {
    let context = context_of(config, "mentoring").await?;
    let missing = pending(&context.db, MIGRATIONS).await?;
    anyhow::ensure!(missing.is_empty(), "the database lacks {}: run `talentflow migrate` first", missing.join(", "));
    let calls = Calls::new(context.clone());
    let done: RefreshMentorsResponse = calls.run_as_service(METHOD, RefreshMentorsRequest {}, refresh_mentors).await?;
    context.db.close().await;
    if command.json {
        println!("{}", json!({"mentors": done.mentors}));
    } else {
        println!("{} mentors brought to today", done.mentors);
        println!("{} 名导师的名额已更新至今日", done.mentors);
    }
    Ok(ExitCode::SUCCESS)
}
