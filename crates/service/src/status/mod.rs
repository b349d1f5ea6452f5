//! The status list tells offline verifiers about revocations.
//!
//! Each secret has a place in the list, and its authentication tokens name that place. A change
//! that takes rights away sets the bit there, in its own transaction. Every server follows the
//! event log, so all serve the same list.
//!
//! A place stays revoked as long as a token that names it can be valid. It is given to another
//! secret some time later, when every list that is still in use says that nothing is revoked there.

mod list;
pub(crate) mod places;
mod publish;
mod served;

use std::time::Duration;

pub(crate) use served::StatusLists;
pub use served::{PublishedStatusList, STATUS_LISTS};

use crate::cache::ring::{LONGEST_LIFETIME, SKEW};

/// How long verifiers use a list before they ask for a newer one (`ttl`).
const TIME_TO_LIVE: Duration = Duration::from_secs(5);
/// How long a signed list is valid. Verifiers that can't reach the service have a limit of their
/// own, which is shorter.
const HOLDS_FOR: Duration = Duration::from_mins(10);
/// How long until an unchanged list is signed again.
const SIGNED_ANEW_AFTER: Duration = Duration::from_mins(5);

/// How long verifiers may accept a token after its end. It includes their leeway, wrong clocks of
/// verifiers and servers, the age of lists, and a reserve.
pub(crate) const ACCEPTED_AFTER_END: Duration = Duration::from_mins(6);
/// How long a place stays revoked: as long as a token that was exchanged just before can be
/// accepted.
pub(crate) const REVOKED_FOR: Duration = LONGEST_LIFETIME.saturating_add(ACCEPTED_AFTER_END);
/// How long a free place rests before another secret gets it: until no valid list says that it is
/// revoked.
const RESTS_FOR: Duration = HOLDS_FOR.saturating_add(SKEW);
