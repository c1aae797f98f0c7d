//! Why a token is refused: in full for the log, in one sentence for whoever sent it.

use crate::error::{Code, Error};

/// What is wrong with a token. Only the log and the metrics tell these apart; a caller learns no more than
/// an honest one needs, so that a forger cannot feel their way forward.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("no bearer token was sent")]
    Missing,
    #[error("the token is longer than {0} bytes")]
    TooLong(usize),
    #[error("the header is not a JWT header: {0}")]
    Header(#[source] jsonwebtoken::errors::Error),
    #[error("the header names no key id")]
    NoKeyId,
    #[error("the header has critical extensions, of which none is understood")]
    Critical,
    #[error("the key set holds no key {0:?}")]
    UnknownKey(String),
    #[error("the header says {header:?} where the key says {key:?}")]
    Algorithm { header: jsonwebtoken::Algorithm, key: jsonwebtoken::Algorithm },
    #[error("the signature is not the key's")]
    Signature,
    #[error("the claims do not read: {0}")]
    Claims(#[source] jsonwebtoken::errors::Error),
    #[error("the token is from another issuer")]
    Issuer,
    #[error("the token is for another audience")]
    Audience,
    #[error("the subject is empty or too long")]
    Subject,
    #[error("the organisation is not of the form organisations/…")]
    Organisation,
    #[error("{0:?} is not a role")]
    Role(String),
    #[error("the token expired at {0}")]
    Expired(i64),
    #[error("the token is not valid before {0}")]
    NotYetValid(i64),
}

impl Fault {
    /// A word for metrics.
    fn label(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong(_) | Self::Header(_) | Self::Critical => "malformed",
            Self::NoKeyId | Self::UnknownKey(_) => "key",
            Self::Algorithm { .. } => "algorithm",
            Self::Signature => "signature",
            Self::Claims(_) | Self::Subject | Self::Organisation | Self::Role(_) => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired(_) => "expired",
            Self::NotYetValid(_) => "not_yet_valid",
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            // Said only of tokens whose signature is good: an honest caller whose session ran out.
            Self::Expired(_) => "TOKEN_EXPIRED",
            _ => "TOKEN_REFUSED",
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        metrics::counter!("talentflow_tokens_refused_total", "fault" => fault.label()).increment(1);
        let (en, zh) = match fault {
            Fault::Missing => ("no token was sent", "未提供令牌"),
            Fault::Expired(_) => ("the token has expired", "令牌已过期"),
            _ => ("the token is not accepted", "令牌无效"),
        };
        Self::new(Code::Unauthenticated, fault.reason(), en, zh)
            .on("authorization")
            .way_out(
                "sign in and send the header `authorization: Bearer <token>` with a fresh token",
                "请重新登录，并在请求头 `authorization: Bearer <令牌>` 中提供新的令牌",
            )
            .caused_by(fault)
    }
}
