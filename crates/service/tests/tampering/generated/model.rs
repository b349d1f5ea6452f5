//! What may be granted: what people were given, and what of it was taken away.

use ats_pat_domain::Timestamp;
use secrecy::SecretString;

use super::policy::Policy;
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

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct User {
    pub name: String,
    pub id: String,
    pub place: Place,
    pub is_administrator: bool,
    pub password: Option<String>,
    pub replaced: Vec<String>,
    pub disabled: bool,
    /// Whether it is in the group that a policy can differ by.
    pub in_group: bool,
    /// Who is responsible for a service account; `None` for a person.
    pub responsible: Option<usize>,
    /// Whether it is a service account.
    pub is_account: bool,
}

impl User {
    pub fn person(name: &str, id: &str, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            id: id.to_owned(),
            place,
            is_administrator: false,
            password: None,
            replaced: Vec::new(),
            disabled: false,
            in_group: false,
            responsible: None,
            is_account: false,
        }
    }
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
    /// Until when it may get secrets by itself.
    pub renews_until: Option<Timestamp>,
    pub fate: Fate,
}

/// How a secret stands to its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Current {
        /// Whether its first exchange ends those in overlap.
        ends_overlap: bool,
    },
    Overlap {
        until: Timestamp,
    },
    Unconfirmed {
        until: Timestamp,
        /// What it brings once it is exchanged.
        expires_at: Timestamp,
    },
}

impl Standing {
    pub const CURRENT: Self = Self::Current {
        ends_overlap: false,
    };

    /// When a secret stops working before its token does.
    pub fn until(self) -> Option<Timestamp> {
        match self {
            Self::Current { .. } => None,
            Self::Overlap { until } | Self::Unconfirmed { until, .. } => Some(until),
        }
    }
}

/// What stands behind a personal access token's string.
pub struct Secret {
    pub text: SecretString,
    pub token: usize,
    pub place: Place,
    pub standing: Standing,
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
    pub policy: Policy,
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

    /// The secrets of a token that were not ended.
    pub fn living_of(&self, token: usize) -> Vec<usize> {
        let secrets = self.secrets.iter().enumerate();
        secrets
            .filter(|(_, secret)| secret.token == token && secret.fate != Fate::Over)
            .map(|(number, _)| number)
            .collect()
    }

    /// Who acts on the tokens of a user: the person, or who is responsible for the account.
    pub fn actor(&self, user: usize) -> Option<usize> {
        let user_is = &self.users[user];
        if user_is.is_account {
            user_is.responsible
        } else {
            Some(user)
        }
    }

    /// Whether the policy lets no token of this owner be exchanged.
    pub fn forbids_exchange(&self, token: usize) -> bool {
        let owner = &self.users[self.tokens[token].owner];
        self.policy.forbids_exchange(owner.in_group)
    }

    /// Whether the policy lets no token of this user carry what it carries.
    pub fn forbids_all(&self, user: usize) -> bool {
        self.policy.forbids_all(self.users[user].in_group)
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
