//! What people do, and what the model learns from the answers.
//!
//! A removal is never refused because of rows. It may say that something is not there where the
//! attacker removed it or gave it another key, and a person whose session or account was spoilt
//! can't act: an operator can.

use std::time::Duration;

use ats_pat_service::{NewToken, NewUser, PasswordChange, Regeneration, TokenUpdate};
use ats_pat_test_support::world::PASSWORD;
use secrecy::ExposeSecret as _;

use super::literal::plain;
use super::model::Fate;
use super::outcome::fate_if;
use super::play::{Play, address_of, any_address, patiently};
use super::table::Table;

impl Play {
    /// One call, chosen by the dice.
    pub async fn call(&mut self) {
        let users: Vec<_> = (0..self.model.users.len())
            .filter(|user| self.user_works(*user))
            .collect();
        let users = if users.is_empty() || self.rng.u8(..4) == 0 {
            (0..self.model.users.len()).collect()
        } else {
            users
        };
        let user = self.rng.choice(users).unwrap();
        match self.rng.u8(..43) {
            0..4 => self.sign_in(user).await,
            4..8 => self.create(user).await,
            8..12 => self.exchange_one(user).await,
            12..15 => self.regenerate().await,
            15..18 => self.revoke().await,
            18..20 => self.revoke_as_operator().await,
            20..22 => self.revoke_as_holder().await,
            22..25 => self.sign_out().await,
            25 => self.end_other_sessions().await,
            26..28 => self.change_password(user).await,
            28..30 => self.set_password(user).await,
            30..32 => self.disable(user).await,
            32..35 => self.enable(user).await,
            35..37 => self.rotate().await,
            37 => self.make_link().await,
            40..43 => self.update().await,
            38 if self.rng.bool() => self.restart().await,
            38 => {
                self.made += 1;
                let name = format!("user-{}", self.made);
                self.add_user(&name).await;
            }
            _ => self.flush().await,
        }
    }

    /// People come, too.
    pub async fn add_user(&mut self, name: &str) {
        let service = self.any_service();
        let new = NewUser {
            name: name.to_owned(),
            id: None,
            display_name: None,
            email: None,
            administrator: false,
            password: Some(PASSWORD.into()),
        };
        let done = patiently(async || service.operator().add_user(new.clone()).await).await;
        let written = self.settled(format!("{name} is added"), &done).await;
        match done {
            Ok(user) => self.note_user(name, &user.id.to_string(), false, &written),
            Err(error) => self.must_work(self.ground.is_all_clean(Table::Users), &error),
        }
    }

    pub async fn sign_in(&mut self, user: usize) {
        let service = self.any_service();
        let (name, must) = (self.model.users[user].name.clone(), self.user_works(user));
        let Some(password) = self.model.users[user].password.clone() else {
            return;
        };
        let address = address_of(user);
        let done = patiently(async || {
            service
                .sign_in(&name, &password.as_str().into(), address)
                .await
        })
        .await;
        let written = self.settled(format!("{name} signs in"), &done).await;
        match done {
            Ok(signed_in) => {
                let place = written.new_in(Table::Sessions).unwrap().clone();
                self.note_session(user, signed_in.session_id, place);
            }
            Err(error) => self.must_work(must, &error),
        }
    }

