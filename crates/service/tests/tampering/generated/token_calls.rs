//! What owners of tokens do, or who is responsible for a service account, and those who hold a
//! secret; and what the model learns from the answers.

use std::time::Duration;

use ats_pat_service::{Acting, NewToken, Owner, Regeneration, Service, SignedIn, TokenUpdate};
use secrecy::ExposeSecret as _;

use super::literal::plain;
use super::model::{Fate, Standing};
use super::outcome::Tried;
use super::play::{Play, any_address, patiently};

/// A token, and who acts on it, signed in.
struct Acted {
    token: usize,
    service: Service,
    by: SignedIn,
    on: Owner,
    /// Whether whoever acts can.
    must: bool,
}

impl Play {
    /// Who acts on the tokens of a user, signed in; whether they can.
    async fn acting(&mut self, service: &Service, owner: usize) -> Option<(SignedIn, Owner, bool)> {
        let actor = self.model.actor(owner)?;
        let (session, by) = self.signed_in(service, actor).await?;
        let user = &self.model.users[owner];
        let on = if user.is_account {
            Owner::service_account(&user.id)
        } else {
            Owner::Own
        };
        let must = self.session_works(session) && self.ground.is_clean(&user.place);
        Some((by, on, must))
    }

    async fn own_token(&mut self) -> Option<Acted> {
        let token = self.any_token()?;
        let service = self.any_service();
        let owner = self.model.tokens[token].owner;
        let (by, on, must) = self.acting(&service, owner).await?;
        Some(Acted {
            token,
            service,
            by,
            on,
            must,
        })
    }

    pub async fn create(&mut self, user: usize) {
        let service = self.any_service();
        let Some((by, on, must)) = self.acting(&service, user).await else {
            return;
        };
        self.made += 1;
        let must = must && self.is_all_clean_of(user) && !self.model.forbids_all(user);
        let policy = self.model.policy;
        let at = |days| {
            let days = u64::from(policy.days(days));
            service.now().after(Duration::from_hours(24 * days))
        };
        let renews_until = (self.rng.u8(..4) > 0).then(|| at(60));
        let new = NewToken {
            name: Some(format!("token {}", self.made)),
            expires_at: Some(at(30).to_string()),
            may_regenerate_itself: renews_until.is_some(),
            regenerates_until: renews_until.map(|until| until.to_string()),
            ..NewToken::default()
        };
        let by = Acting::on(&by, on);
        let done = patiently(async || service.create_token(by, new.clone()).await).await;
        let what = format!("token {} is created for user {user}", self.made);
        let written = self.settled(what, &done).await;
        match done {
            Ok(issued) => self.note_token(user, &issued, renews_until, &written),
            Err(error) => self.must_work(must, &error),
        }
    }

    pub async fn exchange_one(&mut self, user: usize) {
        let owned = |play: &Self, secret: usize| {
            play.model.tokens[play.model.secrets[secret].token].owner == user
        };
        let secrets: Vec<_> = (0..self.model.secrets.len())
            .filter(|secret| owned(self, *secret))
            .collect();
        let Some(secret) = self.rng.choice(secrets) else {
            return;
        };
        if self.is_over(secret) {
            return;
        }
        let service = self.any_service();
        let must = self.secret_works(secret);
        let exchanged = self.exchange_secret(&service, secret, must).await;
        match exchanged {
            Ok(exchanged) => self.note_bearer(secret, &exchanged),
            Err(error) => self.must_work(must, &error),
        }
    }

