//! A client's actions on its own account: signing in, changing the password, being disabled and
//! enabled.

use anyhow::Result;

use super::verdict::{Verdict, judge};
use super::worker::Worker;
use crate::http::{Answer, Reply};
use crate::tally::Count;

impl Worker {
    /// Signs in, and checks that the session is valid.
    pub(super) fn sign_in(&mut self) -> bool {
        let passwords = [
            Some(self.person.password.clone()),
            self.other_password.clone(),
        ];
        for password in passwords.into_iter().flatten() {
            match judge(self.person.sign_in(&password), &self.shared.tally) {
                Verdict::Done(_) => {
                    self.person.password = password;
                    self.other_password = None;
                    self.is_session_certain = true;
                    return self.prove_session();
                }
                Verdict::Refused(answer) if answer.status == 401 => {}
                Verdict::Refused(answer) => {
                    let name = self.person.name.clone();
                    self.unexpected(&answer, &format!("sign-in of {name}"));
                    return false;
                }
                Verdict::Unknown | Verdict::Not | Verdict::SignedOut => return false,
            }
        }
        let text = format!("{} can't sign in with any password", self.person.name);
        self.shared.tally.violation(Count::Lost, &text);
        false
    }

    fn prove_session(&mut self) -> bool {
        match self.person.session() {
            Reply::Answer(Answer { status: 200, .. }) => true,
            Reply::Answer(Answer { status: 401, .. }) => {
                self.signed_out();
                false
            }
            Reply::Answer(_) | Reply::Unsent | Reply::Lost => false,
        }
    }

    /// Changes its own password, by the form.
    pub(super) fn change_password(&mut self) -> bool {
        let new = format!("plum-velvet-orbit-{}", self.rng.u32(100_000..));
        match judge(self.person.change_password(&new), &self.shared.tally) {
            Verdict::Done(_) => {
                self.shared.tally.add(Count::Acknowledged);
                self.person.password = new;
                self.prove_session()
            }
            Verdict::Unknown => {
                self.other_password = Some(new);
                self.is_session_certain = false;
                self.person.forget_session();
                false
            }
            Verdict::SignedOut | Verdict::Not => false,
            Verdict::Refused(answer) if answer.status == 401 => false,
            Verdict::Refused(answer) => {
                let what = format!("change of the password of {}", self.person.name);
                self.unexpected(&answer, &what);
                false
            }
        }
    }

    /// Lets the admin program disable the user, tries a token, and lets it enable the user again.
    pub(super) fn disable(&mut self) -> Result<bool> {
        let name = self.person.name.clone();
        self.is_enabled = false;
        let disabled = self
            .installation
            .try_admin(&["user", "disable", &name], "")?;
        if disabled.status.success() {
            self.shared.tally.add(Count::Acknowledged);
            let active = self.tokens.iter().find(|token| token.is_usable());
            if let Some(secret) = active.and_then(|token| token.secret.clone())
                && let Reply::Answer(Answer { status: 200, .. }) = self.person.exchange(&secret)
            {
                let text = format!("a token of {name}, who is disabled");
                self.shared.tally.violation(Count::Stale, &text);
            }
        }
        let went_well = self.enable()?;
        if disabled.status.success()
            && let Reply::Answer(Answer { status: 200, .. }) = self.person.session()
        {
            let text = format!("a session of {name}, who was disabled since");
            self.shared.tally.violation(Count::Stale, &text);
        }
        self.person.forget_session();
        Ok(went_well)
    }

    /// Lets the admin program enable the user.
    pub(super) fn enable(&mut self) -> Result<bool> {
        let name = self.person.name.clone();
        let enabled = self
            .installation
            .try_admin(&["user", "enable", &name], "")?;
        self.is_enabled = enabled.status.success();
        if self.is_enabled {
            self.shared.tally.add(Count::Acknowledged);
        }
        Ok(self.is_enabled)
    }
}
