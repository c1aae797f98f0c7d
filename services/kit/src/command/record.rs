//! What is kept of a command: the answer under its idempotency key, and who did what.

use super::Call;
use crate::context::Context;
use crate::db::{Tx, args, statements};
use crate::error::Error;
use crate::id::AuditId;
use chrono::{DateTime, Utc};
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tonic::Request;

/// A command as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub call: Call,
    pub key: String,
    /// SHA-256 of the request: the same key with another body is another command.
    pub fingerprint: String,
}

/// What is known under an idempotency key: method, fingerprint and answer of the first command.
pub(super) type First = (String, String, Option<Vec<u8>>);

impl Asked {
    /// Takes a request apart into who asks for what, and what is asked.
    pub fn read<Req: Message>(request: Request<Req>) -> Result<(Self, Req), Error> {
        let call = super::call_of(&request)?;
        let key = idempotency_key(&request)?;
        let message = request.into_inner();
        let fingerprint = fingerprint(&message);
        Ok((Self { call, key, fingerprint }, message))
    }

    pub fn subject(&self) -> &str {
        &self.call.principal.subject
    }

    /// Claims the idempotency key, or finds what it was answered the first time. A second call that
    /// arrives while the first is still at work waits for it here.
    pub async fn first_answer(&self, context: &Context, tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, Error> {
        let (key, method) = (self.key.as_str(), self.call.method.as_str());
        let claim = args![context.service, self.subject(), key, method, self.fingerprint.as_str(), now];
        if tx.execute(CLAIM_KEY, claim).await? == 1 {
            return Ok(None);
        }
        self.known_answer(context, tx).await
    }

    /// What this key was answered, if it was; refused for another request.
    pub async fn known_answer(&self, context: &Context, tx: &mut Tx) -> Result<Option<Vec<u8>>, Error> {
        let find = args![context.service, self.subject(), self.key.as_str()];
        match tx.fetch_optional(ANSWER_OF_KEY, find).await? {
            Some(first) => self.repeat(context, first),
            None => Ok(None),
        }
    }

    /// The answer of the first time, if this is the same command again.
    pub fn repeat(&self, context: &Context, (method, request, answer): First) -> Result<Option<Vec<u8>>, Error> {
        if method != self.call.method || request != self.fingerprint {
            return Err(Error::refused(
                "idempotency-key",
                "IDEMPOTENCY_KEY_REUSED",
                format!("this idempotency key was used before, for another request ({method})"),
                format!("该幂等键已用于另一请求（{method}）"),
            )
            .way_out(
                "send a new key with a new command; repeat a command with its own key and body unchanged",
                "新命令请使用新的幂等键；重试时请保持原键与原内容不变",
            ));
        }
        metrics::counter!("talentflow_commands_repeated_total", "service" => context.service).increment(1);
        Ok(answer)
    }

    /// Keeps the answer under its key, and who did what.
    pub async fn keep(&self, tx: &mut Tx, answer: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        tx.defer_change(KEEP_ANSWER, args![entry.service, self.subject(), self.key.as_str(), answer], "idempotency-key");
        self.audit(tx, answer, entry).await
    }

    /// As `keep`, where no key was claimed before: the whole record is written at once, with others of its transaction.
    /// That the same command is under way elsewhere shows when they are written, and then all of it is tried again.
    pub async fn keep_whole(&self, tx: &mut Tx, answer: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        let (method, request) = (self.call.method.as_str(), self.fingerprint.as_str());
        let row = args![entry.service, self.subject(), self.key.as_str(), method, request, answer, entry.at];
        tx.defer(KEEP_WHOLE, row).await?;
        self.audit(tx, answer, entry).await
    }

    async fn audit(&self, tx: &mut Tx, answer: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        let row = args![
            entry.id,
            entry.service,
            entry.at,
            self.subject(),
            self.call.principal.organisation.as_deref(),
            self.call.method.as_str(),
            self.fingerprint.as_str(),
            hex::encode(Sha256::digest(answer)),
            entry.traceparent,
        ];
        tx.defer(AUDIT, row).await
    }
}

/// What tells a command from another under the same key.
pub(super) fn fingerprint(message: &impl Message) -> String {
    hex::encode(Sha256::digest(message.encode_to_vec()))
}

/// What an audit entry says besides the command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub id: AuditId,
    pub service: &'static str,
    pub at: DateTime<Utc>,
    pub traceparent: Option<&'a str>,
}

