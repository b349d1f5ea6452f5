//! Why nobody was signed in by an identity provider.

use ats_pat_domain::port::IdentityError;

use crate::service::error::Error;

/// Why a sign-in at an identity provider has no session.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// The settings have no provider of this name.
    #[error("the settings have no identity provider of this name")]
    UnknownProvider,
    /// The browser didn't begin this sign-in here, or did so too long ago, or it was finished.
    #[error("this browser has begun no such sign-in, or did so too long ago")]
    NotBegun,
    /// The provider proved nobody.
    #[error(transparent)]
    Provider(#[from] IdentityError),
    /// Groups decide something here, and the provider did not tell all of them.
    #[error("the identity provider did not tell the groups of the user, and they decide here")]
    GroupsMissing,
    /// None of the user's groups is allowed.
    #[error("the user is in none of `allowed-groups`")]
    NotAllowed,
    /// The user was disabled by an administrator or the directory, or is no person.
    #[error("the user is disabled")]
    Disabled,
    /// The session was to be confirmed, and another person signed in.
    #[error("another identity signed in than the one of the session")]
    OtherIdentity,
    /// The directory knows users by a claim that the provider did not tell, so nobody could say
    /// later that the person left.
    #[error("the identity provider did not tell `identity-claim` of `[scim]`")]
    DirectoryIdMissing,
    /// The identity and the entry in the directory are of two users, or the user of the entry has
    /// another identity at the provider.
    #[error("the identity is another user's than the entry in the directory")]
    TwoUsers,
    /// `subject-is-id` is set, and the subject can't be an id.
    #[error("`subject-is-id` is set, and the subject is no UUID")]
    SubjectIsNoId,
    /// `subject-is-id` is set, and another user has the id.
    #[error("`subject-is-id` is set, and a user who is not linked to the identity has this id")]
    IdInUse,
    /// The use case was refused or failed.
    #[error(transparent)]
    Failed(#[from] Error),
}
