//! The libraries that this build uses.

use ats_pat_auth::SignatureProvider;

/// The library that signs in this build.
#[cfg(feature = "aws-lc")]
pub const SIGNATURES: SignatureProvider = SignatureProvider::AwsLc;
#[cfg(not(feature = "aws-lc"))]
pub const SIGNATURES: SignatureProvider = SignatureProvider::Dalek;