#[derive(sqlx::FromRow)]
struct Row {
    subject: String,
    key: String,
    method: String,
    request: String,
    answer: Option<Vec<u8>>,
}

/// What is known under the keys of several commands, by subject and key.
pub(super) async fn known<'a>(
    context: &Context,
    tx: &mut Tx,
    asked: impl Iterator<Item = &'a Asked>,
) -> Result<BTreeMap<(String, String), First>, Error> {
    let keys = asked.map(|one| args![one.subject(), one.key.as_str()]).collect();
    let rows: Vec<Row> = tx.fetch_rows(ANSWERS_OF_KEYS, args![context.service], keys).await?;
    Ok(rows.into_iter().map(|row| ((row.subject, row.key), (row.method, row.request, row.answer))).collect())
}

fn idempotency_key<T>(request: &Request<T>) -> Result<String, Error> {
    let expected = "1 to 128 visible ASCII characters, such as a UUID";
    match request.metadata().get("idempotency-key").map(tonic::metadata::MetadataValue::to_str) {
        Some(Ok(key)) if (1..=128).contains(&key.len()) => Ok(key.to_owned()),
        None => Err(Error::required("idempotency-key", expected).way_out(
            "send the header `idempotency-key`, fresh for each command and unchanged when it is repeated",
            "请在请求头中提供 `idempotency-key`：每个新命令使用新值，重试时保持不变",
        )),
        Some(_) => Err(Error::invalid(
            "idempotency-key",
            "IDEMPOTENCY_KEY",
            format!("`idempotency-key` is not {expected}"),
            "`idempotency-key` 应为 1 至 128 个可见 ASCII 字符",
        )),
    }
}

statements! {
    CLAIM_KEY = "INSERT INTO idempotency (service, subject, key, method, request, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (service, subject, key) DO NOTHING";
    ANSWER_OF_KEY = "SELECT method, request, answer FROM idempotency WHERE service = $1 AND subject = $2 AND key = $3";
    KEEP_ANSWER = "UPDATE idempotency SET answer = $4 WHERE service = $1 AND subject = $2 AND key = $3";
    /// Takes subjects and keys as rows.
    ANSWERS_OF_KEYS = {
        postgres: "SELECT i.subject, i.key, i.method, i.request, i.answer FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[])) AS asked (subject, key) JOIN idempotency i ON i.service = $1 AND i.subject = asked.subject AND i.key = asked.key",
        sqlite: "SELECT i.subject, i.key, i.method, i.request, i.answer FROM jsonb_each($2) AS asked CROSS JOIN idempotency i ON i.service = $1 AND i.subject = asked.value->>0 AND i.key = asked.value->>1",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Takes whole records as rows. A key that somebody else has used is not written, and then the
    /// number of rows tells.
    KEEP_WHOLE = {
        postgres: "INSERT INTO idempotency (service, subject, key, method, request, answer, created_at) SELECT * FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS BYTEA[]), CAST($7 AS TIMESTAMPTZ[])) AS kept (service, subject, key) ORDER BY subject, key ON CONFLICT (service, subject, key) DO NOTHING",
        sqlite: "INSERT INTO idempotency (service, subject, key, method, request, answer, created_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, unhex(value->>5), value->>6 FROM jsonb_each($1) WHERE TRUE ON CONFLICT (service, subject, key) DO NOTHING",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Takes the entries as rows.
    AUDIT = {
        postgres: "INSERT INTO audit (audit_id, service, at, actor, organisation, method, request, answer, traceparent) SELECT * FROM unnest(CAST($1 AS UUID[]), CAST($2 AS TEXT[]), CAST($3 AS TIMESTAMPTZ[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[]))",
        sqlite: "INSERT INTO audit (audit_id, service, at, actor, organisation, method, request, answer, traceparent) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8 FROM jsonb_each($1)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
}
