//! What people and operators do, and what the model learns from the answers.
//!
//! A removal is never refused because of rows. It may say that something is not there where the attacker removed it or
//! gave it another key, and a person whose session or account was spoilt can't act: an operator can.

use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::{
    Error, NewToken, NewUser, PasswordChange, Regeneration, Rotation, Service, SignedIn,
    TokenUpdate,
};
use ats_pat_test_support::world::PASSWORD;
use secrecy::ExposeSecret as _;

use super::ground::{Table, Written, plain};
use super::model::Fate;
use super::play::{Play, address_of, any_address, patiently};

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

    /// Another description, or an earlier expiry: sometimes so early that what was exchanged before would outlive it.
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

    async fn set_password(&mut self, user: usize) {
        let service = self.any_service();
        let must = self.ground.is_clean(&self.model.users[user].place);
        let (new, revoke_tokens) = (self.new_password(), self.rng.bool());
        let name = self.model.users[user].name.clone();
        let (sessions, tokens) = (self.fates_of_sessions(user), self.fates_of_tokens(user));
        let done = service
            .operator()
            .set_password(&name, &new.as_str().into(), revoke_tokens)
            .await;
        let what = format!("user {user} gets a password (revokes tokens: {revoke_tokens})");
        self.settled(what, &done).await;
        match done {
            Ok(_) => self.password_replaced(user, new, sessions, tokens, revoke_tokens),
            Err(error) => self.must_work(must, &error),
        }
    }

    fn password_replaced(
        &mut self,
        user: usize,
        new: String,
        sessions: Vec<(usize, Fate)>,
        tokens: Vec<(usize, Fate)>,
        revoke_tokens: bool,
    ) {
        let old = self.model.users[user].password.replace(new);
        self.model.users[user].replaced.extend(old);
        for (session, fate) in sessions {
            self.model.end_session(session, fate);
        }
        if revoke_tokens {
            for (token, fate) in tokens {
                self.model.end_token(token, fate);
            }
        }
    }

    async fn disable(&mut self, user: usize) {
        if self.model.users[user].is_administrator {
            return;
        }
        let service = self.any_service();
        let place = self.model.users[user].place.clone();
        let must = self.ground.is_found_by(&place, &["name"]);
        let name = self.model.users[user].name.clone();
        let was_disabled = self.model.users[user].disabled;
        let (sessions, bearers) = (self.fates_of_sessions(user), self.fates_of_bearers(user));
        let done = service.operator().disable_user(&name).await;
        let written = self
            .settled(format!("user {user} is disabled"), &done)
            .await;
        let is_another = done.is_ok() && !must;
        if is_another {
            // The attacker put somebody else under the name.
            return;
        }
        let has_ended = !was_disabled || !written.is_nothing();
        self.taken(must, done.err(), |play| {
            play.model.users[user].disabled = true;
            if play.ground.honest_value(&place, "password_hash") == Some("NULL") {
                let old = play.model.users[user].password.take();
                play.model.users[user].replaced.extend(old);
            }
            if has_ended {
                for (session, fate) in sessions {
                    play.model.end_session(session, fate);
                }
                for (bearer, fate) in bearers {
                    let is = &mut play.model.bearers[bearer].fate;
                    *is = if *is == Fate::Over { *is } else { fate };
                }
            }
        });
    }

    async fn enable(&mut self, user: usize) {
        // People come back.
        let disabled: Vec<_> = (0..self.model.users.len())
            .filter(|user| self.model.users[*user].disabled)
            .collect();
        let user = self.rng.choice(disabled).unwrap_or(user);
        let service = self.any_service();
        let must = self.ground.is_clean(&self.model.users[user].place);
        let name = self.model.users[user].name.clone();
        let done = patiently(async || service.operator().enable_user(&name).await).await;
        self.settled(format!("user {user} is enabled"), &done).await;
        match done {
            Ok(_) => self.model.users[user].disabled = false,
            Err(error) => self.must_work(must, &error),
        }
    }

    async fn rotate(&mut self) {
        let service = self.any_service();
        let rotations = [Rotation::Planned, Rotation::AtOnce, Rotation::Compromised];
        let rotation = self.rng.choice(rotations).unwrap();
        let keys = |play: &Self| -> Vec<String> {
            let places = play.ground.honest.keys();
            let keys = places.filter(|place| place.table == Table::SigningKeys);
            keys.map(|place| place.key.clone()).collect()
        };
        let before = keys(self);
        let done = service.operator().rotate_keys(rotation).await;
        self.settled(format!("keys are rotated: {rotation:?}"), &done)
            .await;
        match done {
            Err(Error::RotationPending { .. }) => {}
            done => {
                self.taken(true, done.err(), |play| {
                    if rotation == Rotation::Compromised {
                        for kid in &before {
                            play.model.end_key(kid);
                        }
                    }
                });
            }
        }
    }

    /// A link is made while there is no administrator, as far as the rows say. Its code is seen at the terminal only.
    async fn make_link(&mut self) {
        let service = self.any_service();
        let done = service.make_setup_link().await;
        self.settled("a set-up link is asked for".to_owned(), &done)
            .await;
        // Nobody uses it; the next one, or the administrator who comes back, ends it.
    }

    async fn restart(&mut self) {
        let number = self.rng.usize(..self.deployment.count());
        let forgets = self.rng.bool();
        let must = self.ground.is_all_clean(Table::SigningKeys);
        self.note(format!(
            "service {number} is started again (without its checkpoint: {forgets})"
        ));
        self.count("starts");
        if let Err(error) = self.deployment.restart(number, forgets).await
            && must
        {
            self.violation(format!("service {number} does not start: {error:?}"));
        }
        self.ground.after_call().await;
    }

    async fn flush(&mut self) {
        let service = self.any_service();
        service.flush().await;
        self.settled("flush".to_owned(), &Ok::<_, Error>(())).await;
    }

    /// What a call wrote. One that was refused wrote nothing, but for the place in the status list that an exchange asks for.
    async fn settled<T>(&mut self, what: String, done: &Result<T, Error>) -> Written {
        let written = self.ground.after_call().await;
        // A token that bore another owner for a while lost its secret's place with that owner: that was refused wrongly,
        // and may be.
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

    fn must_work(&mut self, must: bool, error: &Error) {
        if must {
            self.violation(format!(
                "refused, though nobody touched its rows: {error:?}"
            ));
        }
    }

    /// Notes what a removal took, or that it failed where it must not.
    fn taken(&mut self, must: bool, failed: Option<Error>, note: impl FnOnce(&mut Self)) {
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
    async fn signed_in(&mut self, service: &Service, user: usize) -> Option<(usize, SignedIn)> {
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

    fn any_token(&mut self) -> Option<usize> {
        let last = self.model.tokens.len();
        // The later ones live, as a rule.
        let from = if self.rng.bool() {
            last.saturating_sub(4)
        } else {
            0
        };
        (from < last).then(|| self.rng.usize(from..last))
    }

    /// A token, and its owner signed in; whether the owner can act.
    async fn own_token(&mut self) -> Option<(usize, Service, SignedIn, bool)> {
        let token = self.any_token()?;
        let owner = self.model.tokens[token].owner;
        let service = self.any_service();
        let (session, by) = self.signed_in(&service, owner).await?;
        Some((token, service, by, self.session_works(session)))
    }

    fn secret_rows_work(&self, secret: usize) -> bool {
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
    fn is_all_clean_of(&self, user: usize) -> bool {
        self.user_works(user)
            && [Table::Tokens, Table::Secrets, Table::StatusPlaces]
                .into_iter()
                .all(|table| self.ground.is_all_clean(table))
    }

    /// What becomes of a user's sessions that all end: those that are found end.
    fn fates_of_sessions(&self, user: usize) -> Vec<(usize, Fate)> {
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

    /// What becomes of a user's tokens that are all revoked: those that are found, and seem active, are.
    fn fates_of_tokens(&self, user: usize) -> Vec<(usize, Fate)> {
        let tokens = self.model.tokens.iter().enumerate();
        tokens
            .filter(|(_, token)| token.owner == user)
            .map(|(number, token)| (number, fate_if(self.is_token_found(&token.place))))
            .collect()
    }

    fn is_token_found(&self, place: &super::ground::Place) -> bool {
        self.ground
            .is_found_by(place, &["owner_id", "revoked_at", "expires_at"])
    }

    /// What becomes of what was exchanged for a user's tokens, when the user is disabled: another place is given to each
    /// secret that is found.
    fn fates_of_bearers(&self, user: usize) -> Vec<(usize, Fate)> {
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

    fn new_password(&mut self) -> String {
        self.made += 1;
        format!("orbit-of-velvet-plums-{}-{}", self.made, self.rng.u32(..))
    }
}

fn fate_if(is_found: bool) -> Fate {
    if is_found { Fate::Over } else { Fate::Hidden }
}
