//! Users, who own tokens.

use crate::directory::DirectoryEntry;
use crate::disabled::DisabledMarks;
use crate::group::Groups;
use crate::id::UserId;
use crate::identity::{ProviderName, ProviderSignIn, SignedInElsewhere, SignedInThere};
use crate::name::{DisplayName, Email, UserName};
use crate::time::Timestamp;

/// Whether a user is a person or a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    /// Signs in with a password, or at an identity provider.
    Person,
    /// A service account: owns tokens, but can't sign in.
    Service,
    /// A user whose row was planted or altered. Disabled for good.
    Quarantined,
    /// A user whose personal details were erased. Disabled for good.
    Erased,
}

impl UserKind {
    /// The word in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
            Self::Quarantined => "quarantined",
            Self::Erased => "erased",
        }
    }

    /// Reads the stored form.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Person, Self::Service, Self::Quarantined, Self::Erased]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A user: a person, or a service account.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Never changed or reused.
    pub id: UserId,
    /// The name that the user signs in with. Its folded form is unique.
    pub name: UserName,
    /// The name that pages show for the user.
    pub display_name: DisplayName,
    /// Where notices are sent, if it is known.
    pub email: Option<Email>,
    /// A person, a service account, or what is left of either.
    pub kind: UserKind,
    /// The hash of the password, in PHC string format. Without one, nobody can sign in with a
    /// password.
    pub password_hash: Option<String>,
    /// Whether the user administers the service.
    pub is_administrator: bool,
    /// Which parties disabled the user. While any did, the user can neither sign in nor use tokens.
    pub disabled: DisabledMarks,
    /// The person who manages the tokens of a service account. A person has none.
    pub responsible_id: Option<UserId>,
    /// The groups that the user is in, which the policy can differ by.
    pub groups: Groups,
    /// The last sign-in at an identity provider.
    pub provider_sign_in: Option<ProviderSignIn>,
    /// The last sign-ins at the other identity providers at which the user has an identity.
    pub signed_in_elsewhere: SignedInElsewhere,
    /// The entry of the company's directory, if the user has one.
    pub directory: Option<Box<DirectoryEntry>>,
    /// When the user was added.
    pub created_at: Timestamp,
}

impl User {
    /// Whether any party disabled the user.
    pub const fn is_disabled(&self) -> bool {
        self.disabled.any()
    }

    /// The last sign-in at this provider. `None` if the user has no identity there.
    pub fn sign_in_at(&self, provider: &ProviderName) -> Option<SignedInThere> {
        match &self.provider_sign_in {
            Some(last) if last.provider == *provider => Some(last.at.into()),
            _ => self.signed_in_elsewhere.at(provider),
        }
    }

    /// Notes a sign-in as the last one. The one before moves to [`Self::signed_in_elsewhere`], if
    /// it was at another provider.
    pub fn note_sign_in(&mut self, sign_in: ProviderSignIn) {
        self.signed_in_elsewhere.forget(&sign_in.provider);
        if let Some(before) = self.provider_sign_in.take()
            && before.provider != sign_in.provider
        {
            self.signed_in_elsewhere.note(&before.provider, before.at);
        }
        self.provider_sign_in = Some(sign_in);
    }

    /// Notes an identity that nobody signed in with yet.
    pub fn note_link(&mut self, linked: ProviderSignIn) {
        if self.provider_sign_in.is_some() {
            self.signed_in_elsewhere.note(&linked.provider, linked.at);
        } else {
            self.provider_sign_in = Some(linked);
        }
    }

    /// Whether the user is a service account that `person` is responsible for.
    pub fn is_managed_by(&self, person: UserId) -> bool {
        self.kind == UserKind::Service && self.responsible_id == Some(person)
    }

    /// Whether the user may be responsible for a service account. Only an enabled person may.
    pub fn can_be_responsible(&self) -> bool {
        self.kind == UserKind::Person && !self.is_disabled()
    }
}
