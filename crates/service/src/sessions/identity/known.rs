//! A sign-in with an identity that a user has.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::sign_in_rule::has_lapsed;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisabledBy, ProviderSignIn, Session, Tagged, User, UserId};

use super::first;
use super::name::{display_name, email};
use super::proof::{Finished, Proof};
use super::refused::NotSignedIn;
use crate::change::{Draft, Taken};
use crate::ledger::rows::hex;
use crate::operator::operator_keys::revoke_keys_of;
use crate::service::error::Error;
use crate::sessions::{CONFIRMED, MOST_SESSIONS, NewSession};
use crate::tokens::take_places_of;

/// The detail of events that says which party did it.
const BY: &str = "By";

/// As [`sign_in`], of a user whom so far only the directory knows. The identity is linked to the
/// user, who has no password from then on.
pub(super) async fn link(
    draft: &Draft<'_>,
    proof: &Proof,
    id: UserId,
    session: &NewSession,
) -> Result<(Finished, Taken), Error> {
    let provider = &proof.rules.name;
    for identity in draft.read().identities().of_user(id).await? {
        if identity.row.provider == *provider {
            // Another person's, or a row that was planted: neither is replaced here.
            return Ok((Finished::Refused(NotSignedIn::TwoUsers), Taken::Nothing));
        }
    }
    let (finished, taken) = sign_in(draft, proof, id, session).await?;
    if matches!(finished, Finished::SignedIn) {
        first::link(draft, id, provider, &proof.proven.identity).await?;
    }
    Ok((finished, taken))
}

/// Starts the session of this user, whose details and groups become those that the provider told.
/// A user who is in no allowed group any more is disabled instead.
pub(super) async fn sign_in(
    draft: &Draft<'_>,
    proof: &Proof,
    id: UserId,
    session: &NewSession,
) -> Result<(Finished, Taken), Error> {
    let refused = |refused| Ok((Finished::Refused(refused), Taken::Nothing));
    let found = draft.read().users().by_id(id).await?;
    let Some(found) = found else {
        // A reference keeps the user's row for as long as there is the identity.
        return refused(NotSignedIn::Disabled);
    };
    let before = draft.check(found).await?;
    if before.kind != UserKind::Person {
        return refused(NotSignedIn::Disabled);
    }
    if proof.confirms.as_ref().is_some_and(|by| by.user.id != id) {
        return refused(NotSignedIn::OtherIdentity);
    }
    if !proof.memberships.is_allowed {
        return keep_out(draft, before).await;
    }
    let mut user = before.clone();
    user.disabled = user.disabled.without(DisabledBy::Provider);
    if user.is_disabled() {
        return refused(NotSignedIn::Disabled);
    }
    let provider = &proof.rules.name;
    let Some(groups) = proof.memberships.merged(provider, &before.groups) else {
        return refused(NotSignedIn::GroupsMissing);
    };
    user.groups = groups;
    if let Some(display_name) = display_name(&proof.proven) {
        user.display_name = display_name;
    }
    if let Some(email) = email(&proof.proven) {
        user.email = Some(email);
    }
    user.note_sign_in(ProviderSignIn {
        provider: provider.clone(),
        identity: proof.proven.identity.clone(),
        at: Some(draft.now),
    });
    user.password_hash = None;
    let is_noted = user.directory.is_none() && proof.in_directory.is_some();
    if is_noted {
        user.directory = proof.noted_entry(draft.now);
    }
    let others = draft.read().sessions().of_user(id).await?;
    if is_noted {
        draft.rename_user(user.clone()).await?;
    } else {
        draft.update_user(user.clone()).await?;
    }
    end_or_keep(draft, proof, (&before, &user), others).await?;
    record(draft, &before, &user);
    let mut started = session.add(draft, id).await?;
    if proof.confirms.is_some() {
        started = started.detail(CONFIRMED, true);
    }
    draft.record(started);
    if takes_right(proof, &user) {
        // Nobody administers through a key that a group gave the right to make.
        revoke_keys_of(draft, id).await?;
    }
    // Exchanges go by the groups. Sessions and keys are read from the database each time.
    let taken = if user.groups == before.groups {
        Taken::Sessions
    } else {
        Taken::Now
    };
    Ok((Finished::SignedIn, taken))
}

