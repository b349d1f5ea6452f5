//! Where the issuer's documents are (RFC 8414).

use serde::Deserialize;

/// What a verifier needs of the authorization server metadata (RFC 8414, section 2), checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) jwks_uri: String,
    /// Where the status lists are listed (draft-ietf-oauth-status-list, section 9).
    pub(crate) status_lists: String,
}

#[derive(Deserialize)]
struct Members {
    issuer: String,
    jwks_uri: String,
    status_list_aggregation_endpoint: String,
}

#[derive(Deserialize)]
struct Aggregation {
    status_lists: Vec<String>,
}

impl Metadata {
    /// The address of an issuer's metadata (RFC 8414, section 3).
    pub(crate) fn url(issuer: &str) -> String {
        format!("{issuer}/.well-known/oauth-authorization-server")
    }

    /// Reads it, if it is the issuer's (RFC 8414, section 3.3), and names addresses of the issuer's only.
    pub(crate) fn parse(body: &[u8], issuer: &str) -> Option<Self> {
        let read: Members = serde_json::from_slice(body).ok()?;
        let is_ours = read.issuer == issuer
            && is_below(&read.jwks_uri, issuer)
            && is_below(&read.status_list_aggregation_endpoint, issuer);
        is_ours.then_some(Self {
            jwks_uri: read.jwks_uri,
            status_lists: read.status_list_aggregation_endpoint,
        })
    }
}

/// The one current list's address, from the document that lists them (draft-ietf-oauth-status-list, section 9.3).
pub(crate) fn current_list(body: &[u8], issuer: &str) -> Option<String> {
    let read: Aggregation = serde_json::from_slice(body).ok()?;
    let [only] = <[String; 1]>::try_from(read.status_lists).ok()?;
    is_below(&only, issuer).then_some(only)
}

/// Whether an address is one of the issuer's: nothing that it answers leads elsewhere.
fn is_below(url: &str, issuer: &str) -> bool {
    url.strip_prefix(issuer).is_some_and(|path| {
        path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic())
    })
}
