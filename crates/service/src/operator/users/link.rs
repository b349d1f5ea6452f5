//! Linking users to identities at the company's identity providers.

use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::identity::SignedInThere;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::{
    DisabledBy, Identity, Issuer, Lapse, LinkedIdentity, ProviderName, ProviderSignIn,
    SignedInElsewhere, Subject, User,
};

use super::find::{find_user, require_living, require_person};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::operator::Operator;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::sessions::identity::memberships::{without, without_directory};
use crate::tokens::take_places_of;
use crate::view::UserView;

impl Operator<'_> {
    /// Links a user to an identity: whoever proves it signs in as this user. The user's password is
    /// erased, and the sessions end. An identity that the user has stays as it was.
    ///
    /// # Errors
    /// [`Error::UnknownIssuer`], [`Error::InvalidSubject`], [`Error::UserNotFound`],
    /// [`Error::NoPerson`], [`Error::Quarantined`], [`Error::Erased`], [`Error::IdentityInUse`],
    /// [`Error::HasIdentity`].
    pub async fn link_identity(
        &self,
        name: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<UserView, Error> {
        self.require(Right::Administrators)?;
        self.require_recent_sign_in().await?;
        let mut providers = self.service.providers().iter();
        let rules = providers.find(|rules| rules.issuer.as_str() == issuer);
        let rules = rules.ok_or_else(|| Error::UnknownIssuer {
            issuer: issuer.to_owned(),
        })?;
        let link = Link {
            name: name.to_owned(),
            provider: rules.name.clone(),
            identity: Identity {
                issuer: Issuer::clone(&rules.issuer),
                subject: Subject::new(subject).map_err(|_| Error::InvalidSubject)?,
            },
        };
        Ok(UserView::new(&self.change(link).await?))
    }

    /// Removes a user's identities: the one at `provider`, or all. The sessions end, and so do the
    /// memberships that the provider told. The entry in the company's directory goes with the
    /// identity at its provider. A user whom the provider or the directory disabled stays disabled
    /// until an administrator says otherwise.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::NoIdentity`].
    pub async fn unlink_identity(
        &self,
        name: &str,
        provider: Option<&str>,
    ) -> Result<UserView, Error> {
        self.require(Right::Administrators)?;
        self.require_recent_sign_in().await?;
        let directory = self.service.inner.settings.directory.as_ref();
        let unlink = Unlink {
            name: name.to_owned(),
            provider: provider.map(ToOwned::to_owned),
            directory: directory.map(|rules| rules.provider.clone()),
        };
        Ok(UserView::new(&self.change(unlink).await?))
    }
}

/// Refuses a password for a user who signs in at a provider.
///
/// # Errors
/// [`Error::SignsInElsewhere`].
pub(super) async fn require_no_identity(draft: &Draft<'_>, user: &User) -> Result<(), Error> {
    if user.directory.is_some() {
        let name = user.name.as_str().to_owned();
        return Err(Error::SignsInElsewhere { name });
    }
    for identity in draft.read().identities().of_user(user.id).await? {
        let (_, judgement) = draft.judge(identity).await;
        // A planted row must not keep anybody from a password.
        if judgement != Judgement::Planted {
            return Err(Error::SignsInElsewhere {
                name: user.name.as_str().to_owned(),
            });
        }
    }
    Ok(())
}

/// How long an authentication token can live.
const LONGEST_TOKEN: Duration = Duration::from_hours(1);

/// Notes the user's identities as ones that nobody signed in with yet, in place of what a row says
/// that can't be told to be the last one. The user counts from when it was added, until the next
/// sign-in.
pub(super) async fn forget_sign_ins(draft: &Draft<'_>, user: &mut User) -> Result<(), Error> {
    user.provider_sign_in = None;
    user.signed_in_elsewhere = SignedInElsewhere::default();
    for identity in draft.read().identities().of_user(user.id).await? {
        let (linked, judgement) = draft.judge(identity).await;
        if judgement != Judgement::Planted {
            user.note_link(ProviderSignIn {
                provider: linked.provider,
                identity: linked.identity,
                at: None,
            });
        }
    }
    Ok(())
}

/// After the identity was removed that the user signed in with last: the last sign-in is now that
/// with another identity, so that the rules of its provider go on.
pub(crate) async fn name_the_last(draft: &Draft<'_>, user: &mut User) -> Result<(), Error> {
    if user.provider_sign_in.is_some() {
        return Ok(());
    }
    let mut latest: Option<ProviderSignIn> = None;
    for identity in draft.read().identities().of_user(user.id).await? {
        let (row, judgement) = draft.judge(identity).await;
        let signed_in = user.sign_in_at(&row.provider);
        if judgement != Judgement::Genuine {
            continue;
        }
        let at = signed_in.and_then(SignedInThere::at);
        if latest.as_ref().is_none_or(|latest| latest.at < at) {
            latest = Some(ProviderSignIn {
                provider: row.provider,
                identity: row.identity,
                at,
            });
        }
    }
    if let Some(latest) = latest {
        user.note_sign_in(latest);
    }
    Ok(())
}

/// Removes what the directory says of the user. The directory can't reach the user any more, so an
/// administrator takes its mark over.
fn forget_directory(user: &mut User) {
    user.directory = None;
    user.groups = without_directory(&user.groups);
    if user.disabled.are_set_by(DisabledBy::Scim) {
        let without = user.disabled.without(DisabledBy::Scim);
        user.disabled = without.with(DisabledBy::Administrator);
    }
}

