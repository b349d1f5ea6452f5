//! Asking every service whether it grants what it may, and only that.

use ats_pat_domain::port::Clock as _;
use ats_pat_service::{Error, Exchanged, Service};
use secrecy::{ExposeSecret as _, SecretString};

use super::model::Fate;
use super::play::{Play, address_of, any_address, until_it_works};
use super::table::Table;

/// How many of each kind of what is over are tried at each service.
const TRIED: usize = 6;

impl Play {
    pub async fn probe(&mut self) {
        self.probe_what_is_over(TRIED).await;
        self.probe_what_works().await;
        self.probe_keys().await;
    }

    /// What was taken away works nowhere.
    pub async fn probe_what_is_over(&mut self, most: usize) {
        for number in 0..self.deployment.count() {
            let service = self.deployment.service(number);
            for session in self.some(most, |play| {
                indices(&play.model.sessions, |session| {
                    session.fate == Fate::Over || play.model.users[session.user].disabled
                })
            }) {
                let id = self.model.sessions[session].id.clone();
                let granted = service.authenticate(id.expose_secret()).await.is_ok();
                self.refused(number, granted, || format!("session {session}"));
            }
            for secret in self.some(most, |play| {
                indices(&play.model.secrets, |secret| {
                    secret.fate == Fate::Over || play.is_owner_disabled(secret.token)
                })
            }) {
                let text = self.model.secrets[secret].text.clone();
                let granted = self.exchange(&service, &text).await.is_ok();
                self.refused(number, granted, || format!("exchange of secret {secret}"));
                let told = service.introspect(&self.introspector, &text).await;
                let granted = told.is_ok_and(|told| told.is_some());
                self.refused(number, granted, || {
                    format!("introspection of secret {secret}")
                });
            }
            for bearer in self.some(most, |play| {
                indices(&play.model.bearers, |bearer| {
                    let token = play.model.secrets[bearer.secret].token;
                    bearer.fate == Fate::Over || play.is_owner_disabled(token)
                })
            }) {
                let text = self.model.bearers[bearer].text.clone();
                let granted = service.identity(text.expose_secret()).await.is_ok();
                self.refused(number, granted, || format!("identity by bearer {bearer}"));
                let told = service.introspect(&self.introspector, &text).await;
                let granted = told.is_ok_and(|told| told.is_some());
                self.refused(number, granted, || {
                    format!("introspection of bearer {bearer}")
                });
            }
            self.probe_passwords(number, &service).await;
            for code in self.some(most, |play| (0..play.model.codes_over.len()).collect()) {
                let text = self.model.codes_over[code].clone();
                self.made += 1;
                let name = format!("intruder-{}", self.made);
                let address = any_address(&mut self.rng);
                let password = "orbit-of-velvet-plums-7".into();
                let done = service.set_up(text.expose_secret(), &name, &password, address);
                let granted = done.await.is_ok();
                self.refused(number, granted, || format!("set-up link {code}"));
            }
        }
        self.ground.after_call().await;
    }

    async fn probe_passwords(&mut self, number: usize, service: &Service) {
        for user in 0..self.model.users.len() {
            let over = &self.model.users[user];
            let mut passwords: Vec<_> = over.replaced.iter().rev().take(2).cloned().collect();
            if over.disabled {
                passwords.extend(over.password.clone());
            }
            for password in passwords {
                let name = self.model.users[user].name.clone();
                let secret = password.as_str().into();
                let done = service.sign_in(&name, &secret, address_of(user));
                let granted = done.await.is_ok();
                self.refused(number, granted, || format!("password {password} of {name}"));
            }
        }
    }

    /// What nobody touched works everywhere, and gives what it gave before; what somebody touched
    /// gives that or nothing.
    async fn probe_what_works(&mut self) {
        for number in 0..self.deployment.count() {
            let service = self.deployment.service(number);
            for session in self.some(3, |play| {
                indices(&play.model.sessions, |session| {
                    session.fate != Fate::Over && !play.model.users[session.user].disabled
                })
            }) {
                self.probe_session(number, &service, session).await;
            }
            for secret in self.some(4, |play| {
                indices(&play.model.secrets, |secret| {
                    secret.fate != Fate::Over && !play.is_owner_disabled(secret.token)
                })
            }) {
                self.probe_secret(number, &service, secret).await;
            }
            let now = self.deployment.clock.now();
            for bearer in self.some(3, |play| {
                indices(&play.model.bearers, |bearer| {
                    bearer.fate != Fate::Over
                        && now < bearer.expires_at
                        && !play.is_owner_disabled(play.model.secrets[bearer.secret].token)
                })
            }) {
                self.probe_bearer(number, &service, bearer).await;
            }
        }
    }

    async fn probe_session(&mut self, number: usize, service: &Service, session: usize) {
        let id = self.model.sessions[session].id.clone();
        let must = self.session_works(session);
        let found = until_it_works(must, async || {
            service.authenticate(id.expose_secret()).await
        })
        .await;
        let user = &self.model.users[self.model.sessions[session].user];
        match found {
            Ok(by) => {
                let is_right = by.user().id.to_string() == user.id
                    && by.user().user_name == user.name
                    && by.user().is_admin == user.is_administrator;
                if !is_right {
                    self.violation(format!(
                        "service {number}: session {session} speaks for somebody else"
                    ));
                }
            }
            Err(error) if must => self.failed(number, &format!("session {session}"), &error),
            Err(_) => {}
        }
        self.count("grants tried");
        self.ground.after_call().await;
    }

