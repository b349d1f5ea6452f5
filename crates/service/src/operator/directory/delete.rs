//! The directory deletes a user.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{DisabledBy, User, UserId, UserName};

use super::reach::Reached;
use super::update::{found, may_end, user_id};
use super::version::Precondition;
use super::write::BY;
use super::{Directory, Rules};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::ledger::rows::hex;
use crate::operator::operator_keys::revoke_keys_of;
use crate::operator::{name_the_last, strip};
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::sessions::identity::memberships::{without, without_directory};
use crate::tokens::revoke_tokens_of;

/// The longest part of the former name, in characters.
const LONGEST: usize = 60;

impl Directory<'_> {
    /// Deletes a user for the directory: the user is kept out, the tokens are revoked, the sessions
    /// end. What is left stays in the audit trail under another name, and the directory does not
    /// see it any more. Its names are free for a new user.
    ///
    /// # Errors
    /// [`DirectoryRefusal::NotFound`], [`DirectoryRefusal::Changed`].
    pub async fn delete_user(&self, id: &str, only_if: Precondition) -> Result<(), Error> {
        let delete = Delete {
            rules: self.rules.clone(),
            id: user_id(id)?,
            only_if,
        };
        self.change(delete).await
    }
}

struct Delete {
    rules: Rules,
    id: UserId,
    only_if: Precondition,
}

impl Delete {
    async fn require_reach(
        &self,
        draft: &Draft<'_>,
        user: &User,
        judgement: Judgement,
    ) -> Result<(), Error> {
        if judgement == Judgement::Genuine {
            let reached: Option<Reached> = self.rules.reach(draft, user).await?;
            let reached = reached.ok_or(DirectoryRefusal::NotFound)?;
            let seen = self.rules.view(user, &reached);
            self.only_if.check(&seen.version())?;
        } else if !may_end(draft, &self.rules, user, judgement).await? {
            return Err(DirectoryRefusal::NotFound.into());
        }
        Ok(())
    }
}

impl Change for Delete {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let (mut user, judgement) = found(draft, self.id).await?;
        self.require_reach(draft, &user, judgement).await?;
        let called = user.name.clone();
        strip(draft, &mut user, judgement).await?;
        let provider = &self.rules.provider.name;
        user.disabled = user.disabled.with(DisabledBy::Scim);
        user.groups = without_directory(&user.groups);
        user.groups = ats_pat_domain::group::Groups::new(&without(provider, &user.groups))
            .unwrap_or_default();
        user.directory = None;
        // Nobody can take this name beforehand.
        let start: String = called.as_str().chars().take(LONGEST).collect();
        let random = hex(&draft.random::<8>()?);
        user.name = UserName::from_stored(format!("{start}-deleted-{random}"));
        for identity in self.rules.identities(draft.read(), &user).await? {
            draft.delete_identity(&identity).await?;
        }
        if user
            .provider_sign_in
            .as_ref()
            .is_some_and(|last| last.provider == *provider)
        {
            user.provider_sign_in = None;
        }
        user.signed_in_elsewhere.forget(provider);
        name_the_last(draft, &mut user).await?;
        draft.rename_user(user.clone()).await?;
        let ended = draft.delete_sessions_of(user.id).await?;
        draft.record(
            draft
                .entry(EventKind::UserDisabled, &user.id)
                .owner(user.id)
                .detail(BY, DisabledBy::Scim.as_str())
                .detail("Deleted", true)
                .detail("SessionsEnded", ended)
                .personal("UserName", user.name.as_str())
                .personal("UserNameBefore", called.as_str()),
        );
        revoke_keys_of(draft, user.id).await?;
        revoke_tokens_of(draft, user.id).await?;
        Ok(((), Taken::Now))
    }
}
