//! Places in the status list, where verifiers check whether an authentication token was revoked.

use crate::id::TokenId;
use crate::time::Timestamp;

/// A place in the status list, and the secret that it belongs to.
///
/// All authentication tokens that a secret is exchanged for share its place. Another secret gets
/// the place only when all of them have expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusPlace {
    /// The index in the list, from 0.
    pub index: u64,
    /// The token of that secret.
    pub token_id: TokenId,
    /// The generation of that secret.
    pub generation: u32,
    /// Whether the authentication tokens with this place are revoked. This never changes back while
    /// one of them could be valid.
    pub revoked: bool,
    /// From this time on, no authentication token with this place can be valid.
    pub free_at: Timestamp,
}
