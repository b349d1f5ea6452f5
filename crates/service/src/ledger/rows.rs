//! Which fields of a row its tag covers, and checking it.

use ats_pat_auth::{Canonical, FormerRowTag, Origin, RootKeys, RowTag};
use ats_pat_domain::key::StoredSigningKey;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::{RowKey, SetupLink, StoredPolicy};
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::{KeyId, Tag};
use ats_pat_domain::{OperatorKey, Session, StatusPlace, Tagged, Timestamp, Token, TokenId, User};

use crate::service::error::Error;

/// A row that grants rights.
pub(crate) trait Row {
    const TABLE: &'static str;
    /// What names the row in events and errors; never a secret.
    fn row_id(&self) -> String;
    fn canonical(&self) -> Canonical;
    /// Until when the row itself can grant anything.
    fn grants(&self) -> Grants;
    /// Its table and primary key.
    fn key(&self) -> RowKey;
}

/// Until when a row can grant anything by itself, if it is put back after another took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grants {
    ForEver,
    Until(Timestamp),
    /// As long as the token of this id, as it stood when the row was replaced.
    WithToken(TokenId),
    /// What counts is read elsewhere: nothing has to be remembered of it.
    Nothing,
}

impl Grants {
    /// As an event says it, in milliseconds since the epoch. `token` gives the end of a token, if
    /// it is known.
    pub(crate) fn until_millis(self, token: impl FnOnce(TokenId) -> Option<i64>) -> Option<i64> {
        match self {
            Self::ForEver => None,
            Self::Until(until) => Some(until.as_millis()),
            Self::WithToken(id) => token(id),
            Self::Nothing => Some(0),
        }
    }
}

impl Row for User {
    const TABLE: &'static str = "users";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        let canonical = Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .text(self.name.as_str())
            .text(self.kind.as_str())
            .optional_text(self.password_hash.as_deref())
            .bool(self.is_administrator)
            .bool(self.disabled);
        // Tags of releases that knew no responsible person, groups or e-mail hold. A field has its
        // kind and its length, so a form with one field more is never that of a user without.
        let canonical = match self.responsible_id {
            Some(person) => canonical.uuid(person.as_uuid().as_bytes()),
            None => canonical,
        };
        let canonical = if self.groups.is_empty() {
            canonical
        } else {
            canonical.text("groups").texts(&self.groups.names())
        };
        match &self.email {
            Some(email) => canonical.text("email").text(email.as_str()),
            None => canonical,
        }
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::User(self.id)
    }
}

impl Row for Session {
    const TABLE: &'static str = "sessions";

    fn row_id(&self) -> String {
        hex(&self.id_hash)
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.id_hash)
            .uuid(self.user_id.as_uuid().as_bytes())
            .i64(self.created_at.as_millis())
            .i64(self.ends_at.as_millis())
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.ends_at)
    }

    fn key(&self) -> RowKey {
        RowKey::Session(self.id_hash)
    }
}

impl Row for Token {
    const TABLE: &'static str = "tokens";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        let networks = self
            .allowed_networks
            .as_ref()
            .map(AllowedNetworks::to_stored);
        let canonical = Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .uuid(self.owner_id.as_uuid().as_bytes())
            .u32(self.generation)
            .texts(self.scopes.names())
            .optional_text(networks.as_deref())
            .i64(self.created_at.as_millis())
            .i64(self.expires_at.as_millis())
            .optional_i64(self.regenerated_at.map(Timestamp::as_millis))
            .optional_i64(self.revoked_at.map(Timestamp::as_millis));
        // Tags of releases that knew no such right hold.
        match self.regenerates_until {
            Some(until) => canonical.text("regenerates_until").i64(until.as_millis()),
            None => canonical,
        }
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.expires_at)
    }

    fn key(&self) -> RowKey {
        RowKey::Token(self.id)
    }
}

impl Row for Secret {
    const TABLE: &'static str = "secrets";

    fn row_id(&self) -> String {
        format!("{}/{}", self.token_id, self.generation)
    }

    fn canonical(&self) -> Canonical {
        let mut canonical = Canonical::new(Self::TABLE)
            .bytes(&self.hash)
            .i64(self.key_id.0.into())
            .uuid(self.token_id.as_uuid().as_bytes())
            .u32(self.generation)
            .optional_i64(self.slot.map(Slot::as_number).map(Into::into))
            .optional_i64(self.valid_until.map(Timestamp::as_millis))
            .optional_i64(self.status_index.map(u64::cast_signed));
        // Tags of releases that knew no such marks hold.
        if self.ends_overlap {
            canonical = canonical.bool(true);
        }
        if let Some(until) = self.renews_until {
            canonical = canonical.text("renews_until").i64(until.as_millis());
        }
        if self.may_revoke {
            canonical = canonical.text("may_revoke");
        }
        canonical
    }

