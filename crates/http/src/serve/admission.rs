use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_domain::{Neighbourhood, Tally};
use ats_pat_service::SystemClock;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::activity::Activity;
use super::limits::Limits;

/// How often a connection that waits for a place looks for an idle one.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Decides which connections are admitted: so many in total, and so many of one address. Idle
/// connections make room for others.
pub(super) struct Admission {
    limits: Arc<Limits>,
    slots: Arc<Semaphore>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    held: HashMap<Neighbourhood, HashMap<u64, Held>>,
    next_id: u64,
    closed_idle: Tally,
    waiting: Tally,
    turned_away: Tally,
}

struct Held {
    is_excepted: bool,
    activity: Arc<Activity>,
}

/// A place among the connections, until it is dropped.
pub(super) struct Place {
    admission: Arc<Admission>,
    neighbourhood: Neighbourhood,
    id: u64,
    pub(super) activity: Arc<Activity>,
    slot: Option<OwnedSemaphorePermit>,
}

impl Admission {
    pub(super) fn new(limits: Arc<Limits>) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(limits.connections as usize)),
            limits,
            table: Mutex::default(),
        }
    }

    /// Completes when every connection has ended.
    pub(super) async fn all_ended(&self) {
        // The semaphore is never closed, so this can't fail.
        let _ = self.slots.acquire_many(self.limits.connections).await;
    }

    /// A place for a connection of `peer`, as soon as there is one. `None` turns the connection
    /// away, because its address has as many connections as it may have, and none of them is idle.
    pub(super) async fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        let mut place = self.register(peer.ip())?;
        loop {
            let mut slot = Arc::clone(&self.slots).try_acquire_owned().ok();
            if slot.is_none() {
                self.make_room();
                let next = Arc::clone(&self.slots).acquire_owned();
                let next = tokio::time::timeout(LOOK_AGAIN, next).await;
                slot = next.ok().and_then(Result::ok);
            }
            let Some(slot) = slot else { continue };
            place.slot = Some(slot);
            place.activity.placed();
            return Some(place);
        }
    }

    /// Like [`admit`](Self::admit), if there is a place now.
    pub(super) fn admit_at_once(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        let mut place = self.register(peer.ip())?;
        place.slot = Some(Arc::clone(&self.slots).try_acquire_owned().ok()?);
        place.activity.placed();
        Some(place)
    }

    /// Counts a connection of `address` among those of its neighbourhood.
    fn register(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let neighbourhood = Neighbourhood::from(address);
        let is_excepted = self.limits.excepts(address);
        let activity = Arc::new(Activity::waiting());
        let mut table = self.table();
        let id = table.next_id;
        table.next_id += 1;
        let held = table.held.entry(neighbourhood).or_default();
        if !is_excepted && held.len() >= self.limits.connections_per_address as usize {
            let Some(idle) = self.longest_idle(held) else {
                let turned_away = table.turned_away.count(SystemClock.since_boot());
                drop(table);
                if let Some(connections) = turned_away {
                    tracing::warn!(
                        %address,
                        connections,
                        allowed = self.limits.connections_per_address,
                        "connections were turned away because their address has as many as \
                         `connections-per-address` allows; name a proxy in `trusted-proxies`"
                    );
                }
                return None;
            };
            leave(held, idle);
        }
        let newcomer = Held {
            is_excepted,
            activity: Arc::clone(&activity),
        };
        held.insert(id, newcomer);
        drop(table);
        Some(Place {
            admission: Arc::clone(self),
            neighbourhood,
            id,
            activity,
            slot: None,
        })
    }

    /// Asks the connection that was idle for longest to end. Connections of proxies come last,
    /// because they serve many callers.
    fn make_room(&self) {
        let mut table = self.table();
        let idle = table
            .held
            .iter()
            .flat_map(|(neighbourhood, held)| {
                held.iter()
                    .map(move |(id, held)| (*neighbourhood, *id, held))
            })
            .filter_map(|(neighbourhood, id, held)| {
                let idle_for = self.idle_for(held)?;
                Some(((!held.is_excepted, idle_for), neighbourhood, id))
            })
            .max_by_key(|(order, ..)| *order);
        let now = SystemClock.since_boot();
        let found = idle.is_some();
        if let Some((_, neighbourhood, id)) = idle
            && let Some(held) = table.held.get_mut(&neighbourhood)
        {
            leave(held, id);
        }
        let tally = if found {
            &mut table.closed_idle
        } else {
            &mut table.waiting
        };
        let told = tally.count(now);
        drop(table);
        match told {
            Some(connections) if found => tracing::warn!(
                connections,
                allowed = self.limits.connections,
                "idle connections were closed because as many are open as `connections` allows"
            ),
            Some(_) => tracing::warn!(
                allowed = self.limits.connections,
                "connections wait because as many are open as `connections` allows, and none is idle"
            ),
            None => {}
        }
    }

    fn longest_idle(&self, held: &HashMap<u64, Held>) -> Option<u64> {
        held.iter()
            .filter_map(|(id, held)| Some((self.idle_for(held)?, *id)))
            .max()
            .map(|(_, id)| id)
    }

    fn idle_for(&self, held: &Held) -> Option<Duration> {
        let idle_for = held.activity.idle_for();
        idle_for.filter(|idle_for| *idle_for >= self.limits.idle_after)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // The table is consistent at every moment, even if a thread panicked.
        self.table.lock()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.admission.table();
        if let Some(held) = table.held.get_mut(&self.neighbourhood) {
            held.remove(&self.id);
            if held.is_empty() {
                table.held.remove(&self.neighbourhood);
            }
        }
    }
}

/// Asks a connection to end. It no longer counts, so that the next search asks another one.
fn leave(held: &mut HashMap<u64, Held>, id: u64) {
    if let Some(held) = held.remove(&id) {
        held.activity.ask_to_leave();
    }
}
