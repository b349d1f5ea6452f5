//! Owners who must sign in at a provider every day: each signed in a day ago, all but some seconds.

use std::num::NonZeroU32;
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_domain::{
    Identity, Issuer, ProviderName, ProviderSignIn, Subject, Timestamp, User, UserId,
};
use tokio::time::Instant;

use super::truth::Planted;
use super::{Deployment, OWNERS};
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::error::Error;
use crate::service::settings::ProviderRules;

const DAY: Duration = Duration::from_hours(24);
const ISSUER: &str = "https://id.example.com";

fn name() -> ProviderName {
    ProviderName::from_stored("corp".to_owned())
}

/// The provider of the settings.
pub(super) fn provider() -> ProviderRules {
    ProviderRules {
        name: name(),
        label: "Corp".to_owned(),
        issuer: Issuer::from_stored(ISSUER.to_owned()),
        allowed_groups: Vec::new(),
        administrator_groups: Vec::new(),
        subject_is_id: false,
        sign_in_every_days: Some(NonZeroU32::MIN),
    }
}

pub(super) fn sign_in_at(at: Timestamp) -> ProviderSignIn {
    ProviderSignIn {
        provider: name(),
        identity: Identity {
            issuer: Issuer::from_stored(ISSUER.to_owned()),
            subject: Subject::from_stored("1".to_owned()),
        },
        at: Some(at),
    }
}

/// As a reader of the contract would say it.
fn lapses_at(owner: &User) -> Option<Timestamp> {
    let sign_in = owner.provider_sign_in.as_ref()?;
    Some(sign_in.at?.after(DAY))
}

impl Deployment {
    /// A day before some time in the next two seconds.
    pub(super) fn some_time_a_day_ago(&self) -> Timestamp {
        let soon = self.machines[0].now().after(self.chance.millis(0, 2000));
        soon.before(DAY)
    }

    /// An owner signs in, by a session whose beginning was as long ago as the sign-in is to last.
    pub(super) async fn sign_in(&self, by: usize) {
        let Some(service) = self.service(by) else {
            return;
        };
        let chosen = usize::try_from(self.chance.below(OWNERS as u64)).unwrap_or(0);
        let sign_in = SignIn {
            owner: self.truth.lock().owners[chosen],
            at: self.some_time_a_day_ago(),
        };
        // One that failed is as if it had never been tried.
        let _ = service.change(Authority::Operator, sign_in).await;
    }

    /// Since when the database has had no sign-in of the owner that is good at `now`.
    pub(super) fn overdue_since(&self, planted: &Planted, now: Timestamp) -> Option<Instant> {
        self.database.has_been_since(|rows| {
            let owner = rows.users.get(&planted.owner);
            let lapses_at = owner.and_then(|owner| lapses_at(&owner.row));
            lapses_at.is_some_and(|lapses_at| lapses_at <= now)
        })
    }
}

struct SignIn {
    owner: UserId,
    at: Timestamp,
}

impl Change for SignIn {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let found = draft.read().users().by_id(self.owner).await?;
        let mut owner = draft.check(found.expect("it was planted")).await?;
        owner.note_sign_in(sign_in_at(self.at));
        draft.update_user(owner.clone()).await?;
        let kind = ats_pat_domain::event::EventKind::UserUpdated;
        draft.record(draft.entry(kind, &owner.id).owner(owner.id));
        Ok(((), Taken::Nothing))
    }
}