    pub(super) async fn regenerate(&mut self) {
        let Some(acted) = self.own_token().await else {
            return;
        };
        let Acted { token, service, .. } = &acted;
        let (token, id) = (*token, self.model.tokens[acted.token].id.clone());
        let must = acted.must
            && self.is_all_clean_of(self.model.tokens[token].owner)
            && self.token_lives(token);
        let overlaps = self.rng.bool();
        let ends_overlap = overlaps && self.rng.bool();
        let asked = Regeneration {
            overlap_hours: if overlaps { 24 } else { 0 },
            end_overlap_at_first_use: ends_overlap,
            ..Regeneration::default()
        };
        let tried = self.tried(token);
        let by = Acting::on(&acted.by, acted.on);
        let done = patiently(async || service.regenerate_token(by, &id, asked.clone()).await).await;
        let what = format!("token {token} is regenerated (overlap: {overlaps})");
        let written = self.settled(what, &done).await;
        match done {
            Ok(issued) => {
                let until = issued.token.previous_secret_valid_until;
                self.end_tried(&tried, &written, |standing| match (standing, until) {
                    (Standing::Current { .. }, Some(until)) => Some(Standing::Overlap { until }),
                    _ => None,
                });
                self.count(if until.is_some() {
                    "overlaps"
                } else {
                    "replacements"
                });
                self.model.tokens[token].expires_at = issued.token.expires_at;
                let standing = Standing::Current {
                    ends_overlap: ends_overlap && until.is_some(),
                };
                self.note_secret(token, &issued.secret, standing, &written);
            }
            Err(error) => self.must_work(must, &error),
        }
    }

    pub(super) async fn end_overlap(&mut self) {
        let Some(acted) = self.own_token().await else {
            return;
        };
        let token = acted.token;
        let id = self.model.tokens[token].id.clone();
        let must = acted.must && self.is_found_by_owner(token);
        let tried = self.tried(token);
        let by = Acting::on(&acted.by, acted.on);
        let done = acted.service.end_overlap(by, &id).await;
        let what = format!("the overlap of token {token} is ended");
        let written = self.settled(what, &done).await;
        self.taken(must, done.err(), |play| {
            play.end_tried(&tried, &written, |standing| match standing {
                Standing::Current { .. } => Some(Standing::CURRENT),
                Standing::Unconfirmed { .. } => Some(standing),
                Standing::Overlap { .. } => None,
            });
        });
    }

    /// A token gets a secret by itself, for one that it has.
    pub(super) async fn renew(&mut self) {
        let secrets: Vec<_> = (0..self.model.secrets.len())
            .filter(|secret| !self.is_over(*secret))
            .collect();
        let Some(secret) = self.rng.choice(secrets) else {
            return;
        };
        let service = self.any_service();
        let (token, now) = (self.model.secrets[secret].token, service.now());
        let standing = self.model.secrets[secret].standing;
        let must = self.secret_works(secret)
            && !matches!(standing, Standing::Overlap { .. })
            && self.model.tokens[token].renews_until > Some(now)
            && self.is_all_clean_of(self.model.tokens[token].owner);
        let tried = self.tried(token);
        let text = self.model.secrets[secret].text.clone();
        let address = any_address(&mut self.rng);
        let shown = text.expose_secret().as_bytes();
        let done = patiently(async || {
            let holder = service.authenticate_holder(&[shown], address).await?;
            service.regenerate_itself(&holder, None).await
        })
        .await;
        let what = format!("token {token} gets a secret by itself, for secret {secret}");
        let written = self.settled(what, &done).await;
        match done {
            Ok(renewed) => {
                self.count("renewals");
                // The one that is shown counts as used by that.
                self.note_first_use(secret, &tried, &written);
                let still = self.still_there(&tried, secret);
                self.end_tried(&still, &written, |standing| {
                    let is_other = matches!(standing, Standing::Unconfirmed { .. });
                    (!is_other).then_some(standing)
                });
                let standing = Standing::Unconfirmed {
                    until: renewed.confirm_before,
                    expires_at: renewed.expires_at,
                };
                self.note_secret(token, &renewed.secret, standing, &written);
            }
            Err(error) => self.must_work(must, &error),
        }
    }

