//! The values that are minted into an authentication token.

/// The rights of a personal access token.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// The owner's id (`sub`).
    pub owner_id: &'a str,
    /// The owner's user name (`preferred_username`).
    pub user_name: &'a str,
    /// The personal access token's id (`client_id`).
    pub token_id: &'a str,
    /// Which secret of the personal access token was presented (`ats_generation`).
    pub generation: u32,
    /// The names of the scopes, separated by single spaces (`scope`).
    pub scope: &'a str,
    /// How long the authentication token lives, if the personal access token does not expire
    /// earlier: 1 to 3600 seconds.
    pub lifetime_seconds: u32,
    /// When the personal access token expires, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// Where verifiers look whether it was revoked (`status`).
    pub status: Option<StatusPlace<'a>>,
    /// Who the owner is at the company's identity provider (`sub_id`), if the owner is known there.
    pub subject_id: Option<SubjectId<'a>>,
}

/// A subject by its issuer, in the format `iss_sub` (RFC 9493, section 3.2.4).
#[derive(Debug, Clone, Copy)]
pub struct SubjectId<'a> {
    /// The issuer identifier of the identity provider that names the subject.
    pub issuer: &'a str,
    /// The subject at that issuer.
    pub subject: &'a str,
}

/// A place in a status list (draft-ietf-oauth-status-list, section 6.1).
#[derive(Debug, Clone, Copy)]
pub struct StatusPlace<'a> {
    /// The place, from 0.
    pub index: u64,
    /// The address of the list.
    pub uri: &'a str,
}
