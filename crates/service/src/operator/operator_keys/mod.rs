//! Operator keys: programs that administer show them, administrators make and revoke them.

mod holder;
mod manage;
mod seen;

pub use holder::{Administering, KeyHolder};
pub(crate) use manage::revoke_keys_of;
pub use manage::{IssuedOperatorKey, NewOperatorKey};
pub(crate) use seen::KeysSeen;