    fn grants(&self) -> Grants {
        match (self.slot, self.valid_until) {
            // Confirmed, its token may live longer than it does now.
            (Some(Slot::Unconfirmed), Some(until)) => Grants::Until(until),
            (Some(_), _) => Grants::WithToken(self.token_id),
            (None, _) => Grants::Nothing,
        }
    }

    fn key(&self) -> RowKey {
        RowKey::Secret(self.hash)
    }
}

impl Row for StatusPlace {
    const TABLE: &'static str = "status_places";

    fn row_id(&self) -> String {
        self.index.to_string()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .i64(self.index.cast_signed())
            .uuid(self.token_id.as_uuid().as_bytes())
            .u32(self.generation)
            .bool(self.revoked)
            .i64(self.free_at.as_millis())
    }

    fn grants(&self) -> Grants {
        // What verifiers are told is read from the event log.
        Grants::Nothing
    }

    fn key(&self) -> RowKey {
        RowKey::StatusPlace(self.index)
    }
}

impl Row for StoredSigningKey {
    const TABLE: &'static str = "signing_keys";

    fn row_id(&self) -> String {
        self.kid.clone()
    }

    fn canonical(&self) -> Canonical {
        // The sealed part is authenticated by its own seal, and changes when it is sealed anew.
        Canonical::new(Self::TABLE)
            .text(&self.kid)
            .text(&self.algorithm)
            .bytes(&self.public)
            .bool(self.sealed.is_some())
            .i64(self.created_at.as_millis())
            .i64(self.active_from.as_millis())
            .optional_i64(self.retired_at.map(Timestamp::as_millis))
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::SigningKey(self.kid.clone())
    }
}

impl Row for SetupLink {
    const TABLE: &'static str = "setup_link";

    fn row_id(&self) -> String {
        "1".to_owned()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.code_hash)
            .i64(self.key_id.0.into())
            .i64(self.expires_at.as_millis())
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.expires_at)
    }

    fn key(&self) -> RowKey {
        RowKey::SetupLink
    }
}

impl Row for OperatorKey {
    const TABLE: &'static str = "operator_keys";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        let networks = self
            .allowed_networks
            .as_ref()
            .map(AllowedNetworks::to_stored);
        let rights: Vec<String> = self.rights.names().into_iter().map(Into::into).collect();
        let canonical = Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .bytes(&self.hash)
            .i64(self.key_id.0.into())
            .text(self.name.as_str())
            .texts(&rights)
            .optional_text(networks.as_deref())
            .i64(self.created_at.as_millis())
            .i64(self.expires_at.as_millis())
            .optional_i64(self.revoked_at.map(Timestamp::as_millis));
        match self.made_by {
            Some(user) => canonical.uuid(user.as_uuid().as_bytes()),
            None => canonical,
        }
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.expires_at)
    }

    fn key(&self) -> RowKey {
        RowKey::OperatorKey(self.id)
    }
}

impl Row for StoredPolicy {
    const TABLE: &'static str = "policy";

    fn row_id(&self) -> String {
        THE_POLICY.to_owned()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE).text(&self.document)
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::Policy
    }
}

/// The id of the one row of `policy`.
pub(crate) const THE_POLICY: &str = "1";

/// The keys of every root, the newest last.
pub(crate) struct Roots(Vec<RootKeys>);

impl Roots {
    /// `keys` must not be empty.
    pub(crate) fn new(first: RootKeys, others: impl IntoIterator<Item = RootKeys>) -> Self {
        let mut keys: Vec<RootKeys> = std::iter::once(first).chain(others).collect();
        keys.sort_by_key(RootKeys::key_id);
        Self(keys)
    }

    /// What names rows and events in memory and in checkpoints.
    pub(crate) fn first(&self) -> &RootKeys {
        &self.0[0]
    }

    /// What new hashes and tags are made with.
    pub(crate) fn current(&self) -> &RootKeys {
        &self.0[self.0.len() - 1]
    }

    pub(crate) fn current_id(&self) -> KeyId {
        KeyId(self.current().key_id())
    }

