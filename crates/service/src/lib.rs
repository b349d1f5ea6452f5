//! The use cases: what people, programs and operators do with personal access tokens.
//!
//! This crate owns the way of a change (one transaction, one event, then the answer; see
//! [`Service`]), the decisions that need more than one row, the signing key ring, the limits on
//! guessing, and the work in the background. Every use case is a method of [`Service`] or
//! [`Operator`]; the server's routes and the admin program call the same ones.
//!
//! Invariants held here:
//!
//! - a row that grants rights is used only after its tag was checked;
//! - a change that was answered stands in the event log, and one that was refused left nothing;
//! - a change runs under an authority, which is checked in its transaction;
//! - a change that takes rights away is answered once no server answers from before it;
//! - a change runs in a task of its own: a caller that hangs up does not cancel it;
//! - only what is proven undone is tried again.
//!
//! It deliberately knows no SQL and no HTTP: the store is a port, and refusals are
//! [`Problem`](ats_pat_domain::Problem)s.

mod bearer;
mod cache;
mod change;
mod exchange;
mod ledger;
mod operator;
mod operator_keys;
mod policy;
mod service;
mod sessions;
mod status;
mod tokens;
pub mod view;

pub use ats_pat_auth::{PasswordCost, SignatureProvider};
pub use bearer::introspection::{AuthenticationToken, Introspection, Introspector};
pub use exchange::Exchanged;
pub use exchange::narrowing::Narrowing;
pub use operator::{
    Accepted, AuditReport, BulkJobView, CurrentPolicy, Disabling, EventQuery, MatchingTokens,
    NewPolicy, NewServiceAccount, NewUser, Operator, RestoreChoice, Rotation, UserUpdate,
};
pub use operator_keys::{Administering, IssuedOperatorKey, KeyHolder, NewOperatorKey};
pub use service::Service;
pub use service::client::Client;
pub use service::error::{Error, causes};
pub use service::health::PublishedKeys;
pub use service::open::{OpenError, Parts};
pub use service::settings::{PolicySource, Settings};
pub use service::system::{SystemClock, SystemRandomness};
pub use sessions::{PasswordChange, SignInResult, SignedIn, StepUp};
pub use status::{PublishedStatusList, STATUS_LISTS};
pub use tokens::{
    Acting, CreatedOnce, Holder, IDEMPOTENCY_KEY, NewToken, Owner, Regeneration, SelfRegenerated,
    TokenUpdate,
};
