//! Writes the rows of a change: tags each of them, and notes it for the next entry.

use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{SetupLink, StoreError, StoredPolicy};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    DirectoryGroup, LinkedIdentity, OperatorKey, Session, StatusPlace, Tagged, Timestamp, Token,
    TokenId, User, UserId,
};

use super::{Draft, Judgement};
use crate::ledger::rows::{Row, hex};
use crate::ledger::{Replaces, RowChange};
use crate::service::error::Error;

impl Draft<'_> {
    pub(crate) async fn insert_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag_new(user);
        Ok(self.transaction.insert_user(&tagged).await?)
    }

    pub(crate) async fn update_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag(user);
        Ok(self.transaction.update_user(&tagged).await?)
    }

    /// As [`update_user`](Self::update_user), under another name or with another entry in the
    /// directory.
    pub(crate) async fn rename_user(&self, user: User) -> Result<(), Error> {
        let tagged = self.tag(user);
        Ok(self.transaction.rename_user(&tagged).await?)
    }

    /// Erases what no tag covers of a user's tokens, and the personal part of the events about the
    /// user.
    pub(crate) async fn erase_details_of(&self, user: UserId) -> Result<(), Error> {
        Ok(self.transaction.erase_details_of(user).await?)
    }

    pub(crate) async fn insert_identity(&self, identity: LinkedIdentity) -> Result<(), Error> {
        let tagged = self.tag_new(identity);
        Ok(self.transaction.insert_identity(&tagged).await?)
    }

    /// Removes a user's identity, genuine or not.
    pub(crate) async fn delete_identity(
        &self,
        identity: &Tagged<LinkedIdentity>,
    ) -> Result<(), Error> {
        let row = &identity.row;
        self.note_read(row, self.roots().origin(identity));
        self.transaction
            .delete_identity(row.user_id, &row.provider)
            .await?;
        self.note_removed(row);
        Ok(())
    }

    pub(crate) async fn insert_directory_group(&self, group: DirectoryGroup) -> Result<(), Error> {
        let tagged = self.tag_new(group);
        Ok(self.transaction.insert_directory_group(&tagged).await?)
    }

    pub(crate) async fn update_directory_group(&self, group: DirectoryGroup) -> Result<(), Error> {
        let tagged = self.tag(group);
        Ok(self.transaction.update_directory_group(&tagged).await?)
    }

    /// Removes a group, genuine or not.
    pub(crate) async fn delete_directory_group(&self, group: &DirectoryGroup) -> Result<(), Error> {
        self.transaction.delete_directory_group(group.id).await?;
        self.note_removed(group);
        Ok(())
    }

    pub(crate) async fn insert_token(&self, token: Token) -> Result<(), Error> {
        let tagged = self.tag_new(token);
        Ok(self.transaction.insert_token(&tagged).await?)
    }

    pub(crate) async fn update_token(&self, token: Token) -> Result<(), Error> {
        self.written.lock().has_ended |= token.revoked_at.is_some();
        let tagged = self.tag(token);
        Ok(self.transaction.update_token(&tagged).await?)
    }

    /// Notes when a dead secret of a token was used. The row's tag doesn't cover this.
    pub(crate) async fn note_reuse(&self, id: TokenId, at: Timestamp) -> Result<(), Error> {
        Ok(self.transaction.note_reuse(id, at).await?)
    }

    pub(crate) async fn insert_secret(&self, secret: Secret) -> Result<(), Error> {
        let tagged = self.tag_new(secret);
        Ok(self.transaction.insert_secret(&tagged).await?)
    }

    pub(crate) async fn update_secret(&self, secret: Secret) -> Result<(), Error> {
        self.written.lock().has_ended |= secret.slot.is_none();
        let tagged = self.tag(secret);
        Ok(self.transaction.update_secret(&tagged).await?)
    }

    /// Removes a token with its secrets, which were read and are genuine.
    pub(crate) async fn delete_token(
        &self,
        token: &Token,
        secrets: &[Secret],
    ) -> Result<(), Error> {
        for secret in secrets {
            self.transaction.delete_secret(&secret.hash).await?;
            self.note_removed(secret);
        }
        self.transaction.delete_token(token.id).await?;
        self.note_removed(token);
        Ok(())
    }

    /// Removes a secret that was planted or altered, or that was never confirmed.
    pub(crate) async fn delete_secret(&self, secret: &Secret) -> Result<(), Error> {
        self.transaction.delete_secret(&secret.hash).await?;
        self.written.lock().has_ended = true;
        self.note_removed(secret);
        Ok(())
    }

    /// Adds a place to the status list. Nothing is revoked there yet.
    pub(crate) async fn insert_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.note_place(&place);
        let tagged = self.tag_new(place);
        Ok(self.transaction.insert_status_place(&tagged).await?)
    }

    /// Writes a place in the status list.
    pub(crate) async fn update_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.note_place(&place);
        let tagged = self.tag(place);
        Ok(self.transaction.update_status_place(&tagged).await?)
    }

    /// Replaces a row of a place in the status list that can't be read.
    pub(crate) async fn write_over_status_place(&self, place: StatusPlace) -> Result<(), Error> {
        self.quarantine(&place);
        self.update_status_place(place).await
    }

    pub(crate) async fn insert_session(&self, session: Session) -> Result<(), Error> {
        let tagged = self.tag_new(session);
        Ok(self.transaction.insert_session(&tagged).await?)
    }

    pub(crate) async fn delete_session(&self, session: &Tagged<Session>) -> Result<(), Error> {
        self.note_read(&session.row, self.roots().origin(session));
        self.transaction
            .delete_session(&session.row.id_hash)
            .await?;
        self.note_removed(&session.row);
        Ok(())
    }

    /// Ends a session of which only the id is known.
    pub(crate) async fn delete_unreadable_session(&self, id_hash: &[u8; 32]) -> Result<(), Error> {
        self.transaction.delete_session(id_hash).await?;
        self.note_forgotten(Session::TABLE, hex(id_hash));
        self.quarantine_named(format!("{} of {}", hex(id_hash), Session::TABLE));
        Ok(())
    }

    /// Ends every session of a user. Returns how many.
    pub(crate) async fn delete_sessions_of(&self, user: UserId) -> Result<u64, Error> {
        for session in self.transaction.sessions().of_user(user).await? {
            self.note_read(&session.row, self.roots().origin(&session));
            self.note_removed(&session.row);
        }
        for name in self.transaction.sessions().unreadable_of_user(user).await? {
            self.quarantine_named(name);
        }
        Ok(self.transaction.delete_sessions_of(user).await?)
    }

    pub(crate) async fn insert_root_key(&self, key: &StoredRootKey) -> Result<(), Error> {
        Ok(self.transaction.insert_root_key(key).await?)
    }

    pub(crate) async fn update_root_key(&self, key: &StoredRootKey) -> Result<(), Error> {
        Ok(self.transaction.update_root_key(key).await?)
    }

    pub(crate) async fn insert_signing_key(&self, key: StoredSigningKey) -> Result<(), Error> {
        let tagged = self.tag_new(key);
        self.transaction.insert_signing_key(&tagged).await?;
        Ok(self.transaction.bump_ring_version().await?)
    }

    pub(crate) async fn update_signing_key(&self, key: StoredSigningKey) -> Result<(), Error> {
        let tagged = self.tag(key);
        self.transaction.update_signing_key(&tagged).await?;
        Ok(self.transaction.bump_ring_version().await?)
    }

    /// Records that there is no row of this signing key any more, whatever the table has.
    pub(crate) fn forget_signing_key(&self, kid: &str) {
        tracing::error!(
            kid,
            "a signing key was removed or altered behind the program's back, and is ended"
        );
        self.note_forgotten(StoredSigningKey::TABLE, kid.to_owned());
    }

    /// Notes that an unknown row is gone.
    fn note_forgotten(&self, table: &'static str, id: String) {
        self.written.lock().rows.push(RowChange {
            table,
            id,
            tag: None,
            replaces: Some(Replaces::ANYTHING),
        });
    }

    /// Replaces the set-up link, if there is one, or adds it.
    pub(crate) async fn replace_setup_link(&self, link: SetupLink) -> Result<(), Error> {
        let tagged = match self.transaction.setup_links().current().await {
            Ok(Some(current)) => {
                self.note_read(&current.row, self.roots().origin(&current));
                self.tag(link)
            }
            Ok(None) => self.tag_new(link),
            // A link that can't be read is replaced, too.
            Err(StoreError::Corrupt { .. }) => self.tag(link),
            Err(error) => return Err(error.into()),
        };
        Ok(self.transaction.replace_setup_link(&tagged).await?)
    }

    pub(crate) async fn insert_operator_key(&self, key: OperatorKey) -> Result<(), Error> {
        let tagged = self.tag_new(key);
        Ok(self.transaction.insert_operator_key(&tagged).await?)
    }

    pub(crate) async fn update_operator_key(&self, key: OperatorKey) -> Result<(), Error> {
        let tagged = self.tag(key);
        Ok(self.transaction.update_operator_key(&tagged).await?)
    }

    /// Replaces the policy, if there is one, or adds it.
    pub(crate) async fn replace_policy(&self, policy: StoredPolicy) -> Result<(), Error> {
        let tagged = match self.transaction.policy().current().await {
            Ok(Some(current)) => {
                self.note_read(&current.row, self.roots().origin(&current));
                self.tag(policy)
            }
            Ok(None) => self.tag_new(policy),
            // What can't be read is replaced all the same.
            Err(StoreError::Corrupt { .. }) => self.tag(policy),
            Err(error) => return Err(error.into()),
        };
        Ok(self.transaction.replace_policy(&tagged).await?)
    }

    pub(crate) async fn delete_setup_link(&self, link: &SetupLink) -> Result<(), Error> {
        self.transaction.delete_setup_link().await?;
        self.note_removed(link);
        Ok(())
    }

    /// Writes a session again without a change. It goes on although this change writes its user's
    /// row.
    pub(crate) async fn keep_session(&self, session: Tagged<Session>) -> Result<(), Error> {
        let (session, judgement) = self.judge(session).await;
        self.transaction.delete_session(&session.id_hash).await?;
        if judgement != Judgement::Genuine {
            self.note_removed(&session);
            return Ok(());
        }
        let tagged = self.tag(session);
        Ok(self.transaction.insert_session(&tagged).await?)
    }
}
