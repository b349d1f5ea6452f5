//! Turns for expensive work. They are shared fairly, so that nobody gets more by asking more.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ats_pat_domain::Neighbourhood;
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Who asks for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The address that asks. `None` for the operator.
    pub(crate) from: Option<Neighbourhood>,
    /// The standing of the account at the address.
    pub(crate) standing: Standing,
}

/// Who goes first. It doesn't reveal whether a name exists, because only earlier requests from the
/// address count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// The account signed in from the address before.
    Familiar,
    /// It didn't, but there was no failure from the address lately.
    Stranger,
    /// There was a failure from the address lately, or several attempts at once.
    Suspect,
}

impl Claim {
    /// The claim of the operator.
    pub(crate) const OPERATOR: Self = Self {
        from: None,
        standing: Standing::Familiar,
    };
    /// The claim of an unknown address.
    pub(crate) const UNKNOWN: Self = Self {
        from: None,
        standing: Standing::Stranger,
    };
}

/// A limited number of turns at once. Those who wait get the next turns by their standing, and
/// addresses of equal standing take turns.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<State>>);

struct State {
    free: usize,
    room: usize,
    familiar: Lane,
    strangers: Lane,
    suspects: Lane,
}

/// The waiting claims by address, and the order in which the addresses have their turns.
#[derive(Default)]
struct Lane {
    waiting: HashMap<Option<Neighbourhood>, VecDeque<oneshot::Sender<Turn>>>,
    order: VecDeque<Option<Neighbourhood>>,
}

/// A turn. Dropping it passes it on.
pub(crate) struct Turn(Option<Turns>);

impl Turns {
    /// Creates `at_once` turns, for which `room` claims may wait.
    pub(crate) fn new(at_once: usize, room: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: at_once,
            room,
            familiar: Lane::default(),
            strangers: Lane::default(),
            suspects: Lane::default(),
        })))
    }

    /// Waits for a turn. `None` if too many wait. If there is no room, a claim of lower standing
    /// gives way. Otherwise the newest claim of the address with the most claims gives way, if the
    /// new claim's address has fewer.
    pub(crate) async fn turn(&self, claim: Claim) -> Option<Turn> {
        let turn = {
            let mut state = self.0.lock();
            if state.free > 0 {
                state.free -= 1;
                return Some(Turn(Some(self.clone())));
            }
            if !state.has_room_for(claim) {
                return None;
            }
            let (sender, turn) = oneshot::channel();
            state.lane(claim.standing).push(claim.from, sender);
            turn
        };
        turn.await.ok()
    }

    /// Gives the turn to the next claim, or keeps it if none waits.
    fn pass_on(&self, mut turn: Turn) {
        loop {
            let next = {
                let mut state = self.0.lock();
                let next = state.lanes().into_iter().find_map(Lane::pop);
                if next.is_none() {
                    state.free += 1;
                }
                next
            };
            let Some(next) = next else {
                turn.0 = None;
                return;
            };
            // Without the lock, because a turn that can't be sent is dropped here, and passed on
            // under the lock.
            match next.send(turn) {
                Ok(()) => return,
                Err(back) => turn = back,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            let turn = Self(Some(turns.clone()));
            turns.pass_on(turn);
        }
    }
}

impl State {
    /// From the first to the last standing.
    fn lanes(&mut self) -> [&mut Lane; 3] {
        [&mut self.familiar, &mut self.strangers, &mut self.suspects]
    }

    fn lane(&mut self, standing: Standing) -> &mut Lane {
        match standing {
            Standing::Familiar => &mut self.familiar,
            Standing::Stranger => &mut self.strangers,
            Standing::Suspect => &mut self.suspects,
        }
    }

    fn is_full(&mut self) -> bool {
        let waiting: usize = self.lanes().map(|lane| lane.length()).iter().sum();
        waiting >= self.room
    }

    fn has_room_for(&mut self, claim: Claim) -> bool {
        if !self.is_full() {
            return true;
        }
        for lane in self.lanes() {
            lane.forget_gone();
        }
        if !self.is_full() {
            return true;
        }
        // Claims of familiar accounts never give way.
        for standing in [Standing::Suspect, Standing::Stranger] {
            let lane = self.lane(standing);
            let Some((most, length)) = lane.longest() else {
                continue;
            };
            let is_lower = standing > claim.standing;
            if !is_lower && (standing != claim.standing || length <= lane.length_of(claim.from) + 1)
            {
                return false;
            }
            lane.drop_newest(most);
            return true;
        }
        false
    }
}

impl Lane {
    fn push(&mut self, from: Option<Neighbourhood>, sender: oneshot::Sender<Turn>) {
        let waiting = self.waiting.entry(from).or_default();
        if waiting.is_empty() {
            self.order.push_back(from);
        }
        waiting.push_back(sender);
    }

