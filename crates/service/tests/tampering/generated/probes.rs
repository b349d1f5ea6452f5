//! Asking every service whether it grants what it may, and only that.

use ats_pat_domain::port::Clock as _;
use ats_pat_service::{Error, Exchanged, Owner, Service};
use secrecy::{ExposeSecret as _, SecretString};

use super::model::Fate;
use super::play::{Play, address_of, any_address, until_it_works};

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
                indices(&play.model.secrets, |secret| play.is_secret_over(secret))
            }) {
                let text = self.model.secrets[secret].text.clone();
                let granted = self.exchange(&service, &text).await.is_ok();
                self.refused(number, granted, || format!("exchange of secret {secret}"));
                // From where it is used is not known there.
                if !self.is_only_elsewhere(secret) {
                    let told = service.introspect(&self.introspector, &text).await;
                    let granted = told.is_ok_and(|told| told.is_some());
                    self.refused(number, granted, || {
                        format!("introspection of secret {secret}")
                    });
                }
            }
            for bearer in self.some(most, |play| {
                indices(&play.model.bearers, |bearer| {
                    let token = play.model.secrets[bearer.secret].token;
                    bearer.fate == Fate::Over
                        || play.is_owner_disabled(token)
                        || play.model.forbids_all(play.model.tokens[token].owner)
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
            self.probe_responsible(number, &service).await;
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

    /// Nobody but who is responsible, and is enabled, reaches a service account.
    async fn probe_responsible(&mut self, number: usize, service: &Service) {
        for account in 0..self.model.users.len() {
            if !self.model.users[account].is_account {
                continue;
            }
            let session = self.some(1, |play| {
                indices(&play.model.sessions, |session| session.fate != Fate::Over)
            });
            let Some(session) = session.first().copied() else {
                return;
            };
            let id = self.model.sessions[session].id.clone();
            let Ok(by) = service.authenticate(id.expose_secret()).await else {
                continue;
            };
            let user = self.model.sessions[session].user;
            let is_responsible = self.model.users[account].responsible == Some(user);
            let must = is_responsible
                && self.session_works(session)
                && self.ground.is_clean(&self.model.users[account].place);
            let account_id = Owner::service_account(&self.model.users[account].id);
            let found = until_it_works(must, async || {
                service.service_account(&by, account_id).await
            })
            .await;
            match found {
                Err(error) if must => self.failed(number, "a service account", &error),
                found if !is_responsible => {
                    self.refused(number, found.is_ok(), || {
                        format!("account {account} by user {user}")
                    });
                }
                _ => {}
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
                indices(&play.model.secrets, |secret| !play.is_secret_over(secret))
            }) {
                self.probe_secret(number, &service, secret).await;
            }
            let now = self.deployment.clock.now();
            for bearer in self.some(3, |play| {
                indices(&play.model.bearers, |bearer| {
                    let token = play.model.secrets[bearer.secret].token;
                    bearer.fate != Fate::Over
                        && now < bearer.expires_at
                        && !play.is_owner_disabled(token)
                        && !play.model.forbids_all(play.model.tokens[token].owner)
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
        // Another one may have been confirmed since it was chosen.
        if self.is_over(secret) {
            return;
        }
        let must = self.secret_works(secret);
        let exchanged = self.exchange_secret(service, secret, must).await;
        match exchanged {
            Ok(exchanged) => {
                let secret_is = &self.model.secrets[secret];
                let token = &self.model.tokens[secret_is.token];
                let until = secret_is.standing.until().unwrap_or(token.expires_at);
                let (is, must_be) = (
                    exchanged.personal_access_token_expires_at,
                    until.min(token.expires_at),
                );
                // One that was hidden once may have ended as something else.
                let is_right = is == must_be || secret_is.fate == Fate::Hidden && is < must_be;
                if exchanged.scope() != token.scope || !is_right {
                    self.violation(format!(
                        "service {number}: secret {secret} grants what it did not: {is} for {must_be}"
                    ));
                }
                self.note_bearer(secret, &exchanged);
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
