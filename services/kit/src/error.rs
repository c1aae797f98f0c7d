//! One error for every edge: what a caller may know is kept apart from what only the log may say.
//!
//! A refusal always names the field or resource, the rule and the way out, in English and Chinese;
//! [`Error::into_status`] puts them into `google.rpc.Status` details, and the gateway makes
//! problem+json of the same details.

use std::fmt;
use tonic::{Code as Grpc, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request is wrong in itself: correct it.
    Invalid,
    /// Nobody, or nobody we can trust: sign in.
    Unauthenticated,
    /// Known, but not allowed.
    Forbidden,
    /// Not there, or not yours; the two are not told apart.
    NotFound,
    AlreadyExists,
    /// The state of things forbids it now: change that first.
    Refused,
    /// Somebody was faster: read again and decide again.
    Conflict,
    /// Too much at once: wait and repeat.
    Exhausted,
    /// A dependency does not answer: repeat later.
    Unavailable,
    /// Our fault.
    Internal,
}

impl Code {
    pub fn grpc(self) -> Grpc {
        match self {
            Self::Invalid => Grpc::InvalidArgument,
            Self::Unauthenticated => Grpc::Unauthenticated,
            Self::Forbidden => Grpc::PermissionDenied,
            Self::NotFound => Grpc::NotFound,
            Self::AlreadyExists => Grpc::AlreadyExists,
            Self::Refused => Grpc::FailedPrecondition,
            Self::Conflict => Grpc::Aborted,
            Self::Exhausted => Grpc::ResourceExhausted,
            Self::Unavailable => Grpc::Unavailable,
            Self::Internal => Grpc::Internal,
        }
    }
}

/// The HTTP status of a gRPC code, as `google.rpc.Code` documents it.
pub fn http_status(code: Grpc) -> u16 {
    match code {
        Grpc::Ok => 200,
        Grpc::Cancelled => 499,
        Grpc::InvalidArgument | Grpc::FailedPrecondition | Grpc::OutOfRange => 400,
        Grpc::Unauthenticated => 401,
        Grpc::PermissionDenied => 403,
        Grpc::NotFound => 404,
        Grpc::AlreadyExists | Grpc::Aborted => 409,
        Grpc::ResourceExhausted => 429,
        Grpc::Unimplemented => 501,
        Grpc::Unavailable => 503,
        Grpc::DeadlineExceeded => 504,
        Grpc::Unknown | Grpc::Internal | Grpc::DataLoss => 500,
    }
}

/// An error on its way to a caller.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    reason: &'static str,
    field: Option<String>,
    rule: Option<String>,
    en: String,
    zh: String,
    way_out: Option<(String, String)>,
    /// What else is wrong with the request: field and description.
    more: Vec<(String, String)>,
    /// For the log alone.
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    transient: bool,
}