    pub async fn create(&mut self, user: usize) {
        let service = self.any_service();
        let Some((session, by)) = self.signed_in(&service, user).await else {
            return;
        };
        self.made += 1;
        let must = self.session_works(session) && self.is_all_clean_of(user);
        let new = NewToken {
            name: Some(format!("token {}", self.made)),
            expires_at: Some(
                service
                    .now()
                    .after(Duration::from_hours(24 * 30))
                    .to_string(),
            ),
            ..NewToken::default()
        };
        let done = patiently(async || service.create_token(&by, new.clone()).await).await;
        let written = self
            .settled(format!("user {user} creates token {}", self.made), &done)
            .await;
        match done {
            Ok(issued) => self.note_token(user, &issued, &written),
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
        if self.model.secrets[secret].fate == Fate::Over || self.model.users[user].disabled {
            return;
        }
        let service = self.any_service();
        let must = self.secret_works(secret);
        let text = self.model.secrets[secret].text.clone();
        let done = self.exchange_patiently(&service, &text, must).await;
        self.settled(format!("exchange of secret {secret}"), &done)
            .await;
        match done {
            Ok(exchanged) => self.note_bearer(secret, &exchanged.token),
            Err(error) => self.must_work(must, &error),
        }
    }

    async fn regenerate(&mut self) {
        let Some((token, service, by, must)) = self.own_token().await else {
            return;
        };
        let id = self.model.tokens[token].id.clone();
        let must = must
            && self.is_all_clean_of(self.model.tokens[token].owner)
            && self.model.tokens[token].fate == Fate::Works;
        let done = patiently(async || {
            service
                .regenerate_token(&by, &id, Regeneration::default())
                .await
        })
        .await;
        let written = self
            .settled(format!("token {token} is regenerated"), &done)
            .await;
        match done {
            Ok(issued) => {
                for secret in 0..self.model.secrets.len() {
                    if self.model.secrets[secret].token == token {
                        self.model.end_secret(secret, Fate::Over);
                    }
                }
                self.model.tokens[token].expires_at = issued.token.expires_at;
                self.note_secret(token, &issued, &written);
            }
            Err(error) => self.must_work(must, &error),
        }
    }

    /// Another description, or an earlier expiry: sometimes so early that what was exchanged before
    /// would outlive it.
    async fn update(&mut self) {
        let Some((token, service, by, must)) = self.own_token().await else {
            return;
        };
        let (id, now) = (self.model.tokens[token].id.clone(), service.now());
        let left = self.model.tokens[token].expires_at.since(now);
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
        let must = must
            && self.is_all_clean_of(self.model.tokens[token].owner)
            && self.model.tokens[token].fate == Fate::Works;
        let done = patiently(async || service.update_token(&by, &id, asked.clone()).await).await;
        self.settled(format!("token {token} is changed: {asked:?}"), &done)
            .await;
        match done {
            Ok(token_now) if takes => {
                self.count("expiries that came earlier");
                self.model.tokens[token].expires_at = token_now.expires_at;
                for bearer in 0..self.model.bearers.len() {
                    let of = self.model.secrets[self.model.bearers[bearer].secret].token;
                    if of == token && self.model.bearers[bearer].expires_at > token_now.expires_at {
                        self.model.bearers[bearer].fate = Fate::Over;
                    }
                }
            }
            Ok(_) => {}
            Err(error) => self.must_work(must, &error),
        }
    }

    async fn revoke(&mut self) {
        let Some((token, service, by, must)) = self.own_token().await else {
            return;
        };
        let (id, place) = (
            self.model.tokens[token].id.clone(),
            self.model.tokens[token].place.clone(),
        );
        // What is left of one that was ended while it bore another owner is the other's.
        let owner = &self.model.users[self.model.tokens[token].owner].place.key;
        let must = must
            && self.ground.is_found_by(&place, &["owner_id"])
            && self.ground.honest_value(&place, "owner_id").map(plain) == Some(owner.clone());
        let done = service.revoke_token(&by, &id).await;
        self.settled(format!("token {token} is revoked by its owner"), &done)
            .await;
        self.taken(must, done.err(), |play| {
            play.model.end_token(token, Fate::Over);
        });
    }

    async fn revoke_as_operator(&mut self) {
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
    async fn revoke_as_holder(&mut self) {
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

    async fn sign_out(&mut self) {
        if self.model.sessions.is_empty() {
            return;
        }
        let session = self.rng.usize(..self.model.sessions.len());
        let service = self.any_service();
        let (id, place) = (
            self.model.sessions[session].id.clone(),
            self.model.sessions[session].place.clone(),
        );
        let fate = fate_if(self.ground.is_found_by(&place, &[]));
        let done = service.sign_out(Some(id.expose_secret())).await;
        self.settled(format!("sign-out of session {session}"), &done)
            .await;
        self.taken(true, done.err(), |play| {
            play.model.end_session(session, fate);
        });
    }

    async fn end_other_sessions(&mut self) {
        let user = self.rng.usize(..self.model.users.len());
        let service = self.any_service();
        let Some((session, by)) = self.signed_in(&service, user).await else {
            return;
        };
        let must = self.session_works(session);
        let fates = self.fates_of_sessions(user);
        let done = service.end_other_sessions(&by).await;
        self.settled(
            format!("user {user} ends all sessions but {session}"),
            &done,
        )
        .await;
        self.taken(must, done.err(), |play| {
            for (other, fate) in fates {
                if other != session {
                    play.model.end_session(other, fate);
                }
            }
        });
    }

    async fn change_password(&mut self, user: usize) {
        let service = self.any_service();
        let Some((session, by)) = self.signed_in(&service, user).await else {
            return;
        };
        let Some(current) = self.model.users[user].password.clone() else {
            return;
        };
        let must = self.session_works(session);
        let (new, revoke_tokens) = (self.new_password(), self.rng.bool());
        let change = PasswordChange {
            current: current.as_str().into(),
            new: new.as_str().into(),
            revoke_tokens,
        };
        let (sessions, tokens) = (self.fates_of_sessions(user), self.fates_of_tokens(user));
        let done = service.change_password(&by, change, address_of(user)).await;
        let what = format!("user {user} changes the password (revokes tokens: {revoke_tokens})");
        let written = self.settled(what, &done).await;
        match done {
            Ok(signed_in) => {
                self.password_replaced(user, new, sessions, tokens, revoke_tokens);
                let place = written.new_in(Table::Sessions).unwrap().clone();
                self.note_session(user, signed_in.session_id, place);
            }
            Err(error) => self.must_work(must, &error),
        }
    }
}
