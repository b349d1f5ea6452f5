//! Turns for work of which only so much can be done at once. They are shared fairly, so that nobody
//! gets more by asking more, and work that can't be done in time is refused at once.

mod lane;
mod tempo;
#[cfg(test)]
mod tests;

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Tally;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::lane::Lane;
pub(crate) use self::tempo::Tempo;

/// How many claims that are [kept](Firsts::Kept) get a turn one after the other while others wait.
const MOST_FIRSTS_IN_A_ROW: u32 = 4;

/// Who asks for work. `K` is what shares are counted by, such as an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim<K> {
    pub(crate) from: K,
    pub(crate) rank: Rank,
}

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    First,
    Second,
    Third,
}

/// How turns are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// What the work is called in the log and in metrics.
    pub(crate) name: &'static str,
    /// How many have a turn at once.
    pub(crate) at_once: usize,
    /// How many may wait, even if they could be answered in time.
    pub(crate) most_waiting: usize,
    /// The longest time from a claim to the end of its turn. A claim that would take longer is
    /// refused.
    pub(crate) patience: Duration,
    /// What is special about claims of the first rank.
    pub(crate) firsts: Firsts,
}

/// What is special about claims of the first rank.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Firsts {
    /// They go first, and never give way to others.
    Ahead,
    /// They are also never refused because of others. Some turns are theirs alone.
    Kept {
        /// How many turns are theirs alone.
        reserved: usize,
        /// The longest wait.
        patience: Duration,
    },
}

/// How much work there is now, and how much was refused so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) under_way: usize,
    pub(crate) waiting: usize,
    pub(crate) shed: u64,
}

/// A limited number of turns at once. Those who wait get the next turns by their rank, and those of
/// equal rank take turns.
pub(crate) struct Turns<K: Copy + Eq + Hash>(Arc<Shared<K>>);

struct Shared<K: Copy + Eq + Hash> {
    rules: Rules,
    since: Instant,
    state: Mutex<State<K>>,
}

struct State<K: Copy + Eq + Hash> {
    /// By rank.
    under_way: [usize; 3],
    lanes: [Lane<K, Turn<K>>; 3],
    firsts_in_a_row: u32,
    tempo: Tempo,
    /// By rank.
    shed: [u64; 3],
    tally: Tally,
}

/// A turn. Dropping it passes it on.
pub(crate) struct Turn<K: Copy + Eq + Hash> {
    /// `None` once it was given back.
    turns: Option<Turns<K>>,
    rank: Rank,
    began: Duration,
}

impl<K: Copy + Eq + Hash> Clone for Turns<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Copy + Eq + Hash> Turns<K> {
    /// Creates turns by these rules.
    pub(crate) fn new(rules: Rules) -> Self {
        Self(Arc::new(Shared {
            rules,
            since: Instant::now(),
            state: Mutex::new(State {
                under_way: [0; 3],
                lanes: [Lane::default(), Lane::default(), Lane::default()],
                firsts_in_a_row: 0,
                tempo: Tempo::default(),
                shed: [0; 3],
                tally: Tally::default(),
            }),
        }))
    }

    /// Waits for a turn. `None` if it would take too long, or did.
    ///
    /// If too many wait, a claim of lower rank gives way. Otherwise the newest claim of whoever has
    /// the most gives way, if whoever makes the new claim has fewer.
    pub(crate) async fn turn(&self, claim: Claim<K>) -> Option<Turn<K>> {
        let Claim { from, rank } = claim;
        let rules = &self.0.rules;
        let turn = {
            let (mut state, now) = (self.state(), self.now());
            if state.may_begin(rules, rank) {
                state.begin(rank, now);
                return Some(self.given(rank, now));
            }
            if !state.has_room_for(rules, claim, now) {
                drop(state);
                self.shed(rank);
                return None;
            }
            let (sender, turn) = oneshot::channel();
            state.lanes[rank as usize].push(from, sender);
            turn
        };
        let patience = match rules.firsts {
            Firsts::Kept { patience, .. } if rank == Rank::First => patience,
            _ => rules.patience,
        };
        // If a turn comes just when this gives up, it is dropped with its channel, and passed on.
        let turn = tokio::time::timeout(patience, turn).await;
        let turn = turn.ok().and_then(Result::ok);
        if turn.is_none() {
            self.shed(rank);
        }
        turn
    }

    /// How many more claims could be answered in time now.
    pub(crate) fn room(&self) -> usize {
        let (mut state, now) = (self.state(), self.now());
        let room = state.room(&self.0.rules, now);
        room.saturating_sub(state.waiting())
    }

    /// Whether a claim of this rank would get a turn in time.
    pub(crate) fn has_room(&self, rank: Rank) -> bool {
        let (state, now) = (self.state(), self.now());
        let rules = &self.0.rules;
        let before = &state.lanes[..=rank as usize];
        state.may_begin(rules, rank)
            || before.iter().map(Lane::length).sum::<usize>() < state.room(rules, now)
    }

    /// A turn, if there is one now.
    pub(crate) fn turn_now(&self, claim: Claim<K>) -> Option<Turn<K>> {
        let rank = claim.rank;
        {
            let (mut state, now) = (self.state(), self.now());
            if state.may_begin(&self.0.rules, rank) {
                state.begin(rank, now);
                return Some(self.given(rank, now));
            }
        }
        self.shed(rank);
        None
    }

