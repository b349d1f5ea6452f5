//! What goes on in a deployment: use cases, and what goes wrong meanwhile.

use std::pin::pin;
use std::sync::Arc;

use ats_pat_domain::port::Clock as _;
use ats_pat_domain::{Problem, TokenId, UserId};
use ats_pat_token::{PersonalAccessToken, Unverified};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::plants::{PlantOwner, PlantToken};
use super::truth::Planted;
use super::{ADDRESS, Deployment, OWNERS, SERVERS};
use crate::cache::decisions::SETTLED_AFTER;
use crate::change::Authority;
use crate::operator::Rotation;
use crate::service::error::Error;
use crate::tokens::{Holder, NewSecret};

impl Deployment {
    pub(super) async fn plant_owner(&self, number: usize) -> Result<UserId, Error> {
        let signed_in = self.options.signs_in.then(|| self.some_time_a_day_ago());
        let plant = PlantOwner { number, signed_in };
        self.admin.change(Authority::Operator, plant).await
    }

    pub(super) async fn plant(&self) {
        let owner = {
            let truth = self.truth.lock();
            let chosen = self.chance.below(truth.owners.len() as u64);
            truth.owners[usize::try_from(chosen).unwrap_or(0)]
        };
        let Ok(secret) = NewSecret::make(&self.admin) else {
            return;
        };
        let shown = secret.shown().clone();
        let term = self.database.term();
        let plant = PlantToken { owner, secret };
        if let Ok(id) = self.admin.change(Authority::Operator, plant).await {
            self.expect(term, "a token", |rows| rows.tokens.contains_key(&id));
            self.truth.lock().tokens.push(Planted {
                id,
                owner,
                secret: shown,
                generation: 1,
            });
        }
    }

    pub(super) async fn exchange(&self, number: usize) {
        let Some(planted) = self.some_token() else {
            return;
        };
        let Some(service) = self.service(number) else {
            return;
        };
        self.machines[number].awake().await;
        let before = self.is_ended(&planted);
        let (destroyed, term) = (self.truth.lock().destroyed.clone(), self.database.term());
        let (long_before, began) = (self.ended_since(&planted), Instant::now());
        let forbidden = self.is_forbidden(&planted);
        let long_forbidden = self.forbidden_since(&planted);
        let wall = self.machines[number].now();
        let long_overdue = self.overdue_since(&planted, wall);
        let presented = planted.secret.expose_secret().as_bytes();
        let exchanged = service.exchange(&[presented], ADDRESS).await;
        let is_forbidden = exchanged.as_ref().is_err_and(is_by_policy);
        let is_by_sign_in = exchanged.as_ref().is_err_and(is_by_sign_in);
        let exchanged = exchanged.ok();
        let succeeded = exchanged.is_some();
        let breaks_promise = before.is_some() && before == self.is_ended(&planted)
            || forbidden.is_some() && forbidden == self.is_forbidden(&planted);
        // Promised or not: what the database holds is in force everywhere soon.
        let is_long_before = |since: Instant| began - since > SETTLED_AFTER;
        let is_overdue = long_before.is_some_and(is_long_before)
            && long_before == self.ended_since(&planted)
            || long_forbidden.is_some_and(is_long_before)
                && long_forbidden == self.forbidden_since(&planted)
            || long_overdue.is_some_and(is_long_before)
                && long_overdue == self.overdue_since(&planted, wall);
        let signed_by_a_dead_key = exchanged.is_some_and(|exchanged| {
            let token = Unverified::parse(exchanged.token.expose_secret()).expect("a token");
            let was_destroyed = destroyed.contains(token.kid()) && term == self.database.term();
            was_destroyed || self.unusable_since(token.kid()).is_some_and(is_long_before)
        });
        let violates = signed_by_a_dead_key || succeeded && (breaks_promise || is_overdue);
        let mut truth = self.truth.lock();
        let seen = &mut truth.seen;
        if succeeded {
            seen.succeeded += 1;
        } else {
            seen.refused += 1;
        }
        seen.forbidden += u64::from(is_forbidden);
        seen.overdue += u64::from(is_by_sign_in);
        if violates {
            seen.violations.push(format!(
                "server {number} exchanged {} at {:?}: {:?} {:?} {:?} feed {:?} db {}",
                planted.id,
                self.machines[0].since_boot(),
                before,
                forbidden,
                long_forbidden.map(|since| began - since),
                service.inner.cache.feed.as_of(),
                self.database.now().head().seq
            ));
        }
    }

