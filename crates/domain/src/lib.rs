//! The rules of personal access tokens.
//!
//! This crate owns the words of the service and what they mean: who a [`User`] is, when a [`Token`]
//! is active, which names, scopes, networks and expiries are allowed, what each refusal is called
//! ([`Problem`]) and how it is written ([`Envelope`]), what an [`Event`] records, and the ports
//! through which the rules reach the world ([`port`]).
//!
//! Invariants held here:
//!
//! - a status is derived from times, never stored ([`Token::status`]);
//! - a name, a scope list, a network list or a time that exists has passed its rules;
//! - a catalogue code has one name, one sentence and one order of parameters.
//!
//! It deliberately knows no SQL, no HTTP, no runtime, no cryptography: hashes and tags pass through
//! as bytes that only `ats-pat-auth` can make or check.

pub mod code;
pub mod envelope;
pub mod event;
pub mod group;
pub mod id;
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
pub mod rule;
pub mod scope;
pub mod secret;
pub mod session;
pub mod status;
pub mod status_place;
pub mod tagged;
pub mod tally;
pub mod time;
pub mod token;
pub mod user;
pub mod validation;

pub use code::Code;
pub use envelope::Envelope;
pub use event::Event;
pub use id::{BulkJobId, EventId, FormKey, OperatorKeyId, TokenId, UserId};
pub use name::{Description, DisplayName, Email, TokenName, UserName};
pub use network::Neighbourhood;
pub use operator_key::OperatorKey;
pub use policies::{GroupPolicy, LONGEST_WRITTEN_OUT, Policies};
pub use policy::{MayCreate, Policy};
pub use policy_document::PolicyDocument;
pub use problem::Problem;
pub use rule::Rule;
pub use scope::Scopes;
pub use session::Session;
pub use status::Status;
pub use status_place::StatusPlace;
pub use tagged::Tagged;
pub use tally::Tally;
pub use time::Timestamp;
pub use token::Token;
pub use user::User;
pub use validation::Reason;
