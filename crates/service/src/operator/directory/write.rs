//! Writes a user whom the directory changed.

use std::time::Duration;

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{DirectoryEntry, DisabledBy, DisplayName, Identity, Timestamp, User};

use super::attributes::CheckedUser;
use crate::change::{Draft, Taken};
use crate::operator::changed_user;
use crate::operator::operator_keys::revoke_keys_of;
use crate::service::error::Error;
use crate::tokens::take_places_of;

/// The detail of events that says which party did it.
pub(super) const BY: &str = "By";

/// The user as it is to be. `identity` is who the user is in the directory, if it knows.
///
/// # Errors
/// [`DirectoryRefusal::Taken`].
pub(super) async fn updated(
    draft: &Draft<'_>,
    before: &User,
    identity: Option<&Identity>,
    to: &CheckedUser,
) -> Result<User, Error> {
    let mut user = before.clone();
    if let Some(name) = &to.user_name {
        let is_renamed = name.folded() != before.name.folded();
        if !is_renamed || is_free(draft, name).await? {
            user.name.clone_from(name);
        } else if to.active != Some(false) {
            // A name that somebody has keeps nobody in.
            let attribute = "userName";
            return Err(DirectoryRefusal::Taken { attribute }.into());
        }
    }
    let entry = before.directory.as_deref();
    let given_name = to.given_name.or(entry.and_then(|it| it.given_name.clone()));
    let family_name = to
        .family_name
        .or(entry.and_then(|it| it.family_name.clone()));
    let display_name = to
        .display_name
        .or(entry.and_then(|it| it.display_name.clone()));
    let names = (&display_name, &given_name, &family_name);
    let names_before = match entry {
        Some(it) => (&it.display_name, &it.given_name, &it.family_name),
        None => (&None, &None, &None),
    };
    let is_nameless = names == (&None, &None, &None);
    let repeats_the_name = before.display_name.as_str() == before.name.as_str();
    if names != names_before || (is_nameless && repeats_the_name) {
        let called = display_name
            .clone()
            .or_else(|| called(given_name.as_ref(), family_name.as_ref()));
        user.display_name =
            called.unwrap_or_else(|| DisplayName::from_stored(user.name.as_str().to_owned()));
    }
    user.email = to.email.or(before.email.clone());
    user.disabled = match to.active {
        None => before.disabled,
        Some(true) => before.disabled.without(DisabledBy::Scim),
        Some(false) => before.disabled.with(DisabledBy::Scim),
    };
    if let Some(identity) = identity {
        let entry = DirectoryEntry {
            identity: identity.clone(),
            is_provisioned: true,
            display_name,
            given_name,
            family_name,
            updated_at: entry.map_or(before.created_at, |entry| entry.updated_at),
        };
        user.directory = Some(Box::new(entry));
    }
    if user != *before
        && let Some(entry) = &mut user.directory
    {
        entry.updated_at = next(entry.updated_at, draft.now);
    }
    Ok(user)
}

/// Now, but never the same time again, because it is a part of the version.
pub(super) fn next(before: Timestamp, now: Timestamp) -> Timestamp {
    now.max(before.after(Duration::from_millis(1)))
}

pub(super) async fn is_free(
    draft: &Draft<'_>,
    name: &ats_pat_domain::UserName,
) -> Result<bool, Error> {
    let users = draft.read().users();
    Ok(users.by_folded_name(&name.folded()).await?.is_none())
}

/// What somebody of these names is shown by.
fn called(given: Option<&DisplayName>, family: Option<&DisplayName>) -> Option<DisplayName> {
    let names: Vec<&str> = [given, family]
        .into_iter()
        .flatten()
        .map(DisplayName::as_str)
        .collect();
    DisplayName::new(&names.join(" ")).ok()
}

/// Writes the user, with its events. Somebody whom the directory keeps out from now on is out at
/// once. Sessions of others go on, unless the groups are others.
pub(super) async fn write(draft: &Draft<'_>, before: &User, after: User) -> Result<Taken, Error> {
    let is_kept_out = after.disabled.are_set_by(DisabledBy::Scim);
    if after == *before {
        return Ok(if is_kept_out {
            Taken::now_if(false)
        } else {
            Taken::Nothing
        });
    }
    let was_kept_out = before.disabled.are_set_by(DisabledBy::Scim);
    let disables = is_kept_out && !was_kept_out;
    let is_renamed = after.name.folded() != before.name.folded();
    let is_noted = before.directory.as_ref().map(|it| &it.identity)
        != after.directory.as_ref().map(|it| &it.identity);
    let sessions = draft.read().sessions().of_user(after.id).await?;
    if is_renamed || is_noted {
        draft.rename_user(after.clone()).await?;
    } else {
        draft.update_user(after.clone()).await?;
    }
    let ends_sessions = disables || after.groups != before.groups;
    let ended = if ends_sessions {
        Some(draft.delete_sessions_of(after.id).await?)
    } else {
        for session in sessions {
            draft.keep_session(session).await?;
        }
        None
    };
    let entry = |kind| {
        let entry = draft.entry(kind, &after.id).owner(after.id);
        entry.personal("UserName", after.name.as_str())
    };
    if disables {
        take_places_of(draft, after.id).await?;
        let disabled = entry(EventKind::UserDisabled).detail(BY, DisabledBy::Scim.as_str());
        draft.record(disabled.detail("SessionsEnded", ended));
        // Afterwards, because these have events of their own.
        revoke_keys_of(draft, after.id).await?;
    }
    if was_kept_out && !is_kept_out {
        let enabled = entry(EventKind::UserEnabled).detail(BY, DisabledBy::Scim.as_str());
        draft.record(enabled);
    }
    let changed = changed_user(draft, before, &after, ended.filter(|_| !disables));
    let is_told = disables || is_kept_out != was_kept_out || !changed.is_empty();
    for entry in changed {
        draft.record(entry);
    }
    if !is_told {
        draft.record(entry(EventKind::UserUpdated).detail(BY, DisabledBy::Scim.as_str()));
    }
    // After a rename the name can be another's: no server answers by it. Groups decide what the
    // policy says.
    let takes = disables || after.name != before.name || after.groups != before.groups;
    Ok(if takes {
        Taken::Now
    } else if is_kept_out {
        Taken::Before
    } else {
        Taken::Nothing
    })
}
