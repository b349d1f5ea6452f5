//! Places in the status list: where a verifier looks whether an authentication token was revoked.

use crate::id::TokenId;
use crate::time::Timestamp;

/// A place in the status list, and the secret that has it.
///
/// The tokens that one secret is exchanged for share its place. A place is given to another secret
/// only when no token that bears it can live any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusPlace {
    /// Which, from 0.
    pub index: u64,
    /// The entry of the secret that has it.
    pub token_id: TokenId,
    /// The generation of that secret.
    pub generation: u32,
    /// Whether the authentication tokens that bear it are revoked: for good, as long as one can
    /// live.
    pub revoked: bool,
    /// From then on no authentication token that bears it can live.
    pub free_at: Timestamp,
}
