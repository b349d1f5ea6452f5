//! The one database of a simulated deployment: rows, the event log, and what a fail-over may lose.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::StoredPolicy;
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{Event, StatusPlace, Tagged, Token, TokenId, User, UserId};
use parking_lot::Mutex;
use tokio::time::Instant;

/// How many states of the past are kept: for reads that lag, and for fail-overs.
const PAST: usize = 64;

#[derive(Clone, Default)]
pub(super) struct Rows {
    pub(super) users: BTreeMap<UserId, Tagged<User>>,
    pub(super) tokens: BTreeMap<TokenId, Tagged<Token>>,
    pub(super) secrets: BTreeMap<[u8; 32], Tagged<Secret>>,
    pub(super) places: BTreeMap<u64, Tagged<StatusPlace>>,
    pub(super) roots: Vec<StoredRootKey>,
    pub(super) keys: Vec<Tagged<StoredSigningKey>>,
    pub(super) ring_version: i64,
    pub(super) policy: Option<Tagged<StoredPolicy>>,
}

/// The rows and the log at one instant.
#[derive(Clone)]
pub(super) struct State {
    pub(super) rows: Arc<Rows>,
    pub(super) events: Arc<Vec<Event>>,
    pub(super) since: Instant,
}

impl State {
    pub(super) fn head(&self) -> Head {
        self.events.last().map_or(Head::EMPTY, Event::head)
    }
}

#[derive(Clone, Copy)]
struct Term {
    number: u64,
    since: Instant,
}

pub(super) struct Database {
    /// Every state that a reader may still see, the present one last.
    states: Mutex<VecDeque<State>>,
    /// The lock on the counter row.
    pub(super) counter: Arc<tokio::sync::Mutex<()>>,
    /// Which server is the primary: a transaction begun at another one can't be committed.
    term: Mutex<Term>,
}

impl Database {
    pub(super) fn new() -> Self {
        let first = State {
            rows: Arc::default(),
            events: Arc::default(),
            since: Instant::now(),
        };
        Self {
            states: Mutex::new(VecDeque::from([first])),
            counter: Arc::default(),
            term: Mutex::new(Term {
                number: 0,
                since: Instant::now(),
            }),
        }
    }

    pub(super) fn now(&self) -> State {
        self.states
            .lock()
            .back()
            .expect("there is a present")
            .clone()
    }

    /// As a server sees it that lags.
    pub(super) fn before(&self, lag: Duration) -> State {
        let then = Instant::now().checked_sub(lag);
        let states = self.states.lock();
        let seen = states
            .iter()
            .rev()
            .find(|state| then.is_some_and(|then| state.since <= then));
        seen.or(states.front()).expect("there is a past").clone()
    }

    pub(super) fn commit(&self, term: u64, rows: Rows, events: Vec<Event>) -> bool {
        if term != self.term() {
            return false;
        }
        let mut states = self.states.lock();
        let mut all = states.back().expect("there is a present").events.to_vec();
        all.extend(events);
        states.push_back(State {
            rows: Arc::new(rows),
            events: Arc::new(all),
            since: Instant::now(),
        });
        if states.len() > PAST {
            states.pop_front();
        }
        true
    }

    pub(super) fn term(&self) -> u64 {
        self.this_term().number
    }

    /// Since when it has been so in every state, as far as states are kept; `None` where it is not
    /// so.
    pub(super) fn has_been_since(&self, is_so: impl Fn(&Rows) -> bool) -> Option<Instant> {
        let states = self.states.lock();
        let so = states.iter().rev().take_while(|state| is_so(&state.rows));
        let first = so.last()?.since;
        Some(first.max(self.this_term().since))
    }

    fn this_term(&self) -> Term {
        *self.term.lock()
    }

    /// Another server takes over, which lacks the last change; gives whether there was one to lose.
    pub(super) fn fail_over(&self) -> bool {
        let next = Term {
            number: self.term() + 1,
            since: Instant::now(),
        };
        *self.term.lock() = next;
        let mut states = self.states.lock();
        if states.len() < 2 {
            return false;
        }
        states.pop_back();
        true
    }

    /// Somebody writes rows as they once were over those that are there, behind the service's back.
    pub(super) fn put_back(&self, past: usize) {
        let mut states = self.states.lock();
        let (Some(then), Some(now)) = (states.get(past % states.len()), states.back()) else {
            return;
        };
        let mut rows = Rows::clone(&now.rows);
        rows.tokens.extend(then.rows.tokens.clone());
        rows.secrets.extend(then.rows.secrets.clone());
        rows.policy.clone_from(&then.rows.policy);
        for key in &mut rows.keys {
            let then = then
                .rows
                .keys
                .iter()
                .find(|then| then.row.kid == key.row.kid);
            if let Some(then) = then {
                *key = then.clone();
            }
        }
        rows.ring_version += 1;
        let put_back = State {
            rows: Arc::new(rows),
            events: Arc::clone(&now.events),
            since: Instant::now(),
        };
        states.push_back(put_back);
        if states.len() > PAST {
            states.pop_front();
        }
    }
}
