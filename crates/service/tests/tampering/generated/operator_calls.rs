//! The calls of operators, and what the model learns from the answers.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::{Error, NewPolicy, NewServiceAccount, Rotation};

use super::ground::Written;
use super::literal::plain;
use super::model::Fate;
use super::outcome::Tried;
use super::play::{Play, patiently};
use super::policy::{GROUP, Policy};
use super::table::Table;

impl Play {
    pub(super) fn any_person(&mut self) -> usize {
        let persons: Vec<_> = (0..self.model.users.len())
            .filter(|user| !self.model.users[*user].is_account)
            .collect();
        self.rng.choice(persons).unwrap()
    }

    /// A service account comes, and somebody is responsible for it.
    pub(super) async fn add_account(&mut self, name: &str, person: usize) {
        let service = self.any_service();
        let must = self.ground.is_all_clean(Table::Users) && self.user_works(person);
        let new = NewServiceAccount {
            name: name.to_owned(),
            id: None,
            display_name: None,
            email: None,
            responsible: self.model.users[person].name.clone(),
        };
        let done =
            patiently(async || service.operator().add_service_account(new.clone()).await).await;
        let what = format!("{name} is added, and user {person} is responsible");
        let written = self.settled(what, &done).await;
        match done {
            Ok(user) => self.note_account(name, &user.id.to_string(), person, &written),
            Err(error) => self.must_work(must, &error),
        }
    }

    /// Another person is responsible for a service account.
    pub(super) async fn set_responsible(&mut self) {
        let accounts: Vec<_> = (0..self.model.users.len())
            .filter(|user| self.model.users[*user].is_account)
            .collect();
        let (Some(account), person) = (self.rng.choice(accounts), self.any_person()) else {
            return;
        };
        let service = self.any_service();
        let is_clean = |user: usize| self.ground.is_clean(&self.model.users[user].place);
        let must = is_clean(account) && self.user_works(person);
        let name = |user: usize| self.model.users[user].name.clone();
        let (account_name, person_name) = (name(account), name(person));
        let done = patiently(async || {
            let operator = service.operator();
            operator.set_responsible(&account_name, &person_name).await
        })
        .await;
        let what = format!("user {person} becomes responsible for {account_name}");
        self.settled(what, &done).await;
        match done {
            Ok(_) => {
                self.count("responsible persons set");
                self.model.users[account].responsible = Some(person);
            }
            Err(error) => self.must_work(must, &error),
        }
    }

    /// A user joins the group, or leaves it; the user's sessions end.
    pub(super) async fn set_groups(&mut self, user: usize) {
        let service = self.any_service();
        let in_group = self.rng.bool();
        let names: &[String] = if in_group { &[GROUP.to_owned()] } else { &[] };
        let must = self.ground.is_clean(&self.model.users[user].place);
        let (name, was) = (
            self.model.users[user].name.clone(),
            self.model.users[user].in_group,
        );
        let sessions = self.fates_of_sessions(user);
        let done = patiently(async || service.operator().set_groups(&name, names).await).await;
        let what = format!("user {user} is in the group: {in_group}");
        self.settled(what, &done).await;
        match done {
            Ok(_) => {
                self.count("groups set");
                self.model.users[user].in_group = in_group;
                if in_group != was {
                    for (session, fate) in sessions {
                        self.model.end_session(session, fate);
                    }
                }
            }
            Err(error) => self.must_work(must, &error),
        }
    }

    /// A policy is put into force, whatever became of the one before.
    pub(super) async fn apply_policy(&mut self) {
        let service = self.any_service();
        let policy = Policy::any(&mut self.rng);
        let new = NewPolicy {
            policy: policy.document(),
            versions: None,
            enforce_on_existing: policy.cuts(),
        };
        let may_cut: Vec<_> = (0..self.model.tokens.len())
            .map(|token| {
                let is_clean = self.ground.is_clean(&self.model.tokens[token].place)
                    && self.user_works(self.model.tokens[token].owner);
                (token, is_clean, self.tried(token))
            })
            .collect();
        let done = patiently(async || service.operator().apply_policy(new.clone()).await).await;
        let written = self
            .settled(format!("{policy:?} is put into force"), &done)
            .await;
        self.taken(true, done.err(), |play| {
            play.count("policies");
            play.model.policy = policy;
        });
        if policy.cuts() {
            for (token, is_clean, tried) in may_cut {
                self.note_cut(token, is_clean, &tried, &written);
            }
        }
    }

    /// What a policy that cuts tokens of before left of one: nobody's that it found lives longer
    /// than it allows.
    fn note_cut(&mut self, token: usize, is_clean: bool, tried: &[Tried], written: &Written) {
        let place = self.model.tokens[token].place.clone();
        let (policy, before) = (self.model.policy, self.model.tokens[token].expires_at);
        let now = self.deployment.clock.now();
        let is_alive = self.model.tokens[token].fate != Fate::Over && before > now;
        let time = |column| {
            let text = self.ground.honest_value(&place, column)?;
            plain(text).parse().ok().map(Timestamp::from_millis)
        };
        let Some(expires_at) = time("expires_at").filter(|_| is_alive) else {
            return;
        };
        let since = time("regenerated_at").or(time("created_at")).unwrap_or(now);
        let longest = Duration::from_hours(24 * u64::from(policy.days(u32::from(u16::MAX))));
        let latest = since.after(longest).max(now);
        if is_clean && expires_at > latest {
            self.violation(format!(
                "token {token} was not cut: {expires_at} for {latest}"
            ));
        }
        if expires_at < before {
            self.count("tokens that were cut");
            self.note_earlier_expiry(token, expires_at, tried, written);
        }
    }

    pub(super) async fn set_password(&mut self, user: usize) {
        if self.model.users[user].is_account {
            return;
        }
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

    pub(super) fn password_replaced(
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

    pub(super) async fn disable(&mut self, user: usize) {
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
            // The attacker put another user under the name.
            return;
        }
        let has_ended = !was_disabled || !written.is_nothing();
        self.taken(must, done.err(), |play| {
            play.model.users[user].disabled = true;
            if play.ground.honest_value(&place, "password_hash") == Some("NULL") {
                let old = play.model.users[user].password.take();
                play.model.users[user].replaced.extend(old);
            }
            // What can't be told to be its own is taken.
            if play.ground.honest_value(&place, "member_of") == Some("NULL") {
                play.model.users[user].in_group = false;
            }
            if play.ground.honest_value(&place, "responsible_id") == Some("NULL") {
                play.model.users[user].responsible = None;
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

    pub(super) async fn enable(&mut self, user: usize) {
        // Disabled users are enabled again.
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

    pub(super) async fn rotate(&mut self) {
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

    /// A link is made while there is no administrator according to the rows. Only the terminal
    /// shows its code.
    pub(super) async fn make_link(&mut self) {
        let service = self.any_service();
        let done = service.make_setup_link().await;
        self.settled("a set-up link is asked for".to_owned(), &done)
            .await;
        // Nobody uses it. The next link, or an administrator who comes back, ends it.
    }

    pub(super) async fn restart(&mut self) {
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

    pub(super) async fn flush(&mut self) {
        let service = self.any_service();
        service.flush().await;
        self.settled("flush".to_owned(), &Ok::<_, Error>(())).await;
    }
}