impl Error {
    pub fn new(code: Code, reason: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            reason,
            field: None,
            rule: None,
            en: en.into(),
            zh: zh.into(),
            way_out: None,
            more: Vec::new(),
            source: None,
            transient: false,
        }))
    }

    /// A field that is wrong in itself.
    pub fn invalid(field: &str, reason: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::Invalid, reason, en, zh).on(field)
    }

    /// A field that must be given.
    pub fn required(field: &str, expected: &str) -> Self {
        Self::invalid(
            field,
            "REQUIRED",
            format!("`{field}` is required: expected {expected}"),
            format!("缺少 `{field}`，应为 {expected}"),
        )
    }

    /// The state of things forbids it; `subject` is the field or resource that stands in the way.
    pub fn refused(subject: &str, reason: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::Refused, reason, en, zh).on(subject)
    }

    pub fn not_found(name: impl fmt::Display) -> Self {
        let name = name.to_string();
        Self::new(
            Code::NotFound,
            "NOT_FOUND",
            format!("{name} does not exist, or is not yours to see"),
            format!("{name} 不存在，或您无权查看"),
        )
        .on(&name)
    }

    /// A guarded write found another version than the one it was decided on.
    pub fn stale(what: &str) -> Self {
        let mut error = Self::new(
            Code::Conflict,
            "STALE",
            format!("{what} was changed by somebody else in the meantime"),
            format!("{what} 已被他人修改"),
        )
        .on(what)
        .way_out("read it again and decide on what it is now", "请重新读取后再决定");
        // Reading again and deciding again is what a retry of the whole use case does.
        error.0.transient = true;
        error
    }

    /// The caller's etag is not the resource's.
    pub fn etag(what: &str) -> Self {
        let mut error = Self::stale(what);
        error.0.transient = false;
        error.0.reason = "ETAG_MISMATCH";
        error.on("etag")
    }

    pub fn unavailable(en: impl Into<String>) -> Self {
        let mut error = Self::new(Code::Unavailable, "UNAVAILABLE", en, "服务暂时不可用，请稍后重试");
        error.0.transient = true;
        error
    }

    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "INTERNAL", "an internal error occurred; it has been logged", "内部错误，已记录")
            .caused_by(source)
    }

    /// A statement failed: what the engine says decides whether trying again can help.
    #[expect(clippy::needless_pass_by_value, reason = "so that it serves as the argument of map_err")]
    pub fn statement(name: &str, error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned();
        let mut mapped = match &error {
            // Two transactions met (PostgreSQL 40001, 40P01; SQLite BUSY and its relatives).
            _ if matches!(code.as_str(), "40001" | "40P01" | "5" | "6" | "517") => {
                Self::new(Code::Conflict, "CONTENTION", "too many changes to the same record at once", "同一记录的并发修改过多")
            }
            // Disk full (53100; SQLite FULL), too many connections, shutting down, read-only replica.
            _ if code.starts_with("53") || code.starts_with("57P") || matches!(code.as_str(), "13" | "25006") => {
                Self::unavailable("the database takes no writes at the moment")
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Self::unavailable("the database does not answer")
            }
            sqlx::Error::Database(db) if db.is_unique_violation() => {
                Self::new(Code::AlreadyExists, "ALREADY_EXISTS", "a record with this identity exists already", "该记录已存在")
            }
            _ => Self::internal("statement failed"),
        };
        mapped.0.transient = matches!(mapped.0.code, Code::Conflict | Code::Unavailable);
        mapped.caused_by(format!("{name}: {error}"))
    }

    /// Names the field or resource.
    #[must_use]
    pub fn on(mut self, field: &str) -> Self {
        self.0.field = Some(field.to_owned());
        self
    }

    /// Names the rule that refused: its id, article and version.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.0.rule = Some(rule.into());
        self
    }

    /// Says what the caller can do.
    #[must_use]
    pub fn way_out(mut self, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.0.way_out = Some((en.into(), zh.into()));
        self
    }

    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts `prefix` before the field, for elements of a batch (`requests[3].person`).
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.0.field = Some(match self.0.field.take() {
            Some(field) if !field.is_empty() => format!("{prefix}.{field}"),
            // What is wrong is the element itself.
            _ => prefix.to_owned(),
        });
        self
    }

    /// Something else that is wrong with the same request, told as a further field violation.
    #[must_use]
    pub fn and(mut self, field: impl Into<String>, en: impl Into<String>) -> Self {
        self.0.more.push((field.into(), en.into()));
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }
    pub fn reason(&self) -> &'static str {
        self.0.reason
    }
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }
    pub fn message(&self) -> &str {
        &self.0.en
    }
    pub fn message_zh(&self) -> &str {
        &self.0.zh
    }
    /// Whether the same thing, tried again, may succeed.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// The status a gRPC caller sees. The source is logged here, and goes no further.
    pub fn into_status(self) -> Status {
        let inner = *self.0;
        if let Some(source) = &inner.source {
            if inner.code == Code::Internal {
                tracing::error!(reason = inner.reason, %source, "request failed");
            } else {
                tracing::debug!(reason = inner.reason, %source, "request refused");
            }
        }
        let field = inner.field.unwrap_or_default();
        let mut details = ErrorDetails::new();
        let mut metadata = std::collections::HashMap::new();
        if let Some(rule) = &inner.rule {
            metadata.insert("rule".to_owned(), rule.clone());
        }
        if !field.is_empty() {
            metadata.insert("field".to_owned(), field.clone());
        }
        if let Some((en, zh)) = &inner.way_out {
            metadata.insert("way_out".to_owned(), en.clone());
            metadata.insert("way_out_zh".to_owned(), zh.clone());
        }
        details.set_error_info(inner.reason, "talentflow", metadata);
        match inner.code {
            Code::Invalid => {
                details.add_bad_request_violation(field, inner.en.clone());
                for (field, en) in inner.more {
                    details.add_bad_request_violation(field, en);
                }
            }
            Code::Refused => {
                details.add_precondition_failure_violation(
                    inner.rule.as_deref().unwrap_or(inner.reason),
                    field,
                    inner.en.clone(),
                );
            }
            Code::Exhausted | Code::Unavailable => {
                details.set_retry_info(Some(std::time::Duration::from_secs(1)));
            }
            _ => {}
        }
        details.set_localized_message("zh-CN", inner.zh);
        Status::with_error_details(inner.code.grpc(), inner.en, details)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::statement("connection", error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.en)?;
        if let Some((en, _)) = &self.0.way_out {
            write!(f, "; {en}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("reason", &self.0.reason)
            .field("field", &self.0.field)
            .field("message", &self.0.en)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {}
