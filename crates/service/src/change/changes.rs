//! What every change needs to run.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_auth::Origin;
use ats_pat_domain::SignInRule;
use ats_pat_domain::event::{Actor, EventKind, Head};
use ats_pat_domain::port::{Clock, Randomness, Store, Transaction};
use ats_pat_domain::tagged::Tag;
use quick_cache::sync::Cache;

use super::write_check::WriteCheck;
use crate::ledger::anchor::Anchor;
use crate::ledger::currency::{Currency, epoch_of};
use crate::ledger::rows::{Roots, logged_tag};
use crate::ledger::{Details, follows};
use crate::service::error::Error;
use crate::service::figures::noted::ChangesNoted;
use crate::service::turns::{Firsts, Rules, Turns};

/// Runs changes, one after the other.
#[derive(Clone)]
pub(crate) struct Changes {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) roots: Arc<Roots>,
    pub(crate) anchor: Arc<Anchor>,
    pub(crate) writes: Arc<WriteCheck>,
    pub(crate) currency: Arc<Currency>,
    /// The logged tags of rows whose events were found to name them.
    pub(crate) confirmed: Arc<Cache<String, ()>>,
    pub(crate) noted: Arc<ChangesNoted>,
    /// By who makes the change.
    pub(crate) turns: Turns<Actor>,
    /// When users of identity providers must sign in there.
    pub(crate) sign_ins: Arc<[SignInRule]>,
}

/// How many changes may wait, even if they could be answered in time.
const WAITING: usize = 1024;
/// The longest time that a change may take with its wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a change waits that takes rights away. It is long, because whoever takes away should
/// not have to try again.
const PATIENCE_OF_TAKING: Duration = Duration::from_secs(30);

/// The turns of the changes in a store. Those that take rights away are never refused because of
/// others.
pub(crate) fn changes_turns(store: &dyn Store) -> Turns<Actor> {
    let at_once = store.capacity().changes;
    Turns::new(Rules {
        name: "change",
        at_once,
        most_waiting: WAITING,
        patience: PATIENCE,
        firsts: Firsts::Kept {
            reserved: usize::from(at_once > 1),
            patience: PATIENCE_OF_TAKING,
        },
    })
}

/// How many rows are remembered as confirmed.
pub(crate) const CONFIRMED: usize = 16_384;

impl Changes {
    /// Whether the event that a row names is in the log and names the row with this tag. It is not
    /// if the row was copied from a transaction that was rolled back, because another event then
    /// got the number.
    pub(super) async fn confirmed(
        &self,
        transaction: &dyn Transaction,
        table: &str,
        id: &str,
        tag: &Tag,
        origin: Origin,
    ) -> Result<bool, Error> {
        let logged = logged_tag(tag);
        if self.confirmed.get(&logged).is_some() {
            return Ok(true);
        }
        let found = transaction.events().from(origin.seq.max(2) - 1, 2).await?;
        let place = found.iter().position(|event| event.seq == origin.seq);
        let Some(place) = place else {
            return Ok(false);
        };
        let event = &found[place];
        let before = match place.checked_sub(1) {
            Some(before) => found[before].head(),
            None if event.seq == 1 => Head::EMPTY,
            None => return Ok(false),
        };
        let is_genuine = epoch_of(event.id) == origin.event && follows(&self.roots, &before, event);
        let details = Details::of(event).unwrap_or_default();
        let names = event.kind == EventKind::DatabaseUpgraded.as_str()
            || details.rows.iter().any(|row| {
                row.table == table && row.id == id && row.tag.as_deref() == Some(&*logged)
            });
        let is_confirmed = is_genuine && names;
        if is_confirmed {
            self.confirmed.insert(logged, ());
        }
        Ok(is_confirmed)
    }

    /// `N` bytes that nobody can guess.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes)?;
        Ok(bytes)
    }
}
