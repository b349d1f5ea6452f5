//! What may be granted: what people were given, and what of it was taken away.

use ats_pat_domain::Timestamp;
use secrecy::SecretString;

use super::table::Place;

/// What became of something that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It works, as long as the attacker leaves its rows alone.
    Works,
    /// It was taken away, which was acknowledged: it works nowhere, for ever.
    Over,
    /// Nobody can say: the attacker hid its rows from the change that would have taken it.
    Hidden,
}

pub struct User {
    pub name: String,
    pub id: String,
    pub place: Place,
    pub is_administrator: bool,
    pub password: Option<String>,
    pub replaced: Vec<String>,
    pub disabled: bool,
}

pub struct Session {
    pub id: SecretString,
    pub user: usize,
    pub place: Place,
    pub fate: Fate,
}

pub struct Token {
    pub id: String,
    pub owner: usize,
    pub place: Place,
    pub scope: &'static str,
    pub expires_at: Timestamp,
    pub fate: Fate,
}

/// What stands behind a personal access token's string.
pub struct Secret {
    pub text: SecretString,
    pub token: usize,
    pub place: Place,
    pub fate: Fate,
}

/// An authentication token.
pub struct Bearer {
    pub text: SecretString,
    pub secret: usize,
    pub kid: String,
    pub expires_at: Timestamp,
    pub fate: Fate,
}

#[derive(Default)]
pub struct Model {
    pub users: Vec<User>,
    pub sessions: Vec<Session>,
    pub tokens: Vec<Token>,
    pub secrets: Vec<Secret>,
    pub bearers: Vec<Bearer>,
    /// Codes of set-up links that were used, or replaced by another.
    pub codes_over: Vec<SecretString>,
    /// Signing keys that were destroyed.
    pub keys_over: Vec<String>,
}

impl Model {
    /// Ends what was exchanged for a secret.
    pub fn end_bearers_of(&mut self, secret: usize, fate: Fate) {
        let of_it = |bearer: &&mut Bearer| bearer.secret == secret;
        for bearer in self.bearers.iter_mut().filter(of_it) {
            bearer.fate = worse(bearer.fate, fate);
        }
    }

    pub fn end_secret(&mut self, secret: usize, fate: Fate) {
        let is = self.secrets[secret].fate;
        self.secrets[secret].fate = worse(is, fate);
        self.end_bearers_of(secret, fate);
    }

    pub fn end_token(&mut self, token: usize, fate: Fate) {
        let is = self.tokens[token].fate;
        self.tokens[token].fate = worse(is, fate);
        for secret in 0..self.secrets.len() {
            if self.secrets[secret].token == token {
                self.end_secret(secret, fate);
            }
        }
    }

    pub fn end_session(&mut self, session: usize, fate: Fate) {
        let is = self.sessions[session].fate;
        self.sessions[session].fate = worse(is, fate);
    }

    pub fn end_key(&mut self, kid: &str) {
        self.keys_over.push(kid.to_owned());
        let by_it = |bearer: &&mut Bearer| bearer.kid == kid;
        for bearer in self.bearers.iter_mut().filter(by_it) {
            bearer.fate = Fate::Over;
        }
    }
}

/// What is over stays over.
fn worse(is: Fate, becomes: Fate) -> Fate {
    if is == Fate::Over || becomes == Fate::Works {
        is
    } else {
        becomes
    }
}
