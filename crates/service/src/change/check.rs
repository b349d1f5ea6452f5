//! Whether an authority is still valid when its change begins.

use ats_pat_domain::event::{Actor, Event, EventKind};
use ats_pat_domain::list::{EventFilter, MAX_PAGE_SIZE};
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::port::{FoundSession, Repositories, SetupLink};
use ats_pat_domain::sign_in_rule::has_lapsed;
use ats_pat_domain::{OperatorKey, Problem, User};

use serde_json::Value;

use super::Draft;
use super::authority::{Authority, Found};
use crate::service::error::Error;
use crate::sessions::{SignedIn, belongs};

/// The detail of the event of the user who used a set-up link.
pub(crate) const BY_SETUP_LINK: &str = "SetupLink";

/// Checks in the transaction that the authority is still valid and sufficient. It may have ended
/// while the change waited.
///
/// # Errors
/// - [`Problem::SignInRequired`] for a session that ended.
/// - [`Problem::Forbidden`] for a user who is no longer an administrator.
/// - [`Problem::InvalidCredentials`] for a password that was changed.
/// - [`Problem::OwnerDisabled`] for a user who signs in but was disabled.
/// - [`Problem::OperatorKeyInvalid`] for an operator key that ended.
/// - [`Error::SetupCodeInvalid`].
pub(super) async fn check(authority: &Authority, draft: &Draft<'_>) -> Result<Found, Error> {
    match authority {
        Authority::Session(by) => {
            let signed_in = still_signed_in(draft, by).await?;
            Ok(Found::of(signed_in.user))
        }
        Authority::Administrator(by) => {
            let signed_in = still_signed_in(draft, by).await?;
            if signed_in.is_administrator() {
                Ok(Found::of(signed_in.user))
            } else {
                Err(Problem::Forbidden.into())
            }
        }
        Authority::Password(verified) => still_has_password(draft, verified).await.map(Found::of),
        Authority::SetupLink { link, .. } => {
            still_needs_setup(draft, link).await.map(Found::SetupLink)
        }
        Authority::OperatorKey(key) => still_holds(draft, key).await.map(|()| Found::Nothing),
        Authority::Job(actor) => still_revokes(draft, *actor).await.map(|()| Found::Nothing),
        Authority::Operator
        | Authority::Identity(_)
        | Authority::Provider
        | Authority::SignOut(_)
        | Authority::Holder
        | Authority::System => Ok(Found::Nothing),
    }
}

async fn still_signed_in(draft: &Draft<'_>, by: &SignedIn) -> Result<SignedIn, Error> {
    let found = draft.read().sessions().by_hash(&by.session.id_hash).await?;
    let FoundSession { session, user, .. } = found.ok_or(Problem::SignInRequired)?;
    let belongs = belongs(draft.roots(), &session, &user);
    // A session that was planted or put back doesn't count.
    let session = draft.genuine(session).await?;
    let user = draft.genuine(user).await?;
    let (Some(session), Some(user)) = (session, user) else {
        return Err(Problem::SignInRequired.into());
    };
    let has_ended = session.ends_at <= draft.now
        || has_lapsed(&session, &user, draft.sign_in_rules(), draft.now);
    if user.is_disabled() || !belongs || user.id != by.user.id || has_ended {
        return Err(Problem::SignInRequired.into());
    }
    Ok(SignedIn { session, user })
}

async fn still_holds(draft: &Draft<'_>, key: &OperatorKey) -> Result<(), Error> {
    let found = draft.read().operator_keys().by_id(key.id).await?;
    let found = found.ok_or(Problem::OperatorKeyInvalid)?;
    let found = draft.genuine(found).await?;
    let holds = found.is_some_and(|found| found == *key && found.is_active(draft.now));
    if holds {
        Ok(())
    } else {
        Err(Problem::OperatorKeyInvalid.into())
    }
}

/// Whether whoever began a bulk job may still revoke anybody's tokens. The session may have ended
/// meanwhile.
async fn still_revokes(draft: &Draft<'_>, actor: Actor) -> Result<(), Error> {
    let may = match actor {
        Actor::User(id) => {
            let user = draft.read().users().by_id(id).await?;
            let user = match user {
                Some(user) => draft.genuine(user).await?,
                None => None,
            };
            match user {
                Some(user) if user.is_disabled() => false,
                Some(user) => user.is_administrator || administers_somewhere(draft, &user).await?,
                None => false,
            }
        }
        Actor::OperatorKey(id) => {
            let key = draft.read().operator_keys().by_id(id).await?;
            let key = match key {
                Some(key) => draft.genuine(key).await?,
                None => None,
            };
            key.is_some_and(|key| key.is_active(draft.now) && key.rights.contain(Right::Tokens))
        }
        Actor::Operator => true,
        Actor::Holder | Actor::System => false,
    };
    if may {
        Ok(())
    } else {
        Err(Problem::Forbidden.into())
    }
}

/// Whether the user administers the service in a session, because of a group at the identity
/// provider.
async fn administers_somewhere(draft: &Draft<'_>, user: &User) -> Result<bool, Error> {
    for session in draft.read().sessions().of_user(user.id).await? {
        let Some(session) = draft.genuine(session).await? else {
            continue;
        };
        let signed_in = SignedIn {
            session,
            user: user.clone(),
        };
        let SignedIn { session, user } = &signed_in;
        if signed_in.is_administrator()
            && draft.now < session.ends_at
            && !has_lapsed(session, user, draft.sign_in_rules(), draft.now)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn still_has_password(draft: &Draft<'_>, verified: &User) -> Result<User, Error> {
    let user = draft.read().users().by_id(verified.id).await?;
    let user = user.ok_or(Problem::InvalidCredentials)?;
    let user = draft.check(user).await?;
    if user.password_hash != verified.password_hash {
        return Err(Problem::InvalidCredentials.into());
    }
    if user.is_disabled() {
        return Err(Problem::OwnerDisabled.into());
    }
    Ok(user)
}

async fn still_needs_setup(draft: &Draft<'_>, shown: &SetupLink) -> Result<SetupLink, Error> {
    let link = draft.read().setup_links().current().await?;
    let link = link.ok_or(Error::SetupCodeInvalid)?;
    let link = draft.genuine(link).await?;
    let link = link.ok_or(Error::SetupCodeInvalid)?;
    if link != *shown || link.expires_at <= draft.now || is_set_up(draft.read()).await? {
        return Err(Error::SetupCodeInvalid);
    }
    Ok(link)
}

/// Whether the service was set up: there is an administrator, or a set-up link was used. So
/// somebody who removes the administrators' rows gets no new link at the next start.
///
/// An altered row that says it is an administrator grants nothing. It counts here all the same, so
/// that nobody gets a new set-up link by altering rows.
pub(crate) async fn is_set_up(read: &(impl Repositories + ?Sized)) -> Result<bool, Error> {
    if !read.users().administrators().await?.is_empty() {
        return Ok(true);
    }
    let mut before = None;
    loop {
        let filter = EventFilter {
            kind: Some(EventKind::UserCreated.as_str().to_owned()),
            before,
            limit: u64::from(MAX_PAGE_SIZE),
            ..EventFilter::default()
        };
        let events = read.events().newest(&filter).await?;
        let Some(last) = events.last() else {
            return Ok(false);
        };
        before = Some(last.seq);
        let is_by_link = |event: &Event| {
            let details: Value = serde_json::from_slice(&event.details).unwrap_or_default();
            details.get(BY_SETUP_LINK) == Some(&Value::Bool(true))
        };
        if events.iter().any(is_by_link) {
            return Ok(true);
        }
    }
}