/// The mark of the provider: the user is disabled until the provider tells an allowed group.
async fn keep_out(draft: &Draft<'_>, mut user: User) -> Result<(Finished, Taken), Error> {
    let refused = Finished::Refused(NotSignedIn::NotAllowed);
    if user.disabled.are_set_by(DisabledBy::Provider) {
        return Ok((refused, Taken::Before));
    }
    user.disabled = user.disabled.with(DisabledBy::Provider);
    draft.update_user(user.clone()).await?;
    let entry = draft
        .entry(EventKind::UserDisabled, &user.id)
        .owner(user.id)
        .detail(BY, DisabledBy::Provider.as_str())
        .personal("UserName", user.name.as_str());
    take_places_of(draft, user.id).await?;
    let ended = draft.delete_sessions_of(user.id).await?;
    draft.record(entry.detail("SessionsEnded", ended));
    revoke_keys_of(draft, user.id).await?;
    Ok((refused, Taken::Now))
}

/// Ends those of the user's other sessions that began by other rights, that this sign-in confirms,
/// that lapsed before it, or that are too many. The rest goes on although the user's row is
/// written.
async fn end_or_keep(
    draft: &Draft<'_>,
    proof: &Proof,
    (before, after): (&User, &User),
    mut others: Vec<Tagged<Session>>,
) -> Result<(), Error> {
    let confirmed = proof.confirms.as_ref().map(|by| by.session.id_hash);
    others.sort_by_key(|other| other.row.created_at);
    let surplus = (others.len() + 1).saturating_sub(MOST_SESSIONS);
    let takes_right = takes_right(proof, after);
    for (number, other) in others.into_iter().enumerate() {
        let administers = other.row.provider.as_ref().is_some_and(|provider| {
            provider.is_administrator && provider.provider == proof.rules.name
        });
        let is_confirmed = confirmed == Some(other.row.id_hash);
        let ends = after.groups != before.groups
            || number < surplus
            || is_confirmed
            || has_lapsed(&other.row, before, draft.sign_in_rules(), draft.now)
            || (takes_right && administers);
        if !ends {
            draft.keep_session(other).await?;
            continue;
        }
        draft.delete_session(&other).await?;
        if is_confirmed {
            let ended = draft.entry(EventKind::SessionEnded, &hex(&other.row.id_hash));
            draft.record(ended.owner(after.id).detail(CONFIRMED, true));
        }
    }
    Ok(())
}

/// Whether the provider decides who administers, and the user does not.
fn takes_right(proof: &Proof, user: &User) -> bool {
    !proof.rules.administrator_groups.is_empty()
        && !proof.memberships.is_administrator
        && !user.is_administrator
}

/// Records what the provider changed of the user.
fn record(draft: &Draft<'_>, before: &User, after: &User) {
    let entry = |kind| {
        let entry = draft.entry(kind, &after.id).owner(after.id);
        entry.personal("UserName", after.name.as_str())
    };
    if before.disabled != after.disabled {
        let by = DisabledBy::Provider.as_str();
        draft.record(entry(EventKind::UserEnabled).detail(BY, by));
    }
    if before.groups != after.groups {
        let groups = entry(EventKind::GroupsSet)
            .detail("Groups", after.groups.names())
            .detail("GroupsBefore", before.groups.names());
        draft.record(groups);
    }
    if before.display_name != after.display_name || before.email != after.email {
        let email = |user: &User| user.email.as_ref().map(|email| email.as_str().to_owned());
        let updated = entry(EventKind::UserUpdated)
            .personal("DisplayName", after.display_name.as_str())
            .personal("DisplayNameBefore", before.display_name.as_str())
            .personal("Email", email(after))
            .personal("EmailBefore", email(before));
        draft.record(updated);
    }
}