    /// The oldest claim of the next address. The address then goes behind all others.
    fn pop(&mut self) -> Option<oneshot::Sender<Turn>> {
        let from = self.order.pop_front()?;
        let waiting = self.waiting.get_mut(&from)?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&from);
        } else {
            self.order.push_back(from);
        }
        next
    }

    fn length(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    fn length_of(&self, from: Option<Neighbourhood>) -> usize {
        self.waiting.get(&from).map_or(0, VecDeque::len)
    }

    fn longest(&self) -> Option<(Option<Neighbourhood>, usize)> {
        let lengths = self
            .waiting
            .iter()
            .map(|(from, waiting)| (*from, waiting.len()));
        lengths.max_by_key(|(_, length)| *length)
    }

    fn drop_newest(&mut self, from: Option<Neighbourhood>) {
        if let Some(waiting) = self.waiting.get_mut(&from) {
            waiting.pop_back();
        }
        self.forget_gone();
    }

    /// Forgets claims whose callers hung up, and addresses without claims.
    fn forget_gone(&mut self) {
        self.waiting.retain(|_, waiting| {
            waiting.retain(|sender| !sender.is_closed());
            !waiting.is_empty()
        });
        let waiting = &self.waiting;
        self.order.retain(|from| waiting.contains_key(from));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::Standing::{Familiar, Stranger, Suspect};
    use super::*;

    fn claim(address: u8, standing: Standing) -> Claim {
        let address = Ipv4Addr::new(192, 0, 2, address);
        Claim {
            from: Some(Neighbourhood::from(IpAddr::from(address))),
            standing,
        }
    }

    type Waiting = Pin<Box<dyn Future<Output = Option<Turn>>>>;

    /// Polls all waiting claims. Returns the one that has its turn, and notes those that had to
    /// give way.
    fn poll(waiting: &mut [Option<Waiting>], sent_away: &mut Vec<usize>) -> Option<(usize, Turn)> {
        let mut context = Context::from_waker(Waker::noop());
        let mut got = None;
        for (index, place) in waiting.iter_mut().enumerate() {
            let Some(future) = place else { continue };
            match future.as_mut().poll(&mut context) {
                Poll::Ready(Some(turn)) => got = Some((index, turn)),
                Poll::Ready(None) => sent_away.push(index),
                Poll::Pending => continue,
            }
            *place = None;
        }
        got
    }

    /// The order in which these claims get the only turn, which another has now, and which of them
    /// had to give way.
    async fn order(claims: &[Claim], room: usize) -> (Vec<usize>, Vec<usize>) {
        let turns = Turns::new(1, room);
        let mut turn = turns.turn(Claim::OPERATOR).await.unwrap();
        let mut waiting: Vec<Option<Waiting>> = Vec::new();
        for claim in claims.iter().copied() {
            let turns = turns.clone();
            waiting.push(Some(Box::pin(async move { turns.turn(claim).await })));
        }
        let (mut order, mut sent_away) = (Vec::new(), Vec::new());
        assert!(poll(&mut waiting, &mut sent_away).is_none());
        loop {
            drop(turn);
            let Some((index, next)) = poll(&mut waiting, &mut sent_away) else {
                sent_away.sort_unstable();
                return (order, sent_away);
            };
            order.push(index);
            turn = next;
        }
    }

    #[tokio::test]
    async fn familiar_accounts_go_first_and_then_addresses_take_turns() {
        let (crowd, other, third) = (claim(1, Stranger), claim(2, Stranger), claim(3, Stranger));
        let claims = [crowd, crowd, crowd, other, third, claim(4, Familiar), other];
        assert_eq!(order(&claims, 99).await.0, [5, 0, 3, 4, 1, 6, 2]);
    }

    #[tokio::test]
    async fn addresses_without_failures_go_before_those_with_failures() {
        let claims = [
            claim(1, Suspect),
            claim(2, Suspect),
            claim(3, Stranger),
            claim(2, Stranger),
            claim(4, Familiar),
        ];
        assert_eq!(order(&claims, 99).await.0, [4, 2, 3, 0, 1]);
        // This also applies if there is no room, but only in this direction.
        assert_eq!(order(&claims, 3).await, (vec![4, 2, 3], vec![0, 1]));
        let claims = [claim(1, Stranger), claim(2, Stranger), claim(3, Suspect)];
        assert_eq!(order(&claims, 2).await, (vec![0, 1], vec![2]));
    }

    #[tokio::test]
    async fn without_room_the_address_with_most_claims_gives_way() {
        let (crowd, other) = (claim(1, Stranger), claim(2, Stranger));
        let claims = [crowd, crowd, crowd, other, crowd, claim(3, Familiar)];
        assert_eq!(order(&claims, 3).await, (vec![5, 0, 3], vec![1, 2, 4]));
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_keeps_no_turn() {
        let turns = Turns::new(1, 9);
        let held = turns.turn(Claim::OPERATOR).await.unwrap();
        let gone = tokio::spawn({
            let turns = turns.clone();
            async move { turns.turn(claim(1, Stranger)).await.is_some() }
        });
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        drop(held);
        assert!(turns.turn(claim(2, Stranger)).await.is_some());
    }
}
