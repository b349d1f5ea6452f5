//! The errors of use cases.

use ats_pat_auth::AuthError;
use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::group::InvalidGroup;
use ats_pat_domain::port::{BoxError, RandomnessUnavailable, StoreError};
use ats_pat_domain::scope::NotHeld;
use ats_pat_domain::{Code, Problem, Reason, TokenId};
use ats_pat_text::Text;
use ats_pat_token::IndexTooLarge;

/// The refusal or failure of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A refusal with a response code.
    #[error("{}", .0.message(Text::ENGLISH))]
    Refused(Problem),
    /// The database failed, or does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The answer to COMMIT was lost, and the event was not found. The change may have happened,
    /// but never a part of it.
    #[error("the database did not say whether the change was made: look before you repeat it")]
    Uncertain(#[source] BoxError),
    /// The event log lacks events that this server saw. Nothing is granted or changed until an
    /// operator looks into it.
    #[error(
        "the event log lacks what was seen before: stop the servers and see `ats-pat-admin db accept-restore`"
    )]
    LogLost,
    /// The event log was not read far enough to tell whether a row is current.
    #[error("the event log is still being read: nothing is granted until then")]
    LogNotRead,
    /// The event log names a policy, but the database has no genuine one.
    #[error(
        "the policy was removed or altered behind the program's back: nothing is granted until `ats-pat-admin policy apply` puts one into force"
    )]
    PolicyMissing,
    /// The tag of a row is wrong, because somebody planted or altered it behind the program's back.
    #[error(
        "the row {id} of the table {table} was altered behind the program's back; run `ats-pat-admin audit verify`"
    )]
    Tampered {
        /// The table that has the row.
        table: &'static str,
        /// The row's id, as text.
        id: String,
    },
    /// Hashing, sealing or signing failed.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// There is no signing key, not even a later one.
    #[error("there is no key to sign with; run `ats-pat-admin key rotate --now`")]
    NoSigningKey,
    /// Every place of the status list belongs to a secret that can be used.
    #[error(
        "so many tokens are active that the status list has no place left: revoke tokens that nobody needs"
    )]
    StatusListFull,
    /// The event log names a place beyond the end of any status list.
    #[error(transparent)]
    StatusIndex(#[from] IndexTooLarge),
    /// There are no random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The task of a change ended without a result, which is a defect.
    #[error("a change ended without an answer")]
    Interrupted(#[source] BoxError),
    /// The form was posted again. It created this token before.
    #[error(
        "the token {name} was made by this form already; its secret was shown then: regenerate it if you need another"
    )]
    AlreadyCreated {
        /// The id of the token that the form made.
        id: TokenId,
        /// The name of the token that the form made.
        name: String,
    },
    /// The form that is posted again made its operator key already.
    #[error(
        "the operator key {name} was made by this form already; its secret was shown then: revoke it and make another if you need one"
    )]
    OperatorKeyAlreadyCreated {
        /// The name of the key that the form made.
        name: String,
    },
    /// A scope is unknown, or the personal access token doesn't have it.
    #[error(transparent)]
    ScopeNotHeld(#[from] NotHeld),
    /// An audience is not one of this deployment's.
    #[error("an audience is not one of this deployment's")]
    AudienceNotServed,
    /// The token to revoke is an authentication token. Only its personal access token can be
    /// revoked.
    #[error("authentication tokens can't be revoked: revoke the personal access token")]
    NotRevocable,
    /// The requested lifetime is too long for authentication tokens.
    #[error("authentication tokens live {longest_seconds} seconds at most")]
    LifetimeTooLong {
        /// The longest lifetime that is possible, in seconds.
        longest_seconds: u64,
    },
    /// No user has this name or id (operators only).
    #[error("there is no user {name}; see `ats-pat-admin user list`")]
    UserNotFound {
        /// The requested name or id.
        name: String,
    },
    /// The user's row was planted or altered, and ended for good (operators only).
    #[error(
        "the user {name} was planted or altered behind the program's back, and was ended for good: add a new user instead"
    )]
    Quarantined {
        /// The user's name in the row.
        name: String,
    },
    /// The user's personal details were erased (operators only).
    #[error("{name} was erased, and stays so: add a new user instead")]
    Erased {
        /// The name that is left.
        name: String,
    },
    /// A user has this id already (operators only).
    #[error("the id {id} belongs to a user already; ids are never reused")]
    UserIdInUse {
        /// The id as it was requested.
        id: String,
    },
    /// The user is a service account, which has no password and can't sign in (operators only).
    #[error(
        "{name} is a service account: it has no password and nobody signs in with it; make tokens for it instead"
    )]
    NoPerson {
        /// The account's user name.
        name: String,
    },
    /// The user signs in at an identity provider, and so has no password (operators only).
    #[error(
        "{name} signs in at an identity provider: such a user has no password; unlink the identity first"
    )]
    SignsInElsewhere {
        /// The user's user name.
        name: String,
    },
    /// No identity provider of the settings has this issuer (operators only).
    #[error(
        "no `[oidc.NAME]` of the settings has the issuer {issuer:?}: write it exactly as there"
    )]
    UnknownIssuer {
        /// The issuer as it was requested.
        issuer: String,
    },
    /// The text can't be the subject of an identity (operators only).
    #[error("the subject must have 1 to 255 bytes and no control character")]
    InvalidSubject,
    /// Another user has the identity (operators only).
    #[error("another user has this identity already: unlink it there first")]
    IdentityInUse,
    /// The user has another identity at the provider (operators only).
    #[error("{name} has another identity at {provider} already: unlink it first")]
    HasIdentity {
        /// The user's user name.
        name: String,
        /// The provider's name in the settings.
        provider: String,
    },
    /// The user has no such identity (operators only).
    #[error("{name} has no such identity: there is nothing to unlink")]
    NoIdentity {
        /// The user's user name.
        name: String,
    },
    /// The user is not a service account (operators only).
    #[error("{name} is no service account: only a service account has a responsible person")]
    NoServiceAccount {
        /// The user's user name.
        name: String,
    },
    /// The user is not an enabled person (operators only).
    #[error("{name} can't be responsible for a service account: name a person who is not disabled")]
    CannotBeResponsible {
        /// The user's user name.
        name: String,
    },
    /// A name is not a group's, or there are too many groups (operators only).
    #[error(transparent)]
    InvalidGroup(#[from] InvalidGroup),
    /// An administrator would disable, demote or erase the own account, or set its password without
    /// the current one.
    #[error(
        "you can't disable, demote or erase your own account, nor set its password without the current one: ask another administrator"
    )]
    OwnAccount,
    /// Without this user, nobody could administer the service any more.
    #[error(
        "{name} is the last administrator who is not disabled: add another first, or use `ats-pat-admin user disable --even-the-last`"
    )]
    LastAdministrator {
        /// The administrator's user name.
        name: String,
    },
    /// A request of the company's directory is refused.
    #[error(transparent)]
    Directory(#[from] DirectoryRefusal),
    /// The set-up code is unknown, used, replaced or expired.
    #[error(
        "the set-up link is not valid: it was used, replaced by a later start, or is older than 24 hours; restart the server for a new one"
    )]
    SetupCodeInvalid,
    /// The database is not older than the anchor (operators only).
    #[error(
        "the database is not behind what this data folder last saw: there is nothing to accept"
    )]
    NothingToAccept,
    /// The next signing key is already published (operators only).
    #[error(
        "the signing key {kid} is already published and takes over at {active_from}; use `key rotate --now` to put it into use at once"
    )]
    RotationPending {
        /// The id of the next key.
        kid: String,
        /// When it starts to sign.
        active_from: String,
    },
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl Error {
    /// An event is missing or altered.
    pub(crate) fn altered_event(seq: i64) -> Self {
        Self::Tampered {
            table: "events",
            id: seq.to_string(),
        }
    }

    /// The refusal for a caller of the API. Anything else is logged under `request_id` with its
    /// causes, and the caller gets only the id.
    pub fn into_problem(self, request_id: &str) -> Problem {
        let (problem, is_failure) = self.problem(request_id);
        if is_failure {
            tracing::error!(request_id, code = problem.code().number(), error = %causes(&self), "request failed");
        }
        problem
    }

    /// The response code that a caller of the API gets.
    pub(crate) fn code(&self) -> Code {
        self.problem("").0.code()
    }

    /// The refusal for a caller of the API, and whether operators must be told of it.
    fn problem(&self, request_id: &str) -> (Problem, bool) {
        let refusal = |problem| (problem, false);
        let failure = |problem| (problem, true);
        match self {
            Self::Refused(problem) => refusal(problem.clone()),
            Self::InvalidGroup(error) => refusal(Problem::validation("Groups", error.reason())),
            Self::LastAdministrator { .. } => refusal(Problem::LastAdministrator),
            Self::UserNotFound { .. }
            | Self::Erased { .. }
            | Self::Directory(DirectoryRefusal::NotFound) => refusal(Problem::UserNotFound),
            Self::OwnAccount | Self::Directory(_) => refusal(Problem::Forbidden),
            Self::UserIdInUse { .. } => refusal(Problem::validation("Id", Reason::UnknownValue)),
            Self::NoPerson { .. } | Self::SignsInElsewhere { .. } => {
                refusal(Problem::validation("Password", Reason::UnknownValue))
            }
            Self::CannotBeResponsible { .. } | Self::NoServiceAccount { .. } => {
                refusal(Problem::validation("ResponsibleId", Reason::UnknownValue))
            }
            Self::AlreadyCreated { name, .. } | Self::OperatorKeyAlreadyCreated { name } => {
                refusal(Problem::NameInUse { name: name.clone() })
            }
            Self::Store(
                StoreError::Unavailable(_) | StoreError::Retryable(_) | StoreError::Storage { .. },
            )
            | Self::Uncertain(_)
            | Self::LogLost
            | Self::LogNotRead
            | Self::Tampered {
                table: "events", ..
            }
            | Self::PolicyMissing
            | Self::NoSigningKey => failure(Problem::Unavailable),
            Self::SetupCodeInvalid
            | Self::ScopeNotHeld(_)
            | Self::AudienceNotServed
            | Self::NotRevocable
            | Self::LifetimeTooLong { .. }
            | Self::UnknownIssuer { .. }
            | Self::InvalidSubject
            | Self::IdentityInUse
            | Self::HasIdentity { .. }
            | Self::NoIdentity { .. }
            | Self::Quarantined { .. }
            | Self::NothingToAccept
            | Self::RotationPending { .. } => failure(Problem::Forbidden),
            Self::Store(
                StoreError::Conflict(_) | StoreError::Corrupt { .. } | StoreError::Other(_),
            )
            | Self::Tampered { .. }
            | Self::Auth(_)
            | Self::StatusListFull
            | Self::StatusIndex(_)
            | Self::Randomness(_)
            | Self::Interrupted(_) => failure(Problem::InternalError {
                request_id: request_id.to_owned(),
            }),
        }
    }
}

/// The error and its causes in one line.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
