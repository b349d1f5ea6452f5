//! What the verifier says, by the names that the vectors have for it.

use ats_pat_verify::{Error, VerifyError};

/// The name of a refusal.
pub fn reason(refused: &Error) -> &'static str {
    match refused {
        Error::MissingCredentials { .. } => "MissingCredentials",
        Error::MalformedCredentials => "MalformedCredentials",
        Error::NotValid(refused) => reason_of_token(*refused),
        Error::NotExchanged => "NotExchanged",
        Error::UnknownKey => "UnknownKey",
        Error::Revoked => "Revoked",
        Error::NotListed => "NotListed",
        Error::KeysUnavailable => "KeysUnavailable",
        Error::StatusUnavailable => "StatusUnavailable",
        other => panic!("no verdict about a token: {other}"),
    }
}

pub fn reason_of_token(refused: VerifyError) -> &'static str {
    match refused {
        VerifyError::Malformed => "Malformed",
        VerifyError::Algorithm => "Algorithm",
        VerifyError::TokenType => "TokenType",
        VerifyError::ForbiddenHeader(_) => "ForbiddenHeader",
        VerifyError::Signature => "Signature",
        VerifyError::Claims => "Claims",
        VerifyError::Issuer => "Issuer",
        VerifyError::Audience => "Audience",
        VerifyError::Expired => "Expired",
        VerifyError::NotYetValid => "NotYetValid",
    }
}
