//! The client of the OAuth 2.0 code flow: the address to begin at, and the code.

use std::pin::Pin;
use std::sync::Arc;

use ats_pat_domain::port::{Flow, IdentityError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreTokenResponse,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl,
    RequestTokenError,
};
use secrecy::ExposeSecret;

use crate::cache::Known;
use crate::distrust::Distrust;
use crate::fetch::{Fetch, FetchError};
use crate::settings::Settings;
use crate::trouble::Trouble;

const WHAT: &str = "the code";

/// A client whose provider is known.
pub(crate) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The client of these settings.
pub(crate) fn client(settings: &Settings, known: &Known) -> Result<Client, Trouble> {
    let secret = settings.client_secret.as_ref();
    let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
    // The settings were looked at when the provider was made.
    let redirect_url =
        RedirectUrl::new(settings.redirect_url.clone()).map_err(|_| Trouble::Endpoint {
            what: "the callback",
        })?;
    let client = CoreClient::from_provider_metadata(
        known.document.clone(),
        ClientId::new(settings.client_id.clone()),
        secret,
    );
    Ok(client
        .set_redirect_uri(redirect_url)
        .set_auth_type(authentication(known)))
}

/// How the secret is shown: in the header, which every provider should take, unless it takes it in
/// the body only.
fn authentication(known: &Known) -> AuthType {
    let methods = known.document.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
    if !takes(CoreClientAuthMethod::ClientSecretBasic)
        && takes(CoreClientAuthMethod::ClientSecretPost)
    {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// The verifier as PKCE sends it (RFC 7636, section 4.1).
pub(crate) fn verifier(flow: &Flow) -> PkceCodeVerifier {
    PkceCodeVerifier::new(encoded(&flow.verifier))
}

/// A random value as it goes over the wire.
pub(crate) fn encoded(random: &[u8; 32]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random)
}

/// Gives the code to the provider, with the proof that this service asked for it.
pub(crate) async fn redeem(
    client: &Client,
    fetch: &Fetch,
    flow: &Flow,
    code: &str,
) -> Result<CoreTokenResponse, IdentityError> {
    let request = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(|_| Trouble::Endpoint { what: "tokens" })?
        .set_pkce_verifier(verifier(flow));
    request
        .request_async(fetch)
        .await
        .map_err(|error| match error {
            RequestTokenError::ServerResponse(refusal) => match refusal.error() {
                CoreErrorResponseType::InvalidGrant => Distrust::CodeRefused.into(),
                other => Trouble::Client {
                    code: printable(other.as_ref()),
                }
                .into(),
            },
            RequestTokenError::Request(error) => Trouble::Fetch {
                what: WHAT,
                source: Arc::new(error),
            }
            .into(),
            // Its text may quote the tokens.
            RequestTokenError::Parse(..) => Distrust::NoIdToken.into(),
            RequestTokenError::Other(_) => Trouble::Malformed { what: WHAT }.into(),
        })
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The first characters of an error code of a provider, without any that RFC 6749, section 5.2
/// doesn't allow there.
pub(crate) fn printable(code: &str) -> String {
    let allowed = |c: &char| (' '..='~').contains(c) && *c != '"' && *c != '\\';
    code.chars().filter(allowed).take(100).collect()
}