    /// A token gets a new secret by itself, and is exchanged with it: then the one before is over.
    pub(super) async fn renew(&self, by: usize) {
        let (Some(planted), Some(service)) = (self.some_token(), self.service(by)) else {
            return;
        };
        let presented = planted.secret.expose_secret().as_bytes();
        let holder = service.authenticate_holder(&[presented], ADDRESS).await;
        let Ok(holder) = holder else { return };
        let Ok(renewed) = service.regenerate_itself(&holder, None).await else {
            return;
        };
        self.pause(60).await;
        // Where it asks does not matter.
        let by = (by + 1) % SERVERS;
        let Some(service) = self.service(by) else {
            return;
        };
        let term = self.database.term();
        let presented = renewed.secret.expose_secret().as_bytes();
        // Now and then two ask: whoever is answered first was told that the secret before is over.
        let twice = self.chance.below(4) == 0;
        let once = async { service.exchange(&[presented], ADDRESS).await.ok() };
        let again = async {
            if !twice {
                return None;
            }
            self.pause(60).await;
            let service = self.service((by + 1) % SERVERS)?;
            service.exchange(&[presented], ADDRESS).await.ok()
        };
        let confirmed = first_of(once, again).await;
        let secret = PersonalAccessToken::parse(renewed.secret.expose_secret()).expect("a token");
        let hash = service
            .roots()
            .current()
            .hash_personal_access_token(&secret);
        let rows = self.database.now().rows;
        let stored = rows.secrets.get(&hash.to_bytes());
        if let (Some(_), Some(stored)) = (confirmed, stored)
            && self.database.term() == term
        {
            let generation = stored.row.generation;
            self.expect(term, "a new secret", |rows| {
                let token = rows.tokens.get(&planted.id);
                token.is_some_and(|token| token.row.generation >= generation)
            });
            let mut truth = self.truth.lock();
            truth.replaced.insert((planted.id, planted.generation));
            truth.seen.renewed += 1;
            truth.tokens.push(Planted {
                secret: renewed.secret,
                generation,
                ..planted
            });
        }
    }

