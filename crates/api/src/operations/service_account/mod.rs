//! Service accounts: the list of those that the signed-in user is responsible for, and the
//! operations on their tokens.
//!
//! An operation on the tokens of an account is the operation on the user's own tokens at another
//! path. Handler, input, answer and refusals are the same. The handler finds the owner in its
//! [`Call`](crate::call::Call).

mod list;
mod tokens;

pub use list::ListServiceAccounts;
#[cfg(test)]
pub use list::ServiceAccountList;
pub use tokens::{ForAccounts, OfAccount, TOKENS};
