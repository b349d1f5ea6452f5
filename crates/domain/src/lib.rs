//! The rules of personal access tokens.
//!
//! This crate defines the service's terms and their rules: who a [`User`] is, when a [`Token`] is
//! active, and which names, scopes, networks and expiries are allowed. It names each refusal
//! ([`Problem`]), and says how an answer is written ([`Envelope`]) and what an [`Event`] records.
//! It also has the ports that the rules need: database, clock and randomness ([`port`]).
//!
//! Invariants:
//!
//! - A status is derived from times and never stored ([`Token::status`]).
//! - A name, scope list, network list or time that exists is valid, because only its checks make
//!   it.
//! - Each code of the catalogue has one name, one sentence and one order of parameters.
//!
//! This crate deliberately knows no SQL, HTTP, runtime or cryptography. Hashes and tags are only
//! bytes here: `ats-pat-auth` makes and checks them.

pub mod code;
pub mod directory;
pub mod disabled;
pub mod envelope;
pub mod event;
pub mod group;
pub mod id;
pub mod identity;
pub mod key;
pub mod list;
pub mod name;
pub mod network;
pub mod operator_key;
pub mod policies;
pub mod policy;
pub mod policy_document;
pub mod port;
pub mod problem;
mod rate_limit;
pub mod rule;
pub mod scope;
pub mod secret;
pub mod session;
pub mod sign_in_rule;
pub mod status;
pub mod status_place;
pub mod tagged;
pub mod tally;
pub mod time;
pub mod token;
pub mod user;
pub mod validation;

pub use code::Code;
pub use directory::{DirectoryEntry, DirectoryGroup};
pub use disabled::{DisabledBy, DisabledMarks};
pub use envelope::Envelope;
pub use event::Event;
pub use id::{
    BulkJobId, EventId, GroupId, IdempotencyKey, OperatorKeyId, PruningId, TokenId, UserId,
};
pub use identity::{
    Identity, Issuer, LinkedIdentity, ProviderName, ProviderSignIn, SignedInElsewhere, Subject,
};
pub use name::{Description, DisplayName, Email, GroupName, TokenName, UserName};
pub use network::Neighbourhood;
pub use operator_key::OperatorKey;
pub use policies::{GroupPolicy, LONGEST_WRITTEN_OUT, Policies};
pub use policy::{MayCreate, Policy};
pub use policy_document::PolicyDocument;
pub use problem::Problem;
pub use rate_limit::RateLimit;
pub use rule::Rule;
pub use scope::Scopes;
pub use session::Session;
pub use sign_in_rule::{Lapse, SignInRule};
pub use status::Status;
pub use status_place::StatusPlace;
pub use tagged::Tagged;
pub use tally::Tally;
pub use time::Timestamp;
pub use token::Token;
pub use user::User;
pub use validation::Reason;
