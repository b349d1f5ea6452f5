//! Where the issuer's documents are (RFC 8414).

use serde::Deserialize;

/// What a verifier needs from the authorization server metadata (RFC 8414, section 2), checked.
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

    /// Reads the metadata, if it is the issuer's (RFC 8414, section 3.3) and names only addresses
    /// of the issuer.
    pub(crate) fn parse(body: &[u8], issuer: &str) -> Result<Self, MetadataError> {
        let read: Members = serde_json::from_slice(body).map_err(|_| MetadataError::Unusable)?;
        if read.issuer != issuer {
            return Err(MetadataError::OtherIssuer {
                named: read.issuer.chars().take(MAX_NAMED).collect(),
                expected: issuer.to_owned(),
            });
        }
        let is_ours = is_below(&read.jwks_uri, issuer)
            && is_below(&read.status_list_aggregation_endpoint, issuer);
        if !is_ours {
            return Err(MetadataError::Unusable);
        }
        Ok(Self {
            jwks_uri: read.jwks_uri,
            status_lists: read.status_list_aggregation_endpoint,
        })
    }
}

/// How much of another issuer's name an error quotes, in characters.
const MAX_NAMED: usize = 200;

/// Why metadata can't be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MetadataError {
    /// It is another issuer's metadata. Change the public URL there, or the issuer here.
    #[error(
        "the metadata is the issuer {named:?}'s, but this verifier expects {expected:?}: give both the same URL"
    )]
    OtherIssuer { named: String, expected: String },
    /// It is not a JSON object with what a verifier needs, or it names addresses of another host.
    #[error("the metadata is not what a verifier needs")]
    Unusable,
}

/// The address of the current list, from the document that lists all of them
/// (draft-ietf-oauth-status-list, section 9.3).
pub(crate) fn current_list(body: &[u8], issuer: &str) -> Option<String> {
    let read: Aggregation = serde_json::from_slice(body).ok()?;
    let [only] = <[String; 1]>::try_from(read.status_lists).ok()?;
    is_below(&only, issuer).then_some(only)
}

/// Whether an address is one of the issuer's. This is how no answer leads to another host.
fn is_below(url: &str, issuer: &str) -> bool {
    url.strip_prefix(issuer).is_some_and(|path| {
        path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic())
    })
}
