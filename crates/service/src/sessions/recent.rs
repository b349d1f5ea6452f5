//! How long ago the user gave the password.

use std::time::Duration;

use ats_pat_domain::Problem;

use super::SignedIn;
use crate::cache::ring::SKEW;
use crate::service::Service;
use crate::service::error::Error;
use crate::view::PolicyView;

/// How recent a sign-in must be for [`StepUp::Always`], in minutes.
const ALWAYS_MINUTES: u32 = 15;

/// Actions that need a recent sign-in, because somebody else may use a session that was left open
/// or stolen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUp {
    /// An action that gives a token a secret. The policy of the signed-in user says how recent the
    /// sign-in must be, or doesn't ask for it.
    ByPolicy,
    /// An action that gives power over others: passwords and rights of other users, or the policy.
    /// The sign-in must be a quarter of an hour old at most, whatever the policy says.
    Always,
}

impl StepUp {
    /// How recent the sign-in must be, in minutes, under the policy of the signed-in user. 0 means
    /// that it needn't be recent.
    pub fn minutes(self, policy: &PolicyView) -> u32 {
        match self {
            Self::ByPolicy => policy.recent_sign_in_minutes,
            Self::Always => ALWAYS_MINUTES,
        }
    }
}

impl Service {
    /// Requires that the session began recently enough. An action that takes rights away must not
    /// require this, so that nothing stands in its way. The one exception revokes every token that
    /// passes a filter: whoever finds an open session could stop a whole company by it.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`], after which [`Service::confirm_session`] helps. The
    /// errors of reading the policy.
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

    /// Requires that the session began at most `minutes` ago. 0 requires nothing.
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
