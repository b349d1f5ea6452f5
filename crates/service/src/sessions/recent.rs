//! How long ago whoever asks gave the password.

use std::time::Duration;

use ats_pat_domain::Problem;

use super::SignedIn;
use crate::cache::ring::SKEW;
use crate::service::Service;
use crate::service::error::Error;
use crate::view::PolicyView;

/// How recent a sign-in has to be [`StepUp::Always`], in minutes.
const ALWAYS_MINUTES: u32 = 15;

/// What a sign-in has to be recent for. A session that was left open, or stolen, is not enough for
/// these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUp {
    /// What gives a token a secret. The policy of the signed-in user says how recent, or asks for
    /// nothing.
    ByPolicy,
    /// What gives power over others or over all: passwords and rights of other users, the policy. A
    /// quarter of an hour, whatever the policy says.
    Always,
}

impl StepUp {
    /// How recent, in minutes, under the policy of the signed-in user; 0 asks for nothing.
    pub fn minutes(self, policy: &PolicyView) -> u32 {
        match self {
            Self::ByPolicy => policy.recent_sign_in_minutes,
            Self::Always => ALWAYS_MINUTES,
        }
    }
}

impl Service {
    /// Asks that the session began recently enough. Nothing that takes rights away may ask for
    /// this.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`]: [`Service::confirm_session`] helps. Those of the policy,
    /// which may not be known.
    pub async fn require_recent_sign_in(
        &self,
        by: &SignedIn,
        step_up: StepUp,
    ) -> Result<(), Error> {
        let minutes = match step_up {
            StepUp::Always => ALWAYS_MINUTES,
            StepUp::ByPolicy => {
                let policy = self.policies().await?.of(&by.user.groups);
                policy.rules.recent_sign_in_minutes
            }
        };
        Ok(self.require_sign_in_within(by, minutes)?)
    }

    /// Asks that the session began so many minutes ago at most; 0 asks for nothing.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`].
    pub fn require_sign_in_within(&self, by: &SignedIn, minutes: u32) -> Result<(), Problem> {
        let within = Duration::from_mins(minutes.into());
        if minutes == 0 || by.session.is_recent(self.now(), within, SKEW) {
            Ok(())
        } else {
            Err(Problem::RecentSignInRequired { minutes })
        }
    }
}
