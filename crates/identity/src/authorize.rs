//! Where a sign-in begins: the address at the provider (OpenID Connect Core 1.0, section 3.1.2.1).

use ats_pat_domain::port::Flow;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow};
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, Scope};

use crate::code::{Client, encoded, verifier};

/// The address that the browser is sent to. A sign-in that has to be recent asks the provider for
/// the password again.
pub(crate) fn url(client: &Client, scopes: &[String], flow: &Flow) -> String {
    let (state, nonce) = (encoded(&flow.state), encoded(&flow.nonce));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier(flow));
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state.clone()),
            move || Nonce::new(nonce.clone()),
        )
        .add_scopes(
            scopes
                .iter()
                .filter(|scope| *scope != "openid")
                .map(|scope| Scope::new(scope.clone())),
        )
        .set_pkce_challenge(challenge);
    if let Some(max_age) = flow.max_age {
        request = request
            .set_max_age(max_age)
            .add_prompt(CoreAuthPrompt::Login);
    }
    let (url, _, _) = request.url();
    url.into()
}
