//! The use cases: what users, programs and operators do with personal access tokens.
//!
//! This crate runs every change as one transaction with one event, and answers after it (see
//! [`Service`]). It also has the decisions that need more than one row, the signing keys, the
//! limits on guessing, and the background work. Every use case is a method of [`Service`] or
//! [`Operator`]. The server's routes and the admin program call the same methods.
//!
//! Invariants:
//!
//! - A row that grants rights is used only after its tag was checked.
//! - An answered change is in the event log, and a refused one left nothing.
//! - A change runs under an authority, which is checked in its transaction.
//! - A change that takes rights away is answered once no server answers from before it.
//! - A change runs in a task of its own, so a caller who hangs up doesn't cancel it.
//! - Only a change that was undone for certain is tried again.
//!
//! This crate deliberately knows no SQL and no HTTP. The database is a port, and refusals are
//! [`Problem`](ats_pat_domain::Problem)s.

mod cache;
mod change;
mod exchange;
mod ledger;
mod operator;
mod policy;
mod service;
mod sessions;
mod status;
mod tokens;
pub mod view;

pub use ats_pat_auth::{PasswordCost, SignatureProvider};
pub use exchange::Exchanged;
pub use exchange::bearer::introspection::{AuthenticationToken, Introspection, Introspector};
pub use exchange::narrowing::Narrowing;
pub use ledger::archive::ArchiveError;
pub use operator::directory::{
    Directory, DirectoryUser, GroupChange, GroupCondition, MemberChange, Precondition,
    UserCondition,
};
pub use operator::operator_keys::{Administering, IssuedOperatorKey, KeyHolder, NewOperatorKey};
pub use operator::{
    Accepted, Archived, ArchivedPart, AuditProgress, AuditReport, BulkJobView, CurrentPolicy,
    Disabling, EventQuery, MatchingTokens, NewPolicy, NewServiceAccount, NewUser, Operator,
    PruneError, PrunedEvents, Pruning, RestoreChoice, RestoreWish, Restored, Rotation, Since,
    UserRef, UserUpdate,
};
pub use service::Service;
pub use service::client::Client;
pub use service::error::{Error, causes};
pub use service::figures::Figures;
pub use service::health::PublishedKeys;
pub use service::open::{MasterKeySource, OpenError, Parts, SealedKeys, last_seen};
pub use service::settings::{
    DirectoryRules, LocalPasswords, PolicySource, ProviderRules, Settings,
};
pub use service::system::{SystemClock, SystemRandomness};
pub use service::work::{Entered, Work, WorkFigures};
pub use sessions::identity::{BegunSignIn, LogoutRefused, NotSignedIn, ProviderSignInResult};
pub use sessions::{PasswordChange, SignInResult, SignedIn, StepUp};
pub use status::{PublishedStatusList, STATUS_LISTS};
pub use tokens::{
    Acting, CreatedOnce, Holder, IDEMPOTENCY_KEY, NewToken, Owner, Regeneration, SelfRegenerated,
    TokenUpdate,
};
