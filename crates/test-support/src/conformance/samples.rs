//! Rows to write: numbered, so that equal numbers make equal rows.

use ats_pat_domain::event::{EventHash, Personal};
use ats_pat_domain::group::Groups;
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{SetupLink, StoredPolicy};
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::{KeyId, Tag};
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    Description, DisabledMarks, DisplayName, Event, EventId, Identity, Issuer, LinkedIdentity,
    ProviderName, Scopes, Session, SignedInElsewhere, StatusPlace, Subject, Tagged, Timestamp,
    Token, TokenId, TokenName, User, UserId, UserName,
};
use uuid::Uuid;

use crate::clock::START;

/// The first time that can be written.
pub const FIRST: Timestamp = Timestamp::from_millis(i64::MIN);

/// The id of the user with this number.
pub fn user_id(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(
        0x0193_0000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

/// The id of the token with this number.
pub fn token_id(number: u128) -> TokenId {
    TokenId::from_uuid(Uuid::from_u128(
        0x0194_0000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

/// A tag that tells rows apart.
pub fn tag(byte: u8) -> Tag {
    Tag {
        key_id: KeyId(i32::from(byte) + 1),
        bytes: vec![byte; 33],
    }
}

/// A row with its tag.
pub fn tagged<T>(row: T, byte: u8) -> Tagged<T> {
    Tagged {
        row,
        tag: tag(byte),
    }
}

/// A person of this name.
pub fn user(number: u128, name: &str) -> Tagged<User> {
    let row = User {
        id: user_id(number),
        name: UserName::new(name).expect("a name"),
        display_name: DisplayName::new(name).expect("a name"),
        email: None,
        kind: UserKind::Person,
        password_hash: Some("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned()),
        is_administrator: false,
        disabled: DisabledMarks::NONE,
        responsible_id: None,
        groups: Groups::default(),
        provider_sign_in: None,
        signed_in_elsewhere: SignedInElsewhere::default(),
        directory: None,
        created_at: START,
    };
    tagged(row, 1)
}

/// Who a user is at a provider.
pub fn identity(user: u128, provider: &str, issuer: &str, subject: &str) -> Tagged<LinkedIdentity> {
    let row = LinkedIdentity {
        user_id: user_id(user),
        provider: ProviderName::new(provider).expect("a name"),
        identity: Identity {
            issuer: Issuer::new(issuer).expect("an issuer"),
            subject: Subject::new(subject).expect("a subject"),
        },
        linked_at: START,
    };
    tagged(row, 8)
}

/// A token of this name that lasts for an hour.
pub fn token(number: u128, owner: u128, name: &str) -> Tagged<Token> {
    let row = Token {
        id: token_id(number),
        owner_id: user_id(owner),
        name: TokenName::new(name).expect("a name"),
        description: Description::default(),
        scopes: Scopes::all(),
        allowed_networks: None,
        generation: 1,
        created_at: START,
        expires_at: START.after(std::time::Duration::from_hours(1)),
        regenerated_at: None,
        regenerates_until: None,
        revoked_at: None,
    };
    tagged(row, 2)
}

/// The current secret of a token, whose hash consists of this byte.
pub fn secret(byte: u8, token: u128, generation: u32) -> Tagged<Secret> {
    let row = Secret {
        hash: [byte; 32],
        key_id: KeyId(3),
        token_id: token_id(token),
        generation,
        slot: Some(Slot::Current),
        valid_until: None,
        status_index: None,
        ends_overlap: false,
        renews_until: None,
        may_revoke: false,
    };
    tagged(row, 3)
}

/// A sign-in that ends in twelve hours.
pub fn session(byte: u8, user: u128) -> Tagged<Session> {
    let row = Session {
        id_hash: [byte; 32],
        user_id: user_id(user),
        created_at: START,
        last_seen_at: START,
        seen_tag: None,
        ends_at: START.after(std::time::Duration::from_hours(12)),
        provider: None,
    };
    tagged(row, 4)
}

/// A place in the status list, of the first token.
pub fn status_place(index: u64, revoked: bool, free_at: Timestamp) -> Tagged<StatusPlace> {
    let row = StatusPlace {
        index,
        token_id: token_id(1),
        generation: 1,
        revoked,
        free_at,
    };
    tagged(row, 7)
}

/// A root key whose seal no program opens.
pub fn root_key(number: i32) -> StoredRootKey {
    StoredRootKey {
        key_id: KeyId(number),
        sealed: vec![5; 100],
        created_at: START,
    }
}

/// A signing key that was never retired.
pub fn signing_key(kid: &str) -> Tagged<StoredSigningKey> {
    let row = StoredSigningKey {
        kid: kid.to_owned(),
        algorithm: "EdDSA".to_owned(),
        public: [6; 32],
        sealed: Some(vec![7; 100]),
        created_at: START,
        active_from: START,
        retired_at: None,
    };
    tagged(row, 5)
}

/// A set-up link whose hash consists of this byte.
pub fn setup_link(byte: u8) -> Tagged<SetupLink> {
    let row = SetupLink {
        code_hash: [byte; 32],
        key_id: KeyId(9),
        expires_at: START,
    };
    tagged(row, 6)
}

/// A policy as the database has it, with this document.
pub fn policy(document: &str) -> Tagged<StoredPolicy> {
    let document = document.to_owned();
    tagged(StoredPolicy { document }, 7)
}

/// The hash of the event of this number.
pub fn event_hash(seq: i64) -> EventHash {
    let mut hash = [1; 33];
    hash[1..9].copy_from_slice(&seq.to_be_bytes());
    hash
}

/// What the changes of these tests write into the counter row.
pub fn change_id() -> EventId {
    EventId::from_uuid(Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_00c0_ffee))
}

/// The event of this number, with all that can be absent.
pub fn event(seq: i64) -> Event {
    Event {
        seq,
        id: EventId::from_uuid(Uuid::from_u128(
            0x0195_0000_0000_7000_8000_0000_0000_0000 + u128::from(seq.unsigned_abs()),
        )),
        version: 1,
        at: START,
        actor: "system".to_owned(),
        owner: Some(user_id(1)),
        kind: "token.created".to_owned(),
        subject: token_id(1).to_string(),
        details: br#"{"Name":"\u0000 and bytes: "}"#.to_vec(),
        personal_hash: Some([8; 32]),
        key_id: KeyId(1),
        hash: event_hash(seq),
        personal: Some(Personal {
            salt: [9; 32],
            data: "{\"Name\":\"𝒜da\"}".as_bytes().to_vec(),
        }),
    }
}
