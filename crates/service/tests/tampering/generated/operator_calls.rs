//! What operators do, and what the model learns from the answers.

use ats_pat_service::{Error, Rotation};

use super::model::Fate;
use super::play::{Play, patiently};
use super::table::Table;

impl Play {
    pub(super) async fn set_password(&mut self, user: usize) {
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

    pub(super) async fn enable(&mut self, user: usize) {
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

    /// A link is made while there is no administrator, as far as the rows say. Its code is seen at
    /// the terminal only.
    pub(super) async fn make_link(&mut self) {
        let service = self.any_service();
        let done = service.make_setup_link().await;
        self.settled("a set-up link is asked for".to_owned(), &done)
            .await;
        // Nobody uses it; the next one, or the administrator who comes back, ends it.
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
