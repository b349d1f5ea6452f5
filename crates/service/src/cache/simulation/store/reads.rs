//! What is read, by a server and in a transaction.

use async_trait::async_trait;
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::group::Group;
use ats_pat_domain::key::StoredRootKey;
use ats_pat_domain::list::{EventFilter, TokenQuery, UserQuery};
use ats_pat_domain::port::{
    DirectoryGroupRepository, EventRepository, FoundSession, IdentityRepository, KeyRepository,
    ListedOperatorKey, ListedToken, OperatorKeyRepository, PolicyRepository, Repositories,
    SecretRepository, SessionRepository, SetupLink, SetupLinkRepository, SignOfLife,
    StatusRepository, StoredBearer, StoredGrant, StoredPolicy, StoredRing, TokenCounts, TokenPage,
    TokenRepository, UserPage, UserRepository,
};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    DirectoryGroup, Event, EventId, GroupId, Identity, Issuer, LinkedIdentity, OperatorKey,
    OperatorKeyId, ProviderName, Session, StatusPlace, Tagged, Timestamp, Token, TokenId, User,
    UserId,
};

use super::super::database::State;
use super::{Answer, Change, SimulatedStore, not_simulated};

fn grant(state: &State, hash: &[u8; 32]) -> Option<StoredGrant> {
    let secret = state.rows.secrets.get(hash)?.clone();
    let token = state.rows.tokens.get(&secret.row.token_id)?.clone();
    let owner = state.rows.users.get(&token.row.owner_id)?.clone();
    Some(StoredGrant {
        secret,
        token,
        owner,
        ring_version: state.rows.ring_version,
        head: state.head(),
    })
}

fn grants(state: &State, hashes: &[[u8; 32]]) -> Vec<StoredGrant> {
    let found = hashes.iter().filter_map(|hash| grant(state, hash));
    found.collect()
}

