//! The directory adds a user, or takes one over who signed in before.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DirectoryEntry, DisabledBy, DisabledMarks, DisplayName, Identity, ProviderSignIn, Reason,
    SignedInElsewhere, User, UserId, UserName,
};

use super::attributes::{CheckedUser, DirectoryUser, required};
use super::reach::{Reached, view};
use super::write::{BY, is_free, updated, write};
use super::{Directory, Rules};
use crate::change::{Change, Draft, Taken};
use crate::service::error::Error;
use crate::sessions::identity::first;
use crate::view::DirectoryUserView;

impl Directory<'_> {
    /// Adds a user. Somebody who signed in before at the directory's provider, and is the same
    /// there, is taken over instead.
    ///
    /// # Errors
    /// [`DirectoryRefusal::Invalid`], [`DirectoryRefusal::Taken`].
    pub async fn create_user(&self, new: &DirectoryUser) -> Result<DirectoryUserView, Error> {
        let to = new.check()?;
        let subject = required(to.external_id.clone(), "externalId")?;
        let name = required(to.user_name.clone(), "userName")?;
        let create = Create {
            rules: self.rules.clone(),
            identity: Identity {
                issuer: self.rules.provider.issuer.clone(),
                subject,
            },
            name,
            to,
        };
        self.change(create).await
    }
}

struct Create {
    rules: Rules,
    identity: Identity,
    name: UserName,
    to: CheckedUser,
}

fn taken(attribute: &'static str) -> Error {
    DirectoryRefusal::Taken { attribute }.into()
}

impl Create {
    /// The user who signed in before as the one whom the directory means.
    ///
    /// # Errors
    /// [`DirectoryRefusal::Taken`] if the directory has the user already, or can't reach it.
    async fn known(&self, draft: &Draft<'_>) -> Result<Option<User>, Error> {
        let users = draft.read().users();
        let mut found = users.by_directory(&self.identity).await?;
        if found.is_none()
            && self.rules.knows_subjects
            && let Some(linked) = draft.read().identities().of(&self.identity).await?
        {
            let linked = draft.check(linked).await?;
            found = users.by_id(linked.user_id).await?;
        }
        let Some(found) = found else {
            return Ok(None);
        };
        let user = draft.check(found).await?;
        let entry = self.rules.entry(&user);
        let is_provisioned = entry.is_some_and(|entry| entry.is_provisioned);
        let is_another = entry.is_some_and(|entry| entry.identity != self.identity);
        if is_provisioned || is_another || !Rules::can_reach(&user) {
            return Err(taken("externalId"));
        }
        Ok(Some(user))
    }

    async fn id(&self, draft: &Draft<'_>) -> Result<UserId, Error> {
        if !(self.rules.provider.subject_is_id && self.rules.knows_subjects) {
            return Ok(UserId::new(draft.now, draft.random()?));
        }
        let invalid = DirectoryRefusal::Invalid {
            attribute: "externalId",
            reason: Reason::UnknownValue,
        };
        let id = self.identity.subject.as_str().parse();
        let id = id.map_err(|_| invalid)?;
        if draft.read().users().by_id(id).await?.is_some() {
            return Err(taken("externalId"));
        }
        Ok(id)
    }

    fn user(&self, id: UserId, draft: &Draft<'_>) -> User {
        let shown = DisplayName::from_stored(self.name.as_str().to_owned());
        let mut user = User {
            id,
            name: self.name.clone(),
            display_name: shown,
            email: None,
            kind: UserKind::Person,
            password_hash: None,
            is_administrator: false,
            disabled: DisabledMarks::NONE,
            responsible_id: None,
            groups: Groups::default(),
            provider_sign_in: None,
            signed_in_elsewhere: SignedInElsewhere::default(),
            directory: Some(Box::new(DirectoryEntry {
                identity: self.identity.clone(),
                is_provisioned: true,
                display_name: None,
                given_name: None,
                family_name: None,
                updated_at: draft.now,
            })),
            created_at: draft.now,
        };
        if self.rules.knows_subjects {
            user.note_link(ProviderSignIn {
                provider: self.rules.provider.name.clone(),
                identity: self.identity.clone(),
                at: None,
            });
        }
        user
    }
}

impl Change for Create {
    type Output = DirectoryUserView;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(DirectoryUserView, Taken), Error> {
        let external_id = Some(self.identity.subject.as_str());
        if let Some(before) = self.known(draft).await? {
            let user = updated(draft, &before, Some(&self.identity), &self.to).await?;
            let seen = view(&user, user.directory.as_deref(), external_id);
            return Ok((seen, write(draft, &before, user).await?));
        }
        if !is_free(draft, &self.name).await? {
            return Err(taken("userName"));
        }
        let blank = self.user(self.id(draft).await?, draft);
        let mut user = updated(draft, &blank, Some(&self.identity), &self.to).await?;
        if let Some(entry) = &mut user.directory {
            entry.updated_at = draft.now;
        }
        first::add(draft, &user).await?;
        if self.rules.knows_subjects {
            let provider = &self.rules.provider.name;
            first::link(draft, user.id, provider, &self.identity).await?;
        }
        if user.is_disabled() {
            let entry = draft
                .entry(EventKind::UserDisabled, &user.id)
                .owner(user.id);
            draft.record(entry.detail(BY, DisabledBy::Scim.as_str()));
        }
        Ok((self.rules.view(&user, &Reached::Entry), Taken::Nothing))
    }
}
