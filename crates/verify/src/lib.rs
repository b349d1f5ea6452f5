//! Checks ATS authentication tokens offline, for services that receive `Authorization: Bearer …`, and refuses those
//! that were revoked within seconds.

mod attempts;
mod authentication_token;
#[cfg(feature = "axum")]
pub mod axum;
mod bearer;
mod builder;
mod clock;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod follow;
mod key_source;
mod keys;
mod metadata;
#[cfg(feature = "poem")]
pub mod poem;
mod revocation;
mod shared;
mod verifier;

pub use ats_pat_token::{Claims, VerifyError};

#[cfg(feature = "fetch")]
pub use crate::fetch::Fetch;
pub use crate::{
    authentication_token::AuthenticationToken,
    builder::{MAX_LEEWAY, SettingError, VerifierBuilder},
    clock::{Clock, SystemClock},
    error::Error,
    key_source::{Document, DocumentRequest, KeySource, SourceError},
    verifier::Verifier,
};