macro_rules! repositories {
    ($($type:ty),+) => {$(
        impl Repositories for $type {
            fn users(&self) -> &dyn UserRepository { self }
            fn identities(&self) -> &dyn IdentityRepository { self }
            fn directory_groups(&self) -> &dyn DirectoryGroupRepository { self }
            fn tokens(&self) -> &dyn TokenRepository { self }
            fn secrets(&self) -> &dyn SecretRepository { self }
            fn status_places(&self) -> &dyn StatusRepository { self }
            fn sessions(&self) -> &dyn SessionRepository { self }
            fn keys(&self) -> &dyn KeyRepository { self }
            fn events(&self) -> &dyn EventRepository { self }
            fn setup_links(&self) -> &dyn SetupLinkRepository { self }
            fn operator_keys(&self) -> &dyn OperatorKeyRepository { self }
            fn policy(&self) -> &dyn PolicyRepository { self }
        }

        #[async_trait]
        impl UserRepository for $type {
            async fn by_directory(&self, _: &Identity) -> Answer<Option<Tagged<User>>> { not_simulated() }
            async fn in_directory(&self, _: &Issuer, _: u64, _: u64) -> Answer<UserPage> { not_simulated() }
            async fn in_group(&self, _: &Group, _: Option<UserId>, _: u64) -> Answer<Vec<Tagged<User>>> {
                not_simulated()
            }
            async fn by_id(&self, id: UserId) -> Answer<Option<Tagged<User>>> {
                self.look(|state| state.rows.users.get(&id).cloned()).await
            }
            async fn by_folded_name(&self, folded: &str) -> Answer<Option<Tagged<User>>> {
                self.look(|state| {
                    let mut users = state.rows.users.values();
                    users.find(|user| user.row.name.folded() == folded).cloned()
                }).await
            }
            async fn administrators(&self) -> Answer<Vec<Tagged<User>>> { Ok(Vec::new()) }
            async fn by_ids(&self, ids: &[UserId]) -> Answer<Vec<Tagged<User>>> {
                self.look(|state| ids.iter().filter_map(|id| state.rows.users.get(id).cloned()).collect()).await
            }
            async fn managed_by(&self, _: UserId) -> Answer<Vec<Tagged<User>>> { not_simulated() }
            async fn after(&self, _: Option<UserId>, _: u64) -> Answer<Vec<Tagged<User>>> { not_simulated() }
            async fn page(&self, _: &UserQuery) -> Answer<UserPage> { not_simulated() }
            async fn all(&self) -> Answer<Vec<Tagged<User>>> { not_simulated() }
        }

        #[async_trait]
        impl TokenRepository for $type {
            async fn by_id(&self, id: TokenId) -> Answer<Option<ListedToken>> {
                self.look(|state| {
                    let token = state.rows.tokens.get(&id).cloned()?;
                    Some(ListedToken { token, usage: None, reused_at: None, in_overlap: None })
                }).await
            }
            async fn owned(&self, owner: UserId, id: TokenId) -> Answer<Option<ListedToken>> {
                let found = TokenRepository::by_id(self, id).await?;
                Ok(found.filter(|listed| listed.token.row.owner_id == owner))
            }
            async fn matching(
                &self,
                _: &TokenQuery,
                _: Timestamp,
                _: Option<TokenId>,
                _: Option<&[TokenId]>,
                _: u64,
            ) -> Answer<Vec<TokenId>> {
                not_simulated()
            }
            async fn page(&self, query: &TokenQuery, now: Timestamp) -> Answer<TokenPage> {
                if query.owner_called.is_some() {
                    return not_simulated();
                }
                self.look(|state| {
                    let tokens = state.rows.tokens.values().filter(|token| {
                        query.owner.is_none_or(|owner| owner == token.row.owner_id)
                            && query.status.is_none_or(|status| status == token.row.status(now))
                    });
                    let all: Vec<_> = tokens.cloned().collect();
                    let total = all.len() as u64;
                    let start = usize::try_from(query.offset()).unwrap_or(usize::MAX).min(all.len());
                    let items = all[start..].iter().take(query.page_size as usize).map(|token| {
                        ListedToken { token: token.clone(), usage: None, reused_at: None, in_overlap: None }
                    });
                    TokenPage { items: items.collect(), total }
                }).await
            }
            async fn active_with_name(&self, _: UserId, _: &str, _: Timestamp) -> Answer<Option<TokenId>> {
                not_simulated()
            }
            async fn count_active(&self, _: UserId, _: Timestamp) -> Answer<u64> { not_simulated() }
            async fn count_by_status(
                &self,
                _: Option<TokenId>,
                _: u64,
                _: Timestamp,
                _: Timestamp,
            ) -> Answer<(TokenCounts, Option<TokenId>)> {
                not_simulated()
            }
            async fn bearer(&self, id: TokenId) -> Answer<Option<StoredBearer>> {
                self.look(|state| {
                    let token = state.rows.tokens.get(&id)?.clone();
                    let owner = state.rows.users.get(&token.row.owner_id)?.clone();
                    Some(StoredBearer { token, owner })
                }).await
            }
            async fn after(&self, _: Option<TokenId>, _: u64) -> Answer<Vec<Tagged<Token>>> { not_simulated() }
            async fn removable(
                &self,
                _: Option<TokenId>,
                _: u64,
                _: Timestamp,
            ) -> Answer<(Vec<TokenId>, Option<TokenId>)> {
                not_simulated()
            }
            async fn signs_of_life(&self, _: Option<TokenId>, _: u64) -> Answer<Vec<SignOfLife>> { not_simulated() }
            async fn ids(&self, _: Option<UserId>, _: Option<TokenId>, _: u64) -> Answer<Vec<(TokenId, UserId)>> { not_simulated() }
            async fn of_owner(&self, _: UserId, _: Option<TokenId>, _: u64) -> Answer<Vec<Tagged<Token>>> { not_simulated() }
        }

        #[async_trait]
        impl SecretRepository for $type {
            async fn grants(&self, hashes: &[[u8; 32]]) -> Answer<Vec<StoredGrant>> {
                self.read_grants(hashes).await
            }
            async fn of_token(&self, id: TokenId) -> Answer<Vec<Tagged<Secret>>> {
                self.look(|state| {
                    let secrets = state.rows.secrets.values();
                    let mut of_token: Vec<_> =
                        secrets.filter(|secret| secret.row.token_id == id).cloned().collect();
                    of_token.sort_by_key(|secret| secret.row.generation);
                    of_token
                }).await
            }
            async fn after(&self, _: Option<[u8; 32]>, _: u64) -> Answer<Vec<Tagged<Secret>>> { not_simulated() }
        }

        #[async_trait]
        impl StatusRepository for $type {
            async fn by_index(&self, index: u64) -> Answer<Option<Tagged<StatusPlace>>> {
                self.look(|state| state.rows.places.get(&index).cloned()).await
            }
            async fn first_free(&self, _: Timestamp) -> Answer<Option<Tagged<StatusPlace>>> { Ok(None) }
            async fn has_place(&self, _: TokenId) -> Answer<bool> { not_simulated() }
            async fn greatest_index(&self) -> Answer<Option<u64>> {
                self.look(|state| state.rows.places.keys().next_back().copied()).await
            }
            async fn after(&self, _: Option<u64>, _: u64) -> Answer<Vec<Tagged<StatusPlace>>> { not_simulated() }
        }

        #[async_trait]
        impl SessionRepository for $type {
            async fn by_hash(&self, _: &[u8; 32]) -> Answer<Option<FoundSession>> {
                not_simulated()
            }
            async fn alone(&self, _: &[u8; 32]) -> Answer<Option<Tagged<Session>>> { not_simulated() }
            async fn of_user(&self, _: UserId) -> Answer<Vec<Tagged<Session>>> { Ok(Vec::new()) }
            async fn unreadable_of_user(&self, _: UserId) -> Answer<Vec<String>> { Ok(Vec::new()) }
            async fn of_provider_session(&self, _: &[u8; 32]) -> Answer<Vec<Tagged<Session>>> { not_simulated() }
            async fn all(&self) -> Answer<Vec<Tagged<Session>>> { not_simulated() }
        }

        #[async_trait]
        impl KeyRepository for $type {
            async fn root_keys(&self) -> Answer<Vec<StoredRootKey>> {
                self.look(|state| state.rows.roots.clone()).await
            }
            async fn ring(&self) -> Answer<StoredRing> {
                self.look(|state| StoredRing {
                    version: state.rows.ring_version,
                    keys: state.rows.keys.clone(),
                    head: state.head(),
                })
                .await
            }
            async fn ring_version(&self) -> Answer<i64> {
                self.look(|state| state.rows.ring_version).await
            }
        }

        #[async_trait]
        impl EventRepository for $type {
            async fn head(&self) -> Answer<Head> {
                self.look(State::head).await
            }
            async fn from(&self, seq: i64, limit: u64) -> Answer<Vec<Event>> {
                self.look(|state| {
                    let start = usize::try_from(seq - 1).unwrap_or(0).min(state.events.len());
                    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                    state.events[start..].iter().take(limit).cloned().collect()
                }).await
            }
            async fn newest(&self, filter: &EventFilter) -> Answer<Vec<Event>> {
                if filter.owner_called.is_some() {
                    return not_simulated();
                }
                self.look(|state| {
                    let passing = state.events.iter().rev().filter(|event| {
                        let subject = filter.subjects.as_ref();
                        filter.before.is_none_or(|seq| event.seq < seq)
                            && filter.owner.is_none_or(|owner| event.owner == Some(owner))
                            && filter.kind.as_ref().is_none_or(|kind| event.kind == *kind)
                            && subject.is_none_or(|these| these.contains(&event.subject))
                    });
                    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
                    passing.take(limit).cloned().collect()
                }).await
            }
            async fn seq_of(&self, id: EventId) -> Answer<Option<i64>> {
                self.look(|state| {
                    let mut events = state.events.iter();
                    events.find(|event| event.id == id).map(|event| event.seq)
                }).await
            }
            async fn last_of_kind(&self, kind: &str) -> Answer<Option<Event>> {
                if kind == EventKind::EventsPruned.as_str() {
                    // The simulation removes no events, and nothing else asks for them.
                    return Ok(None);
                }
                self.look(|state| {
                    let mut events = state.events.iter().rev();
                    events.find(|event| event.kind == kind).cloned()
                }).await
            }
        }

        #[async_trait]
        impl SetupLinkRepository for $type {
            async fn current(&self) -> Answer<Option<Tagged<SetupLink>>> { Ok(None) }
        }

        #[async_trait]
        impl IdentityRepository for $type {
            async fn of(&self, _: &Identity) -> Answer<Option<Tagged<LinkedIdentity>>> { not_simulated() }
            async fn of_user(&self, _: UserId) -> Answer<Vec<Tagged<LinkedIdentity>>> { not_simulated() }
            async fn after(&self, _: Option<(UserId, &ProviderName)>, _: u64) -> Answer<Vec<Tagged<LinkedIdentity>>> {
                Ok(Vec::new())
            }
        }

        #[async_trait]
        impl DirectoryGroupRepository for $type {
            async fn by_id(&self, _: GroupId) -> Answer<Option<Tagged<DirectoryGroup>>> { not_simulated() }
            async fn all(&self) -> Answer<Vec<Tagged<DirectoryGroup>>> { Ok(Vec::new()) }
        }

        #[async_trait]
        impl OperatorKeyRepository for $type {
            async fn by_hash(&self, _: &[u8; 32]) -> Answer<Option<Tagged<OperatorKey>>> { not_simulated() }
            async fn by_id(&self, _: OperatorKeyId) -> Answer<Option<Tagged<OperatorKey>>> { not_simulated() }
            async fn all(&self) -> Answer<Vec<ListedOperatorKey>> { Ok(Vec::new()) }
        }

        #[async_trait]
        impl PolicyRepository for $type {
            async fn current(&self) -> Answer<Option<Tagged<StoredPolicy>>> {
                self.look(|state| state.rows.policy.clone()).await
            }
        }
    )+};
}

repositories!(SimulatedStore, Change);

impl SimulatedStore {
    async fn read_grants(&self, hashes: &[[u8; 32]]) -> Answer<Vec<StoredGrant>> {
        let lag = self.0.reads_lag;
        self.0
            .ask(|database| {
                let state = lag.map_or_else(|| database.now(), |lag| database.before(lag));
                grants(&state, hashes)
            })
            .await
    }
}

impl Change {
    async fn read_grants(&self, hashes: &[[u8; 32]]) -> Answer<Vec<StoredGrant>> {
        self.look(|state| grants(state, hashes)).await
    }
}
