//! What is kept of a command: the answer under its idempotency key, and who did what.

use super::Call;
use crate::context::Context;
use crate::db::{Tx, args, instant_text, statements};
use crate::error::Error;
use crate::id::{AuditId, Id as _};
use chrono::{DateTime, Utc};
use prost::Message;
use serde_json::json;
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
        tx.change(KEEP_ANSWER, args![entry.service, self.subject(), self.key.as_str(), answer], "idempotency-key").await?;
        self.audit(tx, answer, entry).await
    }

    /// As `keep`, where no key was claimed before: the whole record is written at once, with others of its transaction.
    /// That the same command is under way elsewhere shows when they are written, and then all of it is tried again.
    pub async fn keep_whole(&self, tx: &mut Tx, answer: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        let at = instant_text(entry.at);
        let (method, request) = (&self.call.method, &self.fingerprint);
        tx.defer(KEEP_WHOLE, &(entry.service, self.subject(), &self.key, method, request, hex::encode(answer), at)).await?;
        self.audit(tx, answer, entry).await
    }

    async fn audit(&self, tx: &mut Tx, answer: &[u8], entry: &Entry<'_>) -> Result<(), Error> {
        let row = (
            entry.id.uuid(),
            entry.service,
            instant_text(entry.at),
            self.subject(),
            &self.call.principal.organisation,
            &self.call.method,
            &self.fingerprint,
            hex::encode(Sha256::digest(answer)),
            entry.traceparent,
        );
        tx.defer(AUDIT, &row).await
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
    let keys: Vec<_> = asked.map(|one| json!([one.subject(), one.key])).collect();
    let rows: Vec<Row> = tx.fetch_all(ANSWERS_OF_KEYS, args![context.service, json!(keys).to_string()]).await?;
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
    /// Takes subjects and keys as a JSON array of pairs.
    ANSWERS_OF_KEYS = {
        postgres: "SELECT i.subject, i.key, i.method, i.request, i.answer FROM unnest(ARRAY(SELECT jsonb_array_elements(CAST(CAST($2 AS TEXT) AS JSONB)))) AS asked (e) JOIN idempotency i ON i.service = $1 AND i.subject = e->>0 AND i.key = e->>1",
        sqlite: "SELECT i.subject, i.key, i.method, i.request, i.answer FROM jsonb_each($2) AS asked JOIN idempotency i ON i.service = $1 AND i.subject = asked.value->>0 AND i.key = asked.value->>1",
        reason: "neither engine reads the other's form of a JSON array",
    };
    /// Takes whole records as a JSON array of rows. A key that somebody else has used is not written, and then the
    /// number of rows tells.
    KEEP_WHOLE = {
        postgres: "INSERT INTO idempotency (service, subject, key, method, request, answer, created_at) SELECT e->>0, e->>1, e->>2, e->>3, e->>4, decode(e->>5, 'hex'), CAST(e->>6 AS TIMESTAMPTZ) FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS kept (e) ORDER BY e->>1, e->>2 ON CONFLICT (service, subject, key) DO NOTHING",
        sqlite: "INSERT INTO idempotency (service, subject, key, method, request, answer, created_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, unhex(value->>5), value->>6 FROM jsonb_each($1) WHERE TRUE ON CONFLICT (service, subject, key) DO NOTHING",
        reason: "neither engine reads the other's form of a JSON array",
    };
    /// Takes the entries as a JSON array of rows.
    AUDIT = {
        postgres: "INSERT INTO audit (audit_id, service, at, actor, organisation, method, request, answer, traceparent) SELECT CAST(e->>0 AS UUID), e->>1, CAST(e->>2 AS TIMESTAMPTZ), e->>3, e->>4, e->>5, e->>6, e->>7, e->>8 FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS entries (e)",
        sqlite: "INSERT INTO audit (audit_id, service, at, actor, organisation, method, request, answer, traceparent) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8 FROM jsonb_each($1)",
        reason: "neither engine reads the other's form of a JSON array",
    };
}
