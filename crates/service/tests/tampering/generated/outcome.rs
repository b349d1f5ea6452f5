//! What a call may do to rows that somebody touched, and what becomes of them.

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::{Error, Exchanged, Service, SignedIn};
use secrecy::ExposeSecret as _;

use super::ground::Written;
use super::literal::plain;
use super::model::{Fate, Standing};
use super::play::{Play, patiently};
use super::table::{Place, Table};

/// A secret that a call may end.
#[derive(Clone, Copy)]
pub struct Tried {
    pub secret: usize,
    /// Whether nobody had touched its row.
    was_clean: bool,
}

impl Play {
    /// What a call wrote. One that was refused wrote nothing, but for the place in the status list
    /// that an exchange asks for.
    pub(super) async fn settled<T>(&mut self, what: String, done: &Result<T, Error>) -> Written {
        let written = self.ground.after_call().await;
        // A token that bore another owner for a while lost its secret's place with that owner: that
        // was refused wrongly, and may be.
        for secret in 0..self.model.secrets.len() {
            if written.changed.contains(&self.model.secrets[secret].place) {
                self.model.end_bearers_of(secret, Fate::Hidden);
            }
        }
        self.count("calls");
        match done {
            Ok(_) => {
                self.count("calls that were answered");
                self.note(what);
            }
            Err(error) => {
                self.note(format!("{what}: {error:?}"));
                if !written.is_nothing() && !what.starts_with("exchange") {
                    self.violation(format!("refused, and yet it wrote rows: {what}: {error:?}"));
                }
            }
        }
        written
    }

    pub(super) fn must_work(&mut self, must: bool, error: &Error) {
        if must {
            self.violation(format!(
                "refused, though nobody touched its rows: {error:?}"
            ));
        }
    }

    /// Notes what a removal took, or that it failed where it must not.
    pub(super) fn taken(
        &mut self,
        must: bool,
        failed: Option<Error>,
        note: impl FnOnce(&mut Self),
    ) {
        match failed {
            None => {
                self.count("removals");
                note(self);
            }
            Some(error) if must => self.violation(format!("a removal failed: {error:?}")),
            Some(_) => self.count("removals of what the attacker hid"),
        }
    }

    /// One of the sessions of a user, found.
    pub(super) async fn signed_in(
        &mut self,
        service: &Service,
        user: usize,
    ) -> Option<(usize, SignedIn)> {
        let of_user = |play: &Self, session: usize| {
            let session = &play.model.sessions[session];
            session.user == user && session.fate != Fate::Over
        };
        let sessions: Vec<_> = (0..self.model.sessions.len())
            .filter(|session| of_user(self, *session))
            .collect();
        let session = self.rng.choice(sessions)?;
        let id = self.model.sessions[session].id.clone();
        let by = patiently(async || service.authenticate(id.expose_secret()).await).await;
        self.ground.after_call().await;
        Some((session, by.ok()?))
    }

    pub(super) fn any_token(&mut self) -> Option<usize> {
        let last = self.model.tokens.len();
        // The later ones live, as a rule.
        let from = if self.rng.bool() {
            last.saturating_sub(4)
        } else {
            0
        };
        (from < last).then(|| self.rng.usize(from..last))
    }

    /// The secrets of a token before a call that may end them.
    pub(super) fn tried(&self, token: usize) -> Vec<Tried> {
        let living = self.model.living_of(token).into_iter();
        living
            .map(|secret| Tried {
                secret,
                was_clean: self.ground.is_clean(&self.model.secrets[secret].place),
            })
            .collect()
    }

    /// What becomes of secrets by a call: another standing, or `None` for the end. One whose row
    /// the call didn't find was hidden from it.
    pub(super) fn end_tried(
        &mut self,
        tried: &[Tried],
        written: &Written,
        becomes: impl Fn(Standing) -> Option<Standing>,
    ) {
        for Tried { secret, was_clean } in tried {
            let model = &mut self.model.secrets[*secret];
            if let Some(standing) = becomes(model.standing) {
                model.standing = standing;
                continue;
            }
            // Once another one is in use, one that was is nothing any more, wherever it was.
            let was_current = matches!(model.standing, Standing::Current { .. });
            let is_found = *was_clean || written.touches(&model.place) || was_current;
            self.model.end_secret(*secret, fate_if(is_found));
        }
    }

    /// A token ends earlier than it did: so does what was exchanged for it, and a secret that would
    /// bring a later expiry.
    pub(super) fn note_earlier_expiry(
        &mut self,
        token: usize,
        expires_at: Timestamp,
        tried: &[Tried],
        written: &Written,
    ) {
        self.end_tried(tried, written, |standing| {
            let is_it = matches!(standing, Standing::Unconfirmed { .. });
            (!is_it).then_some(standing)
        });
        let model = &mut self.model.tokens[token];
        model.expires_at = expires_at;
        model.renews_until = model.renews_until.map(|until| until.min(expires_at));
        for bearer in 0..self.model.bearers.len() {
            let of = self.model.secrets[self.model.bearers[bearer].secret].token;
            if of == token && self.model.bearers[bearer].expires_at > expires_at {
                self.model.bearers[bearer].fate = Fate::Over;
            }
        }
    }

