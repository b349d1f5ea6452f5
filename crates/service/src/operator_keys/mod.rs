//! Operator keys: programs that administer show them, administrators make and revoke them.

mod holder;
mod manage;

pub(crate) use holder::KeysSeen;
pub use holder::{Administering, KeyHolder};
pub(crate) use manage::revoke_keys_of;
pub use manage::{IssuedOperatorKey, NewOperatorKey};
