//! The discovery document of a provider (OpenID Connect Discovery 1.0) and its keys.

use std::sync::Arc;

use ats_pat_domain::{Issuer, Timestamp};
use chrono::DateTime;
use http::header::{ACCEPT, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, ProviderMetadata, TokenUrl, UserInfoUrl};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fetch::Fetch;
use crate::keys;
use crate::trouble::Trouble;

/// How much of another issuer an error quotes, in characters.
const QUOTED: usize = 200;

/// What the document says beside what every provider has.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Additional {
    /// Whether answers carry `iss` (RFC 9207, section 3).
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
    /// Where sign-ins at the provider end (RP-Initiated Logout 1.0, section 2.1).
    pub(crate) end_session_endpoint: Option<Url>,
    /// Whether it ends sign-ins here (Back-Channel Logout 1.0, section 2.1).
    #[serde(default)]
    pub(crate) backchannel_logout_supported: Option<bool>,
}

impl AdditionalProviderMetadata for Additional {}

/// A discovery document (OpenID Connect Discovery 1.0, section 3).
pub(crate) type Document = ProviderMetadata<
    Additional,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Reads what a provider publishes.
#[derive(Clone, Debug)]
pub(crate) struct Discovery {
    fetch: Fetch,
    issuer: Issuer,
}

impl Discovery {
    pub(crate) fn new(fetch: Fetch, issuer: Issuer) -> Self {
        Self { fetch, issuer }
    }

    /// Reads the document. It has to be for the issuer of the settings, byte for byte, and each
    /// address in it that is used has to be protected.
    pub(crate) async fn document(&self) -> Result<Document, Trouble> {
        Ok(self.dated_document().await?.0)
    }

    /// The same, with the time that the provider says it is (RFC 9110, section 6.6.1).
    pub(crate) async fn dated_document(&self) -> Result<(Document, Option<Timestamp>), Trouble> {
        let what = "the discovery document";
        let issuer = self.issuer.as_str().trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let answer = self.get(what, &url).await?;
        let date = answer.headers().get(DATE).and_then(|date| {
            let date = DateTime::parse_from_rfc2822(date.to_str().ok()?).ok()?;
            Some(Timestamp::from_millis(date.timestamp_millis()))
        });
        let document: Document =
            serde_json::from_slice(answer.body()).map_err(|_| Trouble::Malformed { what })?;
        let found = document.issuer().as_str();
        if found != self.issuer.as_str() {
            return Err(Trouble::OtherIssuer {
                found: found.chars().take(QUOTED).collect(),
            });
        }
        self.check_addresses(&document)?;
        Ok((document, date))
    }

    fn check_addresses(&self, document: &Document) -> Result<(), Trouble> {
        let additional = document.additional_metadata();
        let needed = [
            ("signing in", Some(document.authorization_endpoint().url())),
            ("tokens", document.token_endpoint().map(TokenUrl::url)),
            ("keys", Some(document.jwks_uri().url())),
        ];
        let optional = [
            (
                "userinfo",
                document.userinfo_endpoint().map(UserInfoUrl::url),
            ),
            ("signing out", additional.end_session_endpoint.as_ref()),
        ];
        for (what, url) in needed {
            if !url.is_some_and(|url| self.fetch.allows(url)) {
                return Err(Trouble::Endpoint { what });
            }
        }
        for (what, url) in optional {
            if url.is_some_and(|url| !self.fetch.allows(url)) {
                return Err(Trouble::Endpoint { what });
            }
        }
        Ok(())
    }

    /// Reads the keys that a document names.
    pub(crate) async fn keys(&self, document: &Document) -> Result<CoreJsonWebKeySet, Trouble> {
        let url = document.jwks_uri().url().as_str();
        let answer = self.get("the keys", url).await?;
        keys::read(answer.body())
    }

    async fn get(&self, what: &'static str, url: &str) -> Result<Response<Vec<u8>>, Trouble> {
        let request = Request::get(url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Vec::new())
            .map_err(|_| Trouble::Endpoint { what })?;
        let answer = self
            .fetch
            .send(request)
            .await
            .map_err(|error| Trouble::Fetch {
                what,
                source: Arc::new(error),
            })?;
        if answer.status() != StatusCode::OK {
            return Err(Trouble::Status {
                what,
                status: answer.status().as_u16(),
            });
        }
        if is_json(answer.headers()) {
            Ok(answer)
        } else {
            Err(Trouble::MediaType { what })
        }
    }
}

/// Whether an answer is JSON, or a key set.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        ["application/json", "application/jwk-set+json"]
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
    })
}
