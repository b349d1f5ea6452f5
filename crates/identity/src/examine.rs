//! What operators want to know of a provider before anybody signs in there.

use std::time::Duration;

use ats_pat_domain::port::{Clock, IdentityError};
use openidconnect::{Scope, TokenUrl, UserInfoUrl};

use crate::SKEW;
use crate::algorithm::Algorithm;
use crate::discovery::Discovery;
use crate::fetch::Fetch;
use crate::settings::Settings;

/// What a provider publishes, by the settings of this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Where people sign in.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: Option<String>,
    /// Where claims are asked for that the ID token lacks.
    pub userinfo_endpoint: Option<String>,
    /// Where the browser is sent to sign out of the provider. `None` if the provider doesn't tell.
    pub end_session_endpoint: Option<String>,
    /// Whether it ends sign-ins here by back-channel logout. `None` if it doesn't tell.
    pub back_channel_logout: Option<bool>,
    /// How many keys it has that can check signatures.
    pub keys: usize,
    /// The signature algorithms of the settings that it says it makes. Empty if no answer of it can
    /// be believed.
    pub algorithms: Vec<&'static str>,
    /// The scopes of the settings that it doesn't name among its own. `None` if it names none.
    pub unknown_scopes: Option<Vec<String>>,
    /// How far its clock is ahead of this machine's, or behind it. `None` if it doesn't tell the
    /// time.
    pub clock: Option<ClockDifference>,
}

/// How far another clock is from this machine's, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// The difference, never negative.
    pub by: Duration,
    /// Whether the other clock is ahead.
    pub is_ahead: bool,
}

impl ClockDifference {
    /// Whether ID tokens are refused because of it.
    pub fn is_too_much(&self) -> bool {
        self.by > SKEW
    }
}

pub(crate) async fn examine(
    settings: &Settings,
    fetch: &Fetch,
    clock: &dyn Clock,
) -> Result<Published, IdentityError> {
    let discovery = Discovery::new(fetch.clone(), settings.issuer.clone());
    let (document, date) = discovery.dated_document().await?;
    let now = clock.now();
    let keys = discovery.keys(&document).await?;
    let made = document.id_token_signing_alg_values_supported();
    let is_made = |algorithm: &&Algorithm| made.contains(&algorithm.as_core());
    let algorithms = settings.algorithms.iter().filter(is_made);
    let unknown_scopes = document.scopes_supported().map(|known| {
        let is_unknown = |scope: &&String| !known.contains(&Scope::new((*scope).clone()));
        settings.scopes.iter().filter(is_unknown).cloned().collect()
    });
    let additional = document.additional_metadata();
    Ok(Published {
        authorization_endpoint: document.authorization_endpoint().url().to_string(),
        token_endpoint: document.token_endpoint().map(TokenUrl::to_string),
        userinfo_endpoint: document.userinfo_endpoint().map(UserInfoUrl::to_string),
        end_session_endpoint: additional
            .end_session_endpoint
            .as_ref()
            .map(ToString::to_string),
        back_channel_logout: additional.backchannel_logout_supported,
        keys: keys.keys().len(),
        algorithms: algorithms.map(|algorithm| algorithm.as_str()).collect(),
        unknown_scopes,
        // The header has whole seconds.
        clock: date.map(|date| ClockDifference {
            by: Duration::from_secs(date.as_seconds().abs_diff(now.as_seconds())),
            is_ahead: date.as_seconds() > now.as_seconds(),
        }),
    })
}