    /// From the newest to the oldest.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &RootKeys> {
        self.0.iter().rev()
    }

    pub(crate) fn by_id(&self, id: KeyId) -> Option<&RootKeys> {
        self.0.iter().find(|keys| keys.key_id() == id.0)
    }

    /// Tags a row, as the event `origin` writes it, with the current root.
    pub(crate) fn tag<R: Row>(&self, row: R, origin: Origin) -> Tagged<R> {
        let bytes = RowTag::new(self.current(), origin, &row.canonical())
            .to_bytes()
            .to_vec();
        let tag = Tag {
            key_id: self.current_id(),
            bytes,
        };
        Tagged { row, tag }
    }

    /// Which event wrote the row, if its tag proves that this service did, and that the row is as
    /// it was written.
    pub(crate) fn origin<R: Row>(&self, tagged: &Tagged<R>) -> Option<Origin> {
        let keys = self.by_id(tagged.tag.key_id)?;
        let tag = RowTag::from_bytes(&tagged.tag.bytes).ok()?;
        tag.verify(keys, &tagged.row.canonical()).ok()?;
        Some(tag.origin())
    }

    /// Whether this service wrote the row as it is. It may have been replaced since.
    pub(crate) fn is_genuine<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        self.origin(tagged).is_some()
    }

    /// The tag that a former release would have given the row, as its events say it.
    pub(crate) fn former_tag<R: Row>(&self, tagged: &Tagged<R>) -> Option<Vec<u8>> {
        let keys = self.by_id(tagged.tag.key_id)?;
        Some(
            FormerRowTag::new(keys, &tagged.row.canonical())
                .to_bytes()
                .to_vec(),
        )
    }
}

/// What an event says of the row that it wrote: the keyed hash of its tag; of what is no tag of
/// this release, all of it.
pub(crate) fn told_tag(tag: &Tag) -> String {
    RowTag::from_bytes(&tag.bytes).map_or_else(|_| hex(&tag.bytes), |tag| hex(tag.hash()))
}

/// Says that a row is none that this service would go by.
pub(crate) fn altered<R: Row>(row: &R, what: &'static str) -> Error {
    let id = row.row_id();
    tracing::error!(
        table = R::TABLE,
        id,
        "a row {what}: it was written behind the program's back"
    );
    Error::Tampered {
        table: R::TABLE,
        id,
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::group::Groups;
    use ats_pat_domain::user::UserKind;
    use ats_pat_domain::{DisplayName, UserId, UserName};

    use super::*;

    fn user(responsible_id: Option<UserId>) -> User {
        let created_at = Timestamp::from_millis(1);
        User {
            id: UserId::new(created_at, [1; 10]),
            name: UserName::from_stored("deploy".to_owned()),
            display_name: DisplayName::from_stored("deploy".to_owned()),
            email: None,
            kind: UserKind::Service,
            password_hash: None,
            is_administrator: false,
            disabled: false,
            responsible_id,
            groups: Groups::default(),
            created_at,
        }
    }

    #[test]
    fn the_tag_of_a_user_without_a_responsible_person_is_as_before_there_were_any() {
        let before = Canonical::new("users")
            .uuid(user(None).id.as_uuid().as_bytes())
            .text("deploy")
            .text("service")
            .optional_text(None)
            .bool(false)
            .bool(false);
        assert_eq!(user(None).canonical().as_bytes(), before.as_bytes());
        let person = |byte| Some(UserId::new(Timestamp::from_millis(1), [byte; 10]));
        let forms = [user(None), user(person(2)), user(person(3))]
            .map(|user| user.canonical().as_bytes().to_vec());
        assert!(forms[0] != forms[1] && forms[0] != forms[2] && forms[1] != forms[2]);
    }

    #[test]
    fn the_groups_of_a_user_are_under_the_tag_where_there_are_some() {
        let person = UserId::new(Timestamp::from_millis(1), [2; 10]);
        let groups = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            Groups::new(&names).unwrap()
        };
        let some: [&[&str]; 4] = [&[], &["corp/a"], &["corp/a", "corp/b"], &["corp/acorp/b"]];
        let mut forms = std::collections::BTreeSet::new();
        for responsible_id in [None, Some(person)] {
            for names in some {
                let user = User {
                    groups: groups(names),
                    ..user(responsible_id)
                };
                assert!(forms.insert(user.canonical().as_bytes().to_vec()));
            }
        }
    }
}