    async fn probe_secret(&mut self, number: usize, service: &Service, secret: usize) {
        let text = self.model.secrets[secret].text.clone();
        let must = self.secret_works(secret);
        let exchanged = self.exchange_patiently(service, &text, must).await;
        self.ground.after_call().await;
        match exchanged {
            Ok(exchanged) => {
                let token = &self.model.tokens[self.model.secrets[secret].token];
                if exchanged.scope() != token.scope
                    || exchanged.personal_access_token_expires_at != token.expires_at
                {
                    self.violation(format!(
                        "service {number}: secret {secret} grants what it did not"
                    ));
                }
                self.note_bearer(secret, &exchanged.token);
                let bearer = self.model.bearers.len() - 1;
                self.probe_bearer(number, service, bearer).await;
            }
            Err(error) if must => {
                self.failed(number, &format!("exchange of secret {secret}"), &error);
            }
            Err(_) => {}
        }
        self.count("grants tried");
    }

    async fn probe_bearer(&mut self, number: usize, service: &Service, bearer: usize) {
        let text = self.model.bearers[bearer].text.clone();
        let must = self.bearer_works(bearer);
        let found =
            until_it_works(must, async || service.identity(text.expose_secret()).await).await;
        let token = &self.model.tokens[self.model.secrets[self.model.bearers[bearer].secret].token];
        match found {
            Ok(identity) => {
                let owner = &self.model.users[token.owner];
                let is_right = identity.id.to_string() == owner.id
                    && identity.token_id.to_string() == token.id
                    && identity.user_name == owner.name
                    && identity.scopes == [token.scope];
                if !is_right {
                    self.violation(format!(
                        "service {number}: bearer {bearer} speaks for somebody else"
                    ));
                }
            }
            Err(error) if must => {
                self.failed(number, &format!("identity by bearer {bearer}"), &error);
            }
            Err(_) => {}
        }
        self.count("grants tried");
    }

    /// No service publishes a key that was destroyed.
    async fn probe_keys(&mut self) {
        for number in 0..self.deployment.count() {
            let Ok(published) = self.deployment.service(number).jwks().await else {
                continue;
            };
            for key in published.keys() {
                if self.model.keys_over.iter().any(|kid| kid == key.kid()) {
                    self.violation(format!(
                        "service {number} publishes {}, which was destroyed",
                        key.kid()
                    ));
                }
            }
        }
    }

    pub async fn exchange(
        &mut self,
        service: &Service,
        text: &SecretString,
    ) -> Result<Exchanged, Error> {
        let address = any_address(&mut self.rng);
        service
            .exchange(&[text.expose_secret().as_bytes()], address)
            .await
    }

    pub async fn exchange_patiently(
        &mut self,
        service: &Service,
        text: &SecretString,
        must: bool,
    ) -> Result<Exchanged, Error> {
        let address = any_address(&mut self.rng);
        let text = text.expose_secret().as_bytes();
        until_it_works(must, async || service.exchange(&[text], address).await).await
    }

    fn refused(&mut self, number: usize, granted: bool, what: impl FnOnce() -> String) {
        self.count("refusals tried");
        if granted {
            self.violation(format!("service {number} grants what is over: {}", what()));
        }
    }

    fn failed(&mut self, number: usize, what: &str, error: &Error) {
        self.violation(format!(
            "service {number} refuses what nobody touched: {what}: {error:?}"
        ));
    }

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

    pub fn secret_works(&self, secret: usize) -> bool {
        let secret = &self.model.secrets[secret];
        let token = &self.model.tokens[secret.token];
        let has_place = self
            .ground
            .honest_value(&secret.place, "status_index")
            .is_some_and(|index| index != "NULL");
        secret.fate == Fate::Works
            && token.fate == Fate::Works
            && self.ground.is_clean(&secret.place)
            && self.ground.is_clean(&token.place)
            && self.user_works(token.owner)
            // Whoever spoils the keys stops the signing, and whoever spoils the places stops the
            // giving of another.
            && self.ground.spared.contains(&Table::SigningKeys)
            && (has_place || self.ground.is_all_clean(Table::StatusPlaces))
    }

    fn bearer_works(&self, bearer: usize) -> bool {
        let bearer = &self.model.bearers[bearer];
        bearer.fate == Fate::Works
            && self.deployment.clock.now() < bearer.expires_at
            && self.secret_works(bearer.secret)
    }

    /// Up to `most` of them, chosen by the dice.
    fn some(&mut self, most: usize, all: impl FnOnce(&Self) -> Vec<usize>) -> Vec<usize> {
        let all = all(self);
        let most = most.min(all.len());
        self.rng.choose_multiple(all, most)
    }
}

fn indices<T>(all: &[T], is_meant: impl Fn(&T) -> bool) -> Vec<usize> {
    let meant = all.iter().enumerate().filter(|(_, one)| is_meant(one));
    meant.map(|(place, _)| place).collect()
}
