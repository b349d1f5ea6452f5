//! Who acts as an operator: somebody at the admin program, or an administrator in a session.

use ats_pat_domain::Problem;
use ats_pat_domain::event::Actor;

use super::Operator;
use crate::change::{Change, Draft};
use crate::error::Error;
use crate::service::Service;
use crate::sessions::{SignedIn, still_signed_in};

/// In whose name an operator's changes are made.
#[derive(Clone)]
pub(crate) enum Acting {
    /// Whoever can run the admin program.
    AtTheProgram,
    /// A signed-in administrator.
    Administrator(SignedIn),
}

impl Acting {
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::AtTheProgram => Actor::Operator,
            Self::Administrator(by) => by.actor(),
        }
    }

    /// Makes sure, inside a change, that who began it may still make it.
    async fn require(&self, draft: &Draft<'_>) -> Result<(), Error> {
        match self {
            Self::AtTheProgram => Ok(()),
            Self::Administrator(by) => {
                let user = still_signed_in(draft, by).await?;
                if user.is_administrator {
                    Ok(())
                } else {
                    Err(Problem::Forbidden.into())
                }
            }
        }
    }
}

impl Service {
    /// The use cases of operators, for an administrator: events name the user, and each change makes sure
    /// that the session still stands and its user still is an administrator. What is read goes by the
    /// session as it was found: later than in the same request, ask [`Service::still_administrator`].
    ///
    /// # Errors
    /// 1102 for a user who is none.
    pub fn administrator(&self, by: &SignedIn) -> Result<Operator<'_>, Error> {
        if !by.user.is_administrator {
            return Err(Problem::Forbidden.into());
        }
        Ok(Operator {
            service: self,
            acting: Acting::Administrator(by.clone()),
        })
    }

    /// As [`Service::administrator`], for work that outlasts the request that began it: finds the session
    /// and its user again first.
    ///
    /// # Errors
    /// 1100 where the session no longer holds or its user was disabled, 1102 for a user who is no
    /// administrator any more.
    pub async fn still_administrator(&self, by: &SignedIn) -> Result<Operator<'_>, Error> {
        self.administrator(&self.authenticate_again(by).await?)
    }
}

impl Operator<'_> {
    /// The one way of an operator's change.
    pub(crate) async fn change<C: Change>(&self, change: C) -> Result<C::Output, Error> {
        let acting = self.acting.clone();
        self.service.change(Allowed { acting, change }).await
    }

    pub(crate) fn actor(&self) -> Actor {
        self.acting.actor()
    }
}

/// A change that is made only if who began it may.
struct Allowed<C> {
    acting: Acting,
    change: C,
}

impl<C: Change> Change for Allowed<C> {
    type Output = C::Output;

    async fn apply(&self, draft: &Draft<'_>) -> Result<C::Output, Error> {
        self.acting.require(draft).await?;
        self.change.apply(draft).await
    }
}
