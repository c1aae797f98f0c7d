//! `talentflow dead-letters`

use crate::cli::{DeadLetters, LetterAction};
use crate::wiring::{SERVICES, context_of};
use anyhow::Context as _;
use kit::config::Config;
use kit::db::Db;
use kit::inbox::{Consumer, Outcome};
use kit::{Context, letters};
use serde_json::json;
use std::process::ExitCode;

pub async fn run(config: &Config, command: &DeadLetters) -> anyhow::Result<ExitCode> {
    match &command.action {
        LetterAction::List { json } => list(config, *json).await,
        LetterAction::Replay { service, key } => {
            let (context, consumer) = open(config, service).await?;
            let outcome = letters::replay(&context, &consumer, key).await?;
            context.db.close().await;
            match outcome {
                Outcome::Applied | Outcome::Duplicate => println!("applied; what waited behind it has gone on"),
                other => anyhow::bail!("still not applied: {other:?}"),
            }
            Ok(ExitCode::SUCCESS)
        }
        LetterAction::Skip { service, key, reason } => {
            let (context, consumer) = open(config, service).await?;
            letters::skip(&context, &consumer, key, reason).await?;
            context.db.close().await;
            println!("skipped; what waited behind it has gone on");
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn list(config: &Config, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut found = Vec::new();
    let db = Db::open(&config.database).await?;
    for (name, _) in SERVICES {
        found.extend(letters::list(&db, name).await?);
    }
    db.close().await;
    if as_json {
        let rows: Vec<_> = found
            .iter()
            .map(|letter| {
                json!({
                    "service": letter.consumer, "key": letter.event_key, "type": letter.kind, "subject": letter.subject,
                    "reason": letter.reason, "detail": letter.detail, "dead_at": letter.dead_at,
                })
            })
            .collect();
        println!("{}", json!({"dead_letters": rows}));
    } else {
        for letter in &found {
            println!("{}  {}  {}  {}", letter.consumer, letter.event_key, letter.kind, letter.subject);
            println!("    {}: {}", letter.reason, letter.detail);
        }
        println!("{} dead letters", found.len());
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(config: &Config, service: &str) -> anyhow::Result<(Context, Consumer)> {
    let context = context_of(config, service).await?;
    let (_, make) = SERVICES.iter().find(|(name, _)| *name == service).context("a known service")?;
    let consumer = Consumer::of(&make(context.clone()));
    Ok((context, consumer))
}