struct Link {
    name: String,
    provider: ProviderName,
    identity: Identity,
}

impl Link {
    /// Whether the user has this identity. Rows in its place that were planted are removed.
    ///
    /// # Errors
    /// [`Error::IdentityInUse`], [`Error::HasIdentity`].
    async fn is_linked(&self, draft: &Draft<'_>, user: &User) -> Result<bool, Error> {
        let identities = draft.read().identities();
        let mut found = identities.of_user(user.id).await?;
        found.retain(|found| found.row.provider == self.provider);
        if let Some(of_identity) = identities.of(&self.identity).await?
            && !found.contains(&of_identity)
        {
            found.push(of_identity);
        }
        for tagged in found {
            let (row, judgement) = draft.judge(tagged.clone()).await;
            if judgement == Judgement::Planted {
                draft.quarantine(&row);
                draft.delete_identity(&tagged).await?;
                // An event of its own, because the next one may write the same row.
                let entry = draft.entry(EventKind::IdentityUnlinked, &row.user_id);
                draft.record(entry.owner(row.user_id));
            } else if row.user_id != user.id {
                return Err(Error::IdentityInUse);
            } else if row.identity == self.identity {
                return Ok(true);
            } else {
                return Err(Error::HasIdentity {
                    name: user.name.as_str().to_owned(),
                    provider: self.provider.to_string(),
                });
            }
        }
        Ok(false)
    }
}

impl Change for Link {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let mut user = find_user(draft, &self.name).await?;
        require_living(&user)?;
        require_person(&user)?;
        draft.require_right_over(&user)?;
        if self.is_linked(draft, &user).await? {
            return Ok((user, Taken::Nothing));
        }
        user.password_hash = None;
        let before = Lapse::of(&user, draft.sign_in_rules());
        user.note_link(ProviderSignIn {
            provider: self.provider.clone(),
            identity: self.identity.clone(),
            at: None,
        });
        draft.update_user(user.clone()).await?;
        // The tokens of somebody who was added long ago stop until the first sign-in there.
        let after = Lapse::of(&user, draft.sign_in_rules());
        let takes_away = before != after;
        let stops = |lapse: Lapse| lapse.is_over(draft.now.after(LONGEST_TOKEN));
        if takes_away && after.is_some_and(stops) {
            take_places_of(draft, user.id).await?;
        }
        let ended = draft.delete_sessions_of(user.id).await?;
        draft
            .insert_identity(LinkedIdentity {
                user_id: user.id,
                provider: self.provider.clone(),
                identity: self.identity.clone(),
                linked_at: draft.now,
            })
            .await?;
        draft.record(
            draft
                .entry(EventKind::IdentityLinked, &user.id)
                .owner(user.id)
                .detail("Provider", self.provider.as_str())
                .detail("Issuer", self.identity.issuer.as_str())
                .detail("SessionsEnded", ended)
                .personal("Subject", self.identity.subject.as_str())
                .personal("UserName", user.name.as_str()),
        );
        let taken = if takes_away {
            Taken::Now
        } else {
            Taken::Sessions
        };
        Ok((user, taken))
    }
}

struct Unlink {
    name: String,
    provider: Option<String>,
    /// The provider of the company's directory.
    directory: Option<ProviderName>,
}

impl Change for Unlink {
    type Output = User;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let mut user = find_user(draft, &self.name).await?;
        draft.require_right_over(&user)?;
        let mut identities = draft.read().identities().of_user(user.id).await?;
        let named = |name: &ProviderName| {
            let provider = self.provider.as_deref();
            provider.is_none_or(|provider| provider == name.as_str())
        };
        identities.retain(|identity| named(&identity.row.provider));
        if identities.is_empty() {
            return Err(Error::NoIdentity {
                name: user.name.as_str().to_owned(),
            });
        }
        if user.disabled.are_set_by(DisabledBy::Provider) {
            let without = user.disabled.without(DisabledBy::Provider);
            user.disabled = without.with(DisabledBy::Administrator);
        }
        let mut providers = Vec::with_capacity(identities.len());
        for identity in &identities {
            let provider = &identity.row.provider;
            // Of what is left, nothing is too much.
            user.groups = Groups::new(&without(provider, &user.groups)).unwrap_or_default();
            let is_last = |sign_in: &ProviderSignIn| sign_in.provider == *provider;
            if user.provider_sign_in.as_ref().is_some_and(is_last) {
                user.provider_sign_in = None;
            }
            user.signed_in_elsewhere.forget(provider);
            let issuer = &identity.row.identity.issuer;
            let entry = user.directory.as_deref();
            let has_entry = entry.is_some_and(|entry| entry.identity.issuer == *issuer);
            if has_entry || self.directory.as_ref() == Some(provider) {
                forget_directory(&mut user);
            }
            providers.push(provider.to_string());
            draft.delete_identity(identity).await?;
        }
        name_the_last(draft, &mut user).await?;
        draft.update_user(user.clone()).await?;
        let ended = draft.delete_sessions_of(user.id).await?;
        draft.record(
            draft
                .entry(EventKind::IdentityUnlinked, &user.id)
                .owner(user.id)
                .detail("Providers", providers)
                .detail("SessionsEnded", ended)
                .personal("UserName", user.name.as_str()),
        );
        Ok((user, Taken::Now))
    }
}
