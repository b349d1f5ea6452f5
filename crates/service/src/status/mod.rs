//! The status list: how a revocation reaches verifiers that work offline.
//!
//! Each secret has a place in the list, and the authentication tokens that it is exchanged for name
//! that place. What takes rights away sets the bit there, in its own transaction. Servers follow
//! the event log, so that every replica serves the same list.
//!
//! A place is revoked for as long as a token that bears it can live, and given to another secret
//! some time after: by then every list that is still in use says that nothing is revoked there.

mod list;
pub(crate) mod places;
mod publish;
mod served;

use std::time::Duration;

pub(crate) use served::StatusLists;
pub use served::{PublishedStatusList, STATUS_LISTS};

use crate::cache::ring::{LONGEST_LIFETIME, SKEW};

/// After how long verifiers ask for a newer list (`ttl`).
const TIME_TO_LIVE: Duration = Duration::from_secs(5);
/// How long a signed list holds. A verifier that can't reach the service has a limit of its own,
/// which is shorter.
const HOLDS_FOR: Duration = Duration::from_mins(10);
/// After how long a list that did not change is signed anew.
const SIGNED_ANEW_AFTER: Duration = Duration::from_mins(5);

/// How long a token may be accepted after the end that it names: verifiers' leeway, clocks that are
/// wrong by as much, those of servers among each other, and the age of lists; with some to spare.
pub(crate) const ACCEPTED_AFTER_END: Duration = Duration::from_mins(6);
/// How long a revoked place stays revoked: as long as a token that was exchanged just before can be
/// accepted.
pub(crate) const REVOKED_FOR: Duration = LONGEST_LIFETIME.saturating_add(ACCEPTED_AFTER_END);
/// How long a free place rests before it is given away: until no list that still holds says that it
/// is revoked.
const RESTS_FOR: Duration = HOLDS_FOR.saturating_add(SKEW);