    /// How many claims that are not of the first rank may be waiting or under way now so that all
    /// can be answered in time.
    pub(crate) fn most(&self) -> usize {
        let (state, now) = (self.state(), self.now());
        let rules = &self.0.rules;
        state.room(rules, now) + rules.at_once - rules.reserved()
    }

    /// The amounts of these ranks together.
    pub(crate) fn amounts(&self, ranks: &[Rank]) -> Amounts {
        let mut state = self.state();
        let mut amounts = Amounts::default();
        for rank in ranks.iter().map(|rank| *rank as usize) {
            state.lanes[rank].forget_gone();
            amounts.under_way += state.under_way[rank];
            amounts.waiting += state.lanes[rank].length();
            amounts.shed += state.shed[rank];
        }
        amounts
    }

    /// Counts a claim that is refused.
    pub(crate) fn shed(&self, rank: Rank) {
        let told = {
            let (mut state, now) = (self.state(), self.now());
            state.shed[rank as usize] += 1;
            state.tally.count(now)
        };
        if let Some(requests) = told {
            tracing::warn!(
                requests,
                work = self.0.rules.name,
                "requests were refused because they could not have been answered in time"
            );
        }
    }

    /// Gives free turns to claims that wait.
    fn hand_out(&self) {
        loop {
            let (next, rank, now) = {
                let (mut state, now) = (self.state(), self.now());
                let Some((next, rank)) = state.next(&self.0.rules) else {
                    return;
                };
                state.begin(rank, now);
                (next, rank, now)
            };
            // Without the lock, because a turn that can't be sent comes back.
            if let Err(mut back) = next.send(self.given(rank, now)) {
                back.turns = None;
                self.state().under_way[rank as usize] -= 1;
            }
        }
    }

    fn given(&self, rank: Rank, now: Duration) -> Turn<K> {
        Turn {
            turns: Some(self.clone()),
            rank,
            began: now,
        }
    }

    fn now(&self) -> Duration {
        self.0.since.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.0.state.lock()
    }
}

impl<K: Copy + Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        let Some(turns) = self.turns.take() else {
            return;
        };
        let now = turns.now();
        let took = now.saturating_sub(self.began);
        {
            let mut state = turns.state();
            state.under_way[self.rank as usize] -= 1;
            state.tempo.end(took, 2 * turns.0.rules.patience, now);
        }
        turns.hand_out();
    }
}

impl Rules {
    /// How many turns are only for the first rank.
    fn reserved(&self) -> usize {
        match self.firsts {
            Firsts::Ahead => 0,
            Firsts::Kept { reserved, .. } => reserved,
        }
    }

    fn keeps(&self, rank: Rank) -> bool {
        rank == Rank::First && matches!(self.firsts, Firsts::Kept { .. })
    }
}

impl<K: Copy + Eq + Hash> State<K> {
    fn may_begin(&self, rules: &Rules, rank: Rank) -> bool {
        let [firsts, seconds, thirds] = self.under_way;
        let others = seconds + thirds;
        let is_first = rank == Rank::First;
        firsts + others < rules.at_once && (is_first || others + rules.reserved() < rules.at_once)
    }

    fn begin(&mut self, rank: Rank, now: Duration) {
        self.under_way[rank as usize] += 1;
        self.tempo.begin(now);
    }

    /// The next claim that may begin now.
    fn next(&mut self, rules: &Rules) -> Option<(oneshot::Sender<Turn<K>>, Rank)> {
        let mut ranks = [Rank::First, Rank::Second, Rank::Third];
        if rules.keeps(Rank::First) && self.firsts_in_a_row >= MOST_FIRSTS_IN_A_ROW {
            ranks.rotate_left(1);
        }
        for rank in ranks {
            if self.may_begin(rules, rank)
                && let Some(next) = self.lanes[rank as usize].pop()
            {
                self.firsts_in_a_row = match rank {
                    Rank::First => self.firsts_in_a_row + 1,
                    Rank::Second | Rank::Third => 0,
                };
                return Some((next, rank));
            }
        }
        None
    }

    fn room(&self, rules: &Rules, now: Duration) -> usize {
        let busy_at = (!self.may_begin(rules, Rank::Third)).then_some(now);
        let in_time = self.tempo.room(rules.at_once, rules.patience, busy_at);
        in_time.min(rules.most_waiting)
    }

    fn waiting(&mut self) -> usize {
        self.lanes
            .iter_mut()
            .map(|lane| {
                lane.forget_gone();
                lane.length()
            })
            .sum()
    }

    fn has_room_for(&mut self, rules: &Rules, claim: Claim<K>, now: Duration) -> bool {
        let Claim { from, rank } = claim;
        if rules.keeps(rank) {
            return true;
        }
        let room = self.room(rules, now);
        let waiting: usize = self.lanes.iter().map(Lane::length).sum();
        if waiting < room || self.waiting() < room {
            return true;
        }
        // Claims of the first rank never give way.
        for lower in [Rank::Third, Rank::Second] {
            let lane = &mut self.lanes[lower as usize];
            let Some((most, length)) = lane.longest() else {
                continue;
            };
            if lower <= rank && (lower != rank || length <= lane.length_of(from) + 1) {
                return false;
            }
            lane.drop_newest(most);
            return true;
        }
        false
    }
}
