//! What works and what is over, by the model and by the rows that nobody touched.

use std::time::Duration;

use ats_pat_domain::port::Clock as _;

use super::model::{Fate, Secret};
use super::play::Play;
use super::table::Table;

/// What ends so soon may have ended when it is asked for.
const SOON: Duration = Duration::from_mins(2);

impl Play {
    pub fn is_owner_disabled(&self, token: usize) -> bool {
        self.model.users[self.model.tokens[token].owner].disabled
    }

    pub fn user_works(&self, user: usize) -> bool {
        let user = &self.model.users[user];
        !user.disabled && self.ground.is_clean(&user.place)
    }

    pub fn session_works(&self, session: usize) -> bool {
        let session = &self.model.sessions[session];
        session.fate == Fate::Works
            && self.ground.is_clean(&session.place)
            && self.user_works(session.user)
    }

    /// Whether a token is neither ended nor about to.
    pub fn token_lives(&self, token: usize) -> bool {
        let token = &self.model.tokens[token];
        let soon = self.deployment.clock.now().after(SOON);
        token.fate == Fate::Works && token.expires_at > soon
    }

    pub fn is_over(&self, secret: usize) -> bool {
        self.is_secret_over(&self.model.secrets[secret])
    }

    /// Whether a secret may be exchanged by nobody.
    pub fn is_secret_over(&self, secret: &Secret) -> bool {
        let now = self.deployment.clock.now();
        secret.fate == Fate::Over
            || secret.standing.until().is_some_and(|until| until <= now)
            || self.is_owner_disabled(secret.token)
            || self.model.forbids_exchange(secret.token)
    }

    /// Whether it is the callers' address alone that keeps a secret from being exchanged.
    pub fn is_only_elsewhere(&self, secret: usize) -> bool {
        let secret = &self.model.secrets[secret];
        let now = self.deployment.clock.now();
        let has_ended = secret.fate == Fate::Over
            || secret.standing.until().is_some_and(|until| until <= now)
            || self.is_owner_disabled(secret.token)
            || self
                .model
                .forbids_all(self.model.tokens[secret.token].owner);
        !has_ended
    }

    pub fn secret_works(&self, secret: usize) -> bool {
        if self.is_over(secret) {
            return false;
        }
        let secret = &self.model.secrets[secret];
        let token = &self.model.tokens[secret.token];
        let soon = self.deployment.clock.now().after(SOON);
        let has_place = self
            .ground
            .honest_value(&secret.place, "status_index")
            .is_some_and(|index| index != "NULL");
        secret.fate == Fate::Works
            && self.token_lives(secret.token)
            && secret.standing.until().is_none_or(|until| until > soon)
            && self.ground.is_clean(&secret.place)
            && self.ground.is_clean(&token.place)
            && self.user_works(token.owner)
            // Whoever spoils the keys stops the signing, and whoever spoils the places stops the
            // giving of another.
            && self.ground.spared.contains(&Table::SigningKeys)
            && self.ground.is_all_clean(Table::Policy)
            && (has_place || self.ground.is_all_clean(Table::StatusPlaces))
    }

    pub fn bearer_works(&self, bearer: usize) -> bool {
        let bearer = &self.model.bearers[bearer];
        bearer.fate == Fate::Works
            && self.deployment.clock.now() < bearer.expires_at
            && self.secret_works(bearer.secret)
    }
}
