//! What people do, and what the model learns from the answers.
//!
//! A removal is never refused because of rows. It may say that something is not there where the
//! attacker removed it or gave it another key, and a person whose session or account was spoilt
//! can't act: an operator can.

use ats_pat_service::PasswordChange;
use ats_pat_test_support::world::person;
use secrecy::ExposeSecret as _;

use super::outcome::fate_if;
use super::play::{Play, address_of, patiently};
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
        match self.rng.u8(..58) {
            0..4 => self.sign_in(user).await,
            4..8 => self.create(user).await,
            8..12 | 57 => self.exchange_one(user).await,
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
            43..47 => self.renew().await,
            47..49 => self.end_overlap().await,
            49..52 => self.apply_policy().await,
            52..54 => self.set_groups(user).await,
            54..56 => self.set_responsible().await,
            56 if self.rng.bool() => {
                self.made += 1;
                let (name, person) = (format!("account-{}", self.made), self.any_person());
                self.add_account(&name, person).await;
            }
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
        let new = person(name, false);
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
