//! What operators do: the same use cases for the admin program and for any other front door.

mod archive;
mod audit;
mod bulk;
pub(crate) mod directory;
mod events;
mod keys;
pub(crate) mod operator_keys;
mod policy;
mod policy_change;
mod prune;
mod restore;
mod since;
mod tokens;
mod users;

pub use archive::{Archived, ArchivedPart};
pub use audit::{AuditProgress, AuditReport};
pub(crate) use bulk::BulkJobs;
pub use bulk::{BulkJobView, MatchingTokens};
pub use events::EventQuery;
pub use keys::Rotation;
pub use policy_change::{CurrentPolicy, NewPolicy};
pub use prune::{PruneError, PrunedEvents, Pruning};
pub use restore::{Accepted, RestoreChoice, RestoreWish, Restored};
pub use since::Since;
pub use users::{Disabling, NewServiceAccount, NewUser, UserRef, UserUpdate};
pub(crate) use users::{changed_user, name_the_last, named, require_free_name, strip};

use ats_pat_domain::Problem;
use ats_pat_domain::operator_key::Right;

use crate::change::{Authority, Change};
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::{SignedIn, StepUp};

/// The use cases of operators; see [`Service::operator`] and [`Service::administrator`].
#[derive(Clone)]
pub struct Operator<'a> {
    pub(crate) service: &'a Service,
    pub(crate) authority: Authority,
}

impl Operator<'_> {
    pub(crate) async fn change<C: Change>(&self, change: C) -> Result<C::Output, Error> {
        self.service.change(self.authority.clone(), change).await
    }

    /// Asks an operator key for this right; everybody else who operates has it.
    pub(crate) fn require(&self, right: Right) -> Result<(), Problem> {
        self.authority.require(right)
    }

    /// Asks an administrator for a recent sign-in. Whoever can run the admin program needs none.
    pub(crate) async fn require_recent_sign_in(&self) -> Result<(), Error> {
        match self.authority.session() {
            Some(by) => {
                let service = self.service;
                service.require_recent_sign_in(by, StepUp::Always).await
            }
            None => Ok(()),
        }
    }
}

impl Service {
    /// The use cases of operators, for the admin program. Whoever can call them needs no other
    /// right.
    pub fn operator(&self) -> Operator<'_> {
        Operator {
            service: self,
            authority: Authority::Operator,
        }
    }

    /// The use cases of operators, for an administrator: events name the user, and each change
    /// checks that the session is still valid and its user still an administrator. Reads go by the
    /// session as it was found: later than in the same request, ask
    /// [`Service::still_administrator`].
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for a user who is no administrator.
    pub fn administrator(&self, by: &SignedIn) -> Result<Operator<'_>, Error> {
        if !by.is_administrator() {
            return Err(Problem::Forbidden.into());
        }
        Ok(Operator {
            service: self,
            authority: Authority::Administrator(by.clone()),
        })
    }

    /// As [`Service::administrator`], for work that outlasts the request that began it: finds the
    /// session and its user again first.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] where the session is no longer valid or its user was disabled,
    /// [`Problem::Forbidden`] for a user who is no longer an administrator.
    pub async fn still_administrator(&self, by: &SignedIn) -> Result<Operator<'_>, Error> {
        self.administrator(&self.authenticate_again(by).await?)
    }
}