    /// Another description, or an earlier expiry: sometimes so early that what was exchanged before
    /// would outlive it.
    pub(super) async fn update(&mut self) {
        let Some(acted) = self.own_token().await else {
            return;
        };
        let Acted { token, service, .. } = &acted;
        let token = *token;
        let (id, now) = (self.model.tokens[token].id.clone(), service.now());
        let before = self.model.tokens[token].expires_at;
        let left = before.since(now);
        let is_alive = self.model.tokens[token].fate == Fate::Works && !left.is_zero();
        let takes = is_alive && self.rng.bool();
        let becomes = if self.rng.bool() {
            now.after(left / 10 * 9)
        } else {
            now.after(left.min(Duration::from_mins(65)))
        };
        self.made += 1;
        let asked = TokenUpdate {
            description: Some(format!("description {}", self.made)),
            expires_at: takes.then(|| becomes.to_string()),
            ..TokenUpdate::default()
        };
        let must = acted.must
            && self.is_all_clean_of(self.model.tokens[token].owner)
            && self.token_lives(token);
        let tried = self.tried(token);
        let by = Acting::on(&acted.by, acted.on);
        let done = patiently(async || service.update_token(by, &id, asked.clone()).await).await;
        let what = format!("token {token} is changed: {asked:?}");
        let written = self.settled(what, &done).await;
        match done {
            Ok(token_now) if takes => {
                self.count("expiries that came earlier");
                let expires_at = token_now.expires_at;
                let tried = if expires_at < before { &tried[..] } else { &[] };
                self.note_earlier_expiry(token, expires_at, tried, &written);
            }
            Ok(_) => {}
            Err(error) => self.must_work(must, &error),
        }
    }

    /// Whether a token is found where its owner's are looked for. What is left of one that was
    /// ended while it bore another owner is the other's.
    fn is_found_by_owner(&self, token: usize) -> bool {
        let token = &self.model.tokens[token];
        let owner = &self.model.users[token.owner].place.key;
        self.ground.is_found_by(&token.place, &["owner_id"])
            && self
                .ground
                .honest_value(&token.place, "owner_id")
                .map(plain)
                == Some(owner.clone())
    }

    pub(super) async fn revoke(&mut self) {
        let Some(acted) = self.own_token().await else {
            return;
        };
        let token = acted.token;
        let id = self.model.tokens[token].id.clone();
        let must = acted.must && self.is_found_by_owner(token);
        let by = Acting::on(&acted.by, acted.on);
        let done = acted.service.revoke_token(by, &id).await;
        let what = format!("token {token} is revoked by who acts on it");
        self.settled(what, &done).await;
        self.taken(must, done.err(), |play| {
            play.model.end_token(token, Fate::Over);
        });
    }

    pub(super) async fn revoke_as_operator(&mut self) {
        let Some(token) = self.any_token() else {
            return;
        };
        let service = self.any_service();
        let (id, place) = (
            self.model.tokens[token].id.clone(),
            self.model.tokens[token].place.clone(),
        );
        let must = self.ground.is_found_by(&place, &[]);
        let done = service.operator().revoke_token(&id).await;
        self.settled(format!("token {token} is revoked by an operator"), &done)
            .await;
        self.taken(must, done.err(), |play| {
            play.model.end_token(token, Fate::Over);
        });
    }

    /// Who shows a secret ends its token, if the secret works. If it does not, that is no error.
    pub(super) async fn revoke_as_holder(&mut self) {
        if self.model.secrets.is_empty() {
            return;
        }
        let secret = self.rng.usize(..self.model.secrets.len());
        let service = self.any_service();
        let (text, token) = (
            self.model.secrets[secret].text.clone(),
            self.model.secrets[secret].token,
        );
        let works = self.secret_rows_work(secret);
        let address = any_address(&mut self.rng);
        let done = if self.rng.bool() {
            service.revoke_as_holder(&text, address).await
        } else {
            service
                .report_leaked(std::slice::from_ref(&text), address)
                .await
        };
        let written = self
            .settled(
                format!("the holder of secret {secret} revokes token {token}"),
                &done,
            )
            .await;
        let has_ended = written.changed.contains(&self.model.tokens[token].place);
        self.taken(true, done.err(), |play| {
            if works || has_ended {
                play.model.end_token(token, Fate::Over);
            }
        });
    }

    /// Those that were not ended, without the one that was shown.
    fn still_there(&self, tried: &[Tried], shown: usize) -> Vec<Tried> {
        let is_there = |tried: &&Tried| {
            tried.secret != shown && self.model.secrets[tried.secret].fate != Fate::Over
        };
        tried.iter().filter(is_there).copied().collect()
    }
}