    /// The first exchange with a secret that its token got by itself, or that ends an overlap.
    pub(super) fn note_first_use(&mut self, secret: usize, tried: &[Tried], written: &Written) {
        let others: Vec<Tried> = tried
            .iter()
            .filter(|tried| tried.secret != secret)
            .copied()
            .collect();
        match self.model.secrets[secret].standing {
            Standing::Current { ends_overlap: true } => {
                self.end_tried(&others, written, |standing| {
                    let is_it = matches!(standing, Standing::Overlap { .. });
                    (!is_it).then_some(standing)
                });
            }
            Standing::Unconfirmed { expires_at, .. } => {
                self.count("confirmations");
                self.end_tried(&others, written, |_| None);
                let token = &mut self.model.tokens[self.model.secrets[secret].token];
                let until = token.renews_until.unwrap_or(expires_at);
                token.expires_at = expires_at.min(until);
            }
            Standing::Current { .. } | Standing::Overlap { .. } => return,
        }
        self.model.secrets[secret].standing = Standing::CURRENT;
    }

    /// One exchange; what it ended is noted.
    pub(super) async fn exchange_secret(
        &mut self,
        service: &Service,
        secret: usize,
        must: bool,
    ) -> Result<Exchanged, Error> {
        let token = self.model.secrets[secret].token;
        let tried = self.tried(token);
        let text = self.model.secrets[secret].text.clone();
        let done = self.exchange_patiently(service, &text, must).await;
        let written = self
            .settled(format!("exchange of secret {secret}"), &done)
            .await;
        let place = self.model.tokens[token].place.clone();
        match &done {
            Ok(_) => self.note_first_use(secret, &tried, &written),
            // What its first use ended is committed before the exchange is refused for another
            // reason.
            Err(_) if tried.iter().any(|tried| self.was_written(tried, &written)) => {
                for Tried { secret, .. } in tried {
                    self.model.end_secret(secret, Fate::Hidden);
                }
                let expires_at = self.ground.honest_value(&place, "expires_at");
                if let Some(millis) = expires_at.and_then(|text| plain(text).parse().ok()) {
                    self.model.tokens[token].expires_at = Timestamp::from_millis(millis);
                }
            }
            Err(_) => {}
        }
        done
    }

    fn was_written(&self, tried: &Tried, written: &Written) -> bool {
        let secret = &self.model.secrets[tried.secret];
        secret.standing != Standing::CURRENT && written.touches(&secret.place)
    }

    pub(super) fn secret_rows_work(&self, secret: usize) -> bool {
        let secret = &self.model.secrets[secret];
        let token = &self.model.tokens[secret.token];
        secret.fate == Fate::Works
            && [
                &secret.place,
                &token.place,
                &self.model.users[token.owner].place,
            ]
            .into_iter()
            .all(|place| self.ground.is_clean(place))
    }

    /// Whether nobody touched anything that a new token or secret of the user stands beside.
    pub(super) fn is_all_clean_of(&self, user: usize) -> bool {
        self.user_works(user)
            && [
                Table::Tokens,
                Table::Secrets,
                Table::StatusPlaces,
                Table::Policy,
            ]
            .into_iter()
            .all(|table| self.ground.is_all_clean(table))
    }

    /// What becomes of a user's sessions that all end: those that are found end.
    pub(super) fn fates_of_sessions(&self, user: usize) -> Vec<(usize, Fate)> {
        let sessions = self.model.sessions.iter().enumerate();
        sessions
            .filter(|(_, session)| session.user == user)
            .map(|(number, session)| {
                (
                    number,
                    fate_if(self.ground.is_found_by(&session.place, &["user_id"])),
                )
            })
            .collect()
    }

    /// What becomes of a user's tokens that are all revoked: those that are found, and seem active,
    /// are.
    pub(super) fn fates_of_tokens(&self, user: usize) -> Vec<(usize, Fate)> {
        let tokens = self.model.tokens.iter().enumerate();
        tokens
            .filter(|(_, token)| token.owner == user)
            .map(|(number, token)| (number, fate_if(self.is_token_found(&token.place))))
            .collect()
    }

    pub(super) fn is_token_found(&self, place: &Place) -> bool {
        self.ground
            .is_found_by(place, &["owner_id", "revoked_at", "expires_at"])
    }

    /// What becomes of what was exchanged for a user's tokens, when the user is disabled: another
    /// place is given to each secret that is found.
    pub(super) fn fates_of_bearers(&self, user: usize) -> Vec<(usize, Fate)> {
        let now = self.deployment.clock.now();
        let bearers = self.model.bearers.iter().enumerate();
        bearers
            .filter(|(_, bearer)| now < bearer.expires_at)
            .filter_map(|(number, bearer)| {
                let secret = &self.model.secrets[bearer.secret];
                let token = &self.model.tokens[secret.token];
                (token.owner == user).then(|| {
                    let is_found = self.is_token_found(&token.place)
                        && self
                            .ground
                            .is_found_by(&secret.place, &["token_id", "generation"]);
                    (number, fate_if(is_found))
                })
            })
            .collect()
    }

    pub(super) fn new_password(&mut self) -> String {
        self.made += 1;
        format!("orbit-of-velvet-plums-{}-{}", self.made, self.rng.u32(..))
    }
}

pub fn fate_if(is_found: bool) -> Fate {
    if is_found { Fate::Over } else { Fate::Hidden }
}
