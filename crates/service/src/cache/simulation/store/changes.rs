//! What a transaction writes.

use async_trait::async_trait;
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{
    DirectoryGroupChanges, EventLog, IdentityChanges, KeyChanges, OperatorKeyChanges,
    PolicyChanges, SessionChanges, SetupLink, SetupLinkChanges, StatusChanges, StoredPolicy,
    TokenChanges, UserChanges,
};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    DirectoryGroup, Event, GroupId, LinkedIdentity, OperatorKey, ProviderName, Session,
    StatusPlace, Tagged, Timestamp, Token, TokenId, User, UserId,
};

use super::{Answer, Change, not_simulated};

#[async_trait]
impl UserChanges for Change {
    async fn insert_user(&self, user: &Tagged<User>) -> Answer<()> {
        self.update_user(user).await
    }
    async fn update_user(&self, user: &Tagged<User>) -> Answer<()> {
        self.write(|rows| drop(rows.users.insert(user.row.id, user.clone())))
    }
    async fn rename_user(&self, user: &Tagged<User>) -> Answer<()> {
        self.update_user(user).await
    }
    async fn erase_details_of(&self, _: UserId) -> Answer<()> {
        not_simulated()
    }
}

#[async_trait]
impl TokenChanges for Change {
    async fn insert_token(&self, token: &Tagged<Token>) -> Answer<()> {
        self.update_token(token).await
    }
    async fn update_token(&self, token: &Tagged<Token>) -> Answer<()> {
        self.write(|rows| drop(rows.tokens.insert(token.row.id, token.clone())))
    }
    async fn note_reuse(&self, _: TokenId, _: Timestamp) -> Answer<()> {
        not_simulated()
    }
    async fn insert_secret(&self, secret: &Tagged<Secret>) -> Answer<()> {
        self.update_secret(secret).await
    }
    async fn delete_token(&self, _: TokenId) -> Answer<()> {
        not_simulated()
    }

    async fn delete_secret(&self, hash: &[u8; 32]) -> Answer<()> {
        self.write(|rows| drop(rows.secrets.remove(hash)))
    }
    async fn update_secret(&self, secret: &Tagged<Secret>) -> Answer<()> {
        self.write(|rows| drop(rows.secrets.insert(secret.row.hash, secret.clone())))
    }
}

#[async_trait]
impl StatusChanges for Change {
    async fn insert_status_place(&self, place: &Tagged<StatusPlace>) -> Answer<()> {
        self.update_status_place(place).await
    }
    async fn update_status_place(&self, place: &Tagged<StatusPlace>) -> Answer<()> {
        self.write(|rows| drop(rows.places.insert(place.row.index, place.clone())))
    }
}

#[async_trait]
impl SessionChanges for Change {
    async fn insert_session(&self, _: &Tagged<Session>) -> Answer<()> {
        not_simulated()
    }
    async fn delete_session(&self, _: &[u8; 32]) -> Answer<bool> {
        not_simulated()
    }
    async fn delete_sessions_of(&self, _: UserId) -> Answer<u64> {
        Ok(0)
    }
}

#[async_trait]
impl KeyChanges for Change {
    async fn insert_root_key(&self, key: &StoredRootKey) -> Answer<()> {
        self.write(|rows| rows.roots.push(key.clone()))
    }
    async fn update_root_key(&self, _: &StoredRootKey) -> Answer<()> {
        not_simulated()
    }
    async fn insert_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Answer<()> {
        self.write(|rows| rows.keys.push(key.clone()))
    }
    async fn update_signing_key(&self, key: &Tagged<StoredSigningKey>) -> Answer<()> {
        self.write(|rows| {
            let known = rows
                .keys
                .iter_mut()
                .find(|known| known.row.kid == key.row.kid);
            if let Some(known) = known {
                *known = key.clone();
            }
        })
    }
    async fn bump_ring_version(&self) -> Answer<()> {
        self.write(|rows| rows.ring_version += 1)
    }
}

#[async_trait]
impl IdentityChanges for Change {
    async fn insert_identity(&self, _: &Tagged<LinkedIdentity>) -> Answer<()> {
        not_simulated()
    }
    async fn delete_identity(&self, _: UserId, _: &ProviderName) -> Answer<bool> {
        not_simulated()
    }
}

#[async_trait]
impl DirectoryGroupChanges for Change {
    async fn insert_directory_group(&self, _: &Tagged<DirectoryGroup>) -> Answer<()> {
        not_simulated()
    }
    async fn update_directory_group(&self, _: &Tagged<DirectoryGroup>) -> Answer<()> {
        not_simulated()
    }
    async fn delete_directory_group(&self, _: GroupId) -> Answer<()> {
        not_simulated()
    }
}

#[async_trait]
impl SetupLinkChanges for Change {
    async fn replace_setup_link(&self, _: &Tagged<SetupLink>) -> Answer<()> {
        not_simulated()
    }
    async fn delete_setup_link(&self) -> Answer<bool> {
        not_simulated()
    }
}

#[async_trait]
impl OperatorKeyChanges for Change {
    async fn insert_operator_key(&self, _: &Tagged<OperatorKey>) -> Answer<()> {
        not_simulated()
    }
    async fn update_operator_key(&self, _: &Tagged<OperatorKey>) -> Answer<()> {
        not_simulated()
    }
}

#[async_trait]
impl PolicyChanges for Change {
    async fn replace_policy(&self, policy: &Tagged<StoredPolicy>) -> Answer<()> {
        self.write(|rows| rows.policy = Some(policy.clone()))
    }
}

#[async_trait]
impl EventLog for Change {
    async fn append(&self, event: &Event) -> Answer<()> {
        self.events.lock().push(event.clone());
        Ok(())
    }
}
