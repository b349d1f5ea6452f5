//! The formats that issuer, verifier and client share: the personal access token string, the authentication
//! token with its header, claims, signature and published keys, and the status list that tells which
//! authentication tokens were revoked.
//!
//! # Invariants
//!
//! - One text per token: whatever is not exactly the canonical form is refused, so no two texts are the same token.
//! - A [`PersonalAccessToken`] is well formed, is wiped when dropped, and reaches no log by accident: it has neither
//!   `Debug` nor `Display` nor serialization, and no comparison (secrets are compared by their keyed hashes).
//! - [`Claims`] that come out of [`Unverified::verify`] were signed by the given key. Nothing here reads claims before
//!   the signature was found good, and an authentication token chooses neither its algorithm nor its key.
//! - No error quotes what it refuses.
//!
//! # What it does not know
//!
//! No I/O, no clock, no randomness: times, keys and random bytes are passed in. It neither stores, hashes nor looks up
//! anything, holds no private key (the signer brings a finished signature), and knows no policy: whether a token is
//! revoked, and what a scope allows, is decided elsewhere.

mod base62;
mod base64url;
mod claims;
mod header;
mod json;
mod jwk;
mod jws;
mod loopback;
mod operator_key;
mod personal_access_token;
mod secret_text;
mod status_list;
mod status_reference;
mod verify_error;

pub use ed25519_dalek::VerifyingKey;

pub use crate::{
    claims::{Audience, Claims, EmptyAudience},
    header::{Header, STATUS_LIST_TYPE, SigningAlgorithm, TOKEN_TYPE, UnknownAlgorithm},
    jwk::{Jwk, JwkSet, KeyError, thumbprint},
    jws::{Expectations, KnownHeader, MAX_LENGTH, SigningInput, Unverified},
    loopback::is_loopback,
    operator_key::OperatorKeySecret,
    personal_access_token::{Malformed, PersonalAccessToken},
    status_list::{
        CompressedList, IndexTooLarge, ListVersion, MAX_STATUS_INDEX, MAX_STATUS_LIST_LENGTH,
        StatusList, StatusListClaims, UnverifiedStatusList,
    },
    status_reference::StatusReference,
    verify_error::VerifyError,
};
