//! The first sign-in with an identity: it makes a user.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DisabledMarks, DisplayName, Identity, LinkedIdentity, ProviderName, ProviderSignIn,
    SignedInElsewhere, User, UserId, UserName,
};

use super::name::{display_name, email, free_name};
use super::proof::{Finished, Proof};
use super::refused::NotSignedIn;
use crate::change::{Draft, Taken};
use crate::service::error::Error;
use crate::sessions::NewSession;

/// Adds a user with this id, links the identity, and starts the session. A user who has the same
/// name or mail address is never taken for the person: another provider, or an administrator, may
/// have given that name to somebody else.
pub(super) async fn sign_in(
    draft: &Draft<'_>,
    proof: &Proof,
    id: UserId,
    session: &NewSession,
) -> Result<(Finished, Taken), Error> {
    let refused = |refused| Ok((Finished::Refused(refused), Taken::Nothing));
    if proof.confirms.is_some() {
        return refused(NotSignedIn::OtherIdentity);
    }
    if !proof.memberships.is_allowed {
        return refused(NotSignedIn::NotAllowed);
    }
    if draft.read().users().by_id(id).await?.is_some() {
        return refused(NotSignedIn::IdInUse);
    }
    let provider = &proof.rules.name;
    let Some(groups) = proof.memberships.merged(provider, &Groups::default()) else {
        return refused(NotSignedIn::GroupsMissing);
    };
    let name = free_name(draft, &proof.proven).await?;
    let user = new_user(draft, proof, id, name, groups);
    add(draft, &user).await?;
    link(draft, id, provider, &proof.proven.identity).await?;
    session.start(draft, id).await?;
    Ok((Finished::SignedIn, Taken::Nothing))
}

/// Links the identity to the user, and says so.
pub(crate) async fn link(
    draft: &Draft<'_>,
    id: UserId,
    provider: &ProviderName,
    identity: &Identity,
) -> Result<(), Error> {
    let linked = draft
        .entry(EventKind::IdentityLinked, &id)
        .owner(id)
        .detail("Provider", provider.as_str())
        .detail("Issuer", identity.issuer.as_str())
        .personal("Subject", identity.subject.as_str());
    draft
        .insert_identity(LinkedIdentity {
            user_id: id,
            provider: provider.clone(),
            identity: identity.clone(),
            linked_at: draft.now,
        })
        .await?;
    draft.record(linked);
    Ok(())
}

fn new_user(draft: &Draft<'_>, proof: &Proof, id: UserId, name: UserName, groups: Groups) -> User {
    let shown = display_name(&proof.proven);
    User {
        id,
        display_name: shown.unwrap_or_else(|| DisplayName::from_stored(name.as_str().to_owned())),
        name,
        email: email(&proof.proven),
        kind: UserKind::Person,
        password_hash: None,
        is_administrator: false,
        disabled: DisabledMarks::NONE,
        responsible_id: None,
        groups,
        provider_sign_in: Some(ProviderSignIn {
            provider: proof.rules.name.clone(),
            identity: proof.proven.identity.clone(),
            at: Some(draft.now),
        }),
        signed_in_elsewhere: SignedInElsewhere::default(),
        directory: proof.noted_entry(draft.now),
        created_at: draft.now,
    }
}

/// Adds the user, and says so.
pub(crate) async fn add(draft: &Draft<'_>, user: &User) -> Result<(), Error> {
    draft.insert_user(user.clone()).await?;
    let mut entry = draft
        .entry(EventKind::UserCreated, &user.id)
        .owner(user.id)
        .detail("IsAdmin", false)
        .detail("Groups", user.groups.names())
        .personal("UserName", user.name.as_str())
        .personal("DisplayName", user.display_name.as_str());
    if let Some(email) = &user.email {
        entry = entry.personal("Email", email.as_str());
    }
    draft.record(entry);
    Ok(())
}
