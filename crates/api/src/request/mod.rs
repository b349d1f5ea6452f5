//! Reads requests: the credential first, then the body or the query.
//!
//! The extractors of credentials are written by hand. Those of poem-openapi can't distinguish a
//! missing credential from a doubled one, can't change the cookie's name, and would not answer with
//! an envelope.

mod administering;
mod audience_query;
mod body;
mod credential;
mod list_query;
mod parameter;
mod query_reader;

pub use administering::{
    By, ForAudit, ForBulk, ForErasing, ForKeyRotation, ForKeys, ForPolicy, ForPolicyChange,
    ForRecentSessions, ForServiceTokens, ForSessions, ForTokens, ForUserChanges, ForUsers,
};
pub use audience_query::{AUDIENCE, MOST_AUDIENCES, narrowing};
pub use body::{JsonBody, OptionalJsonBody};
pub use credential::{
    BearerToken, EndingSession, OpenSession, PersonalAccessTokens, RecentSession, TokenHolder,
};
pub use list_query::{ListQuery, number, search, time, unused_days};
pub use parameter::{IdempotencyKeyHeader, IfMatch, InQuery, TokenId};
pub use query_reader::QueryReader;