    /// Uses a secret that a fail-over lost, in requests that looked at it before. Names what
    /// succeeds.
    pub(super) async fn use_a_lost_secret(&self) -> Vec<&'static str> {
        let [another, planted] = [0, 1].map(|number| self.truth.lock().tokens[number].clone());
        self.start(0).await;
        let server = self.service(0).expect("a server");
        let holder = async |secret: &SecretString| {
            let presented = secret.expose_secret().as_bytes();
            let holder = server.authenticate_holder(&[presented], ADDRESS).await;
            holder.expect("it is in use")
        };
        let renew = async |holder: &Holder| {
            let renewed = server.regenerate_itself(holder, None).await;
            renewed.map(|renewed| renewed.secret)
        };
        let owner = holder(&planted.secret).await;
        let lost = holder(&renew(&owner).await.expect("a secret")).await;
        assert!(self.database.fail_over());
        self.revoke_one(SERVERS, Some(another.id)).await;
        let other = loop {
            // The server has to read the log anew.
            if let Ok(other) = renew(&owner).await {
                break holder(&other).await;
            }
            tokio::time::sleep(SETTLED_AFTER).await;
        };
        let [lost_grant, other_grant] = [&lost, &other].map(|holder| &holder.known.grant);
        assert_eq!(lost_grant.generation, other_grant.generation);
        let confirmed = server.use_first(lost_grant).await.is_ok();
        let renewed = renew(&lost).await.is_ok();
        let still = server.use_first(other_grant).await;
        still.expect("the other one is not confirmed yet");
        [(confirmed, "confirm"), (renewed, "renew")]
            .into_iter()
            .filter_map(|(done, what)| done.then_some(what))
            .collect()
    }

    pub(super) fn fail_over(self: &Arc<Self>) {
        if !self.options.puts_back && self.database.fail_over() {
            self.forget_what_was_lost();
            self.spawn(|here| async move { here.revoke(SERVERS).await });
        }
    }

    pub(super) async fn revoke(&self, by: usize) {
        let id = self.some_token().map(|planted| planted.id);
        self.revoke_one(by, id).await;
    }

    pub(super) async fn revoke_one(&self, by: usize, id: Option<TokenId>) {
        let (Some(id), Some(service)) = (id, self.service(by)) else {
            return;
        };
        let term = self.database.term();
        let revoked = service.operator().revoke_token(&id.to_string()).await;
        // What a fail-over lost in between was acknowledged, but is no more.
        if revoked.is_ok() && self.database.term() == term && self.still_runs(by, &service) {
            self.truth.lock().revoked.insert(id);
            self.expect(term, "a revocation", |rows| {
                let token = rows.tokens.get(&id);
                token.is_some_and(|token| token.row.revoked_at.is_some())
            });
        }
    }

    /// Destroys every key but a new one, and what goes wrong goes wrong before everybody has heard
    /// of it.
    pub(super) async fn rotate(self: &Arc<Self>, by: usize) {
        match self.chance.below(3) {
            0 => self.spawn(move |here| async move {
                here.pause(60).await;
                here.machines[by].cut_off(here.chance.millis(100, 1500));
            }),
            1 if !self.options.alone => self.spawn(|here| async move {
                here.pause(60).await;
                here.fail_over();
                here.destroy_keys(SERVERS).await;
            }),
            _ => {}
        }
        self.destroy_keys((by + 1) % SERVERS).await;
    }

    /// A server may read the keys of the second rotation when it hears of the first, and then hear
    /// no more.
    pub(super) async fn rotate_twice(self: &Arc<Self>) {
        for by in 0..2 {
            self.spawn(move |here| async move { here.destroy_keys(by).await });
        }
        tokio::time::sleep(self.chance.millis(10, 80)).await;
        self.fail_over();
    }

    pub(super) async fn destroy_keys(&self, by: usize) {
        let Some(service) = self.service(by) else {
            return;
        };
        let term = self.database.term();
        let rotated = service.operator().rotate_keys(Rotation::Compromised).await;
        // As this rotation left them: another one may have destroyed more since.
        let Ok(keys) = rotated else {
            return;
        };
        if self.database.term() == term {
            let destroyed = keys.into_iter().filter(|key| key.state == "Destroyed");
            self.truth
                .lock()
                .destroyed
                .extend(destroyed.map(|key| key.kid));
        }
    }

    /// Disables an owner, and enables them again some time after.
    pub(super) async fn disable(self: Arc<Self>, by: usize) {
        let Some(service) = self.service(by) else {
            return;
        };
        let (owner, name) = {
            let truth = self.truth.lock();
            let chosen = usize::try_from(self.chance.below(OWNERS as u64)).unwrap_or(0);
            let owner = truth.owners[chosen];
            (owner, truth.names[&owner].clone())
        };
        if !self.truth.lock().toggled.insert(owner) {
            return;
        }
        let term = self.database.term();
        let disabled = service.operator().disable_user(&name).await;
        if disabled.is_ok() && self.database.term() == term && self.still_runs(by, &service) {
            self.truth.lock().disabled.insert(owner);
            self.pause(1500).await;
        }
        {
            let mut truth = self.truth.lock();
            truth.disabled.remove(&owner);
            *truth.enabled.entry(owner).or_default() += 1;
        }
        self.enable(&name).await;
        if !self.options.alone && self.chance.below(2) == 0 {
            // Before everybody has heard of it.
            self.pause(40).await;
            self.fail_over();
            self.pause(1500).await;
            self.enable(&name).await;
        }
        self.truth.lock().toggled.remove(&owner);
    }

    /// As often as it takes: what is disabled for good tests nothing more.
    pub(super) async fn enable(&self, name: &str) {
        for _ in 0..20 {
            if self.admin.operator().enable_user(name).await.is_ok() {
                break;
            }
        }
    }
}

/// What comes first of the two.
async fn first_of<T>(
    one: impl Future<Output = Option<T>>,
    other: impl Future<Output = Option<T>>,
) -> Option<T> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    tokio::select! {
        biased;
        first = &mut one => match first {
            None => other.await,
            some => some,
        },
        first = &mut other => match first {
            None => one.await,
            some => some,
        },
    }
}

fn is_by_sign_in(error: &Error) -> bool {
    matches!(error, Error::Refused(Problem::OwnerSignInOverdue { .. }))
}

fn is_by_policy(error: &Error) -> bool {
    matches!(
        error,
        Error::Refused(Problem::PolicyForbids { .. } | Problem::NetworkNotAllowed)
    )
}
