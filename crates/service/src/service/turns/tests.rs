use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Rank::{First, Second, Third};
use super::*;

type Who = u8;

const FREE: Rules = Rules {
    name: "test",
    at_once: 1,
    most_waiting: 99,
    patience: Duration::from_secs(1000),
    firsts: Firsts::Ahead,
};

/// Of the four turns, one is kept for the first rank.
const KEPT: Rules = Rules {
    at_once: 4,
    most_waiting: 3,
    firsts: Firsts::Kept {
        reserved: 1,
        patience: Duration::from_secs(2000),
    },
    ..FREE
};

fn claim(from: Who, rank: Rank) -> Claim<Who> {
    Claim { from, rank }
}

type Waiting = Pin<Box<dyn Future<Output = Option<Turn<Who>>>>>;

/// Polls all waiting claims. Returns the one that has its turn, and notes those that had to give
/// way.
fn poll(waiting: &mut [Option<Waiting>], sent_away: &mut Vec<usize>) -> Option<(usize, Turn<Who>)> {
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

/// The order in which these claims get the only turn, which another has now, and which of them had
/// to give way.
async fn order(claims: &[Claim<Who>], room: usize) -> (Vec<usize>, Vec<usize>) {
    let turns = Turns::new(Rules {
        most_waiting: room,
        ..FREE
    });
    let mut turn = turns.turn(claim(0, First)).await.unwrap();
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
async fn the_first_rank_goes_first_and_then_all_take_turns() {
    let (crowd, other, third) = (claim(1, Second), claim(2, Second), claim(3, Second));
    let claims = [crowd, crowd, crowd, other, third, claim(4, First), other];
    assert_eq!(order(&claims, 99).await.0, [5, 0, 3, 4, 1, 6, 2]);
}

#[tokio::test]
async fn lower_ranks_come_later_and_give_way() {
    let claims = [
        claim(1, Third),
        claim(2, Third),
        claim(3, Second),
        claim(2, Second),
        claim(4, First),
    ];
    assert_eq!(order(&claims, 99).await.0, [4, 2, 3, 0, 1]);
    // This also applies if there is no room, but only in this direction.
    assert_eq!(order(&claims, 3).await, (vec![4, 2, 3], vec![0, 1]));
    let claims = [claim(1, Second), claim(2, Second), claim(3, Third)];
    assert_eq!(order(&claims, 2).await, (vec![0, 1], vec![2]));
}

#[tokio::test]
async fn without_room_whoever_has_most_claims_gives_way() {
    let (crowd, other) = (claim(1, Second), claim(2, Second));
    let claims = [crowd, crowd, crowd, other, crowd, claim(3, First)];
    assert_eq!(order(&claims, 3).await, (vec![5, 0, 3], vec![1, 2, 4]));
}

#[tokio::test]
async fn a_caller_who_hangs_up_keeps_no_turn() {
    let turns = Turns::new(FREE);
    let held = turns.turn(claim(0, First)).await.unwrap();
    let gone = tokio::spawn({
        let turns = turns.clone();
        async move { turns.turn(claim(1, Second)).await.is_some() }
    });
    tokio::task::yield_now().await;
    assert_eq!(turns.amounts(&[Second]).waiting, 1);
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert_eq!(turns.amounts(&[Second]).waiting, 0);
    drop(held);
    assert!(turns.turn(claim(2, Second)).await.is_some());
    assert_eq!(turns.amounts(&[First, Second, Third]), Amounts::default());
}

#[tokio::test]
async fn what_is_kept_has_a_turn_of_its_own_and_is_never_refused() {
    let turns = Turns::new(KEPT);
    let mut held = Vec::new();
    for from in 0..3 {
        held.push(turns.turn(claim(from, Third)).await.unwrap());
    }
    // The others have all turns that they may have.
    let mut waiting: Vec<Option<Waiting>> = Vec::new();
    for number in 0..9 {
        let turns = turns.clone();
        let claim = claim(7, if number % 2 == 0 { Third } else { Second });
        waiting.push(Some(Box::pin(async move { turns.turn(claim).await })));
    }
    let mut sent_away = Vec::new();
    assert!(poll(&mut waiting, &mut sent_away).is_none());
    let kept = turns.turn(claim(7, First)).await.unwrap();
    // Even more than there is room for.
    let mut kept_waiting: Vec<Option<Waiting>> = Vec::new();
    for _ in 0..9 {
        let turns = turns.clone();
        kept_waiting.push(Some(Box::pin(
            async move { turns.turn(claim(7, First)).await },
        )));
    }
    let mut none = Vec::new();
    assert!(poll(&mut kept_waiting, &mut none).is_none());
    assert_eq!(turns.amounts(&[First]).waiting, 9);
    drop(kept);
    assert!(poll(&mut kept_waiting, &mut none).is_some());
    assert!(none.is_empty());
    assert_eq!(turns.amounts(&[First]).shed, 0);
}

#[tokio::test]
async fn what_is_kept_leaves_the_others_every_fifth_turn() {
    let turns = Turns::new(Rules {
        at_once: 1,
        firsts: Firsts::Kept {
            reserved: 0,
            patience: Duration::from_secs(2000),
        },
        ..FREE
    });
    let mut turn = turns.turn(claim(0, Third)).await.unwrap();
    let mut waiting: Vec<Option<Waiting>> = Vec::new();
    for number in 0..12 {
        let turns = turns.clone();
        let claim = claim(7, if number < 10 { First } else { Third });
        waiting.push(Some(Box::pin(async move { turns.turn(claim).await })));
    }
    let (mut order, mut none) = (Vec::new(), Vec::new());
    assert!(poll(&mut waiting, &mut none).is_none());
    while order.len() < 12 {
        drop(turn);
        let (index, next) = poll(&mut waiting, &mut none).unwrap();
        order.push(index);
        turn = next;
    }
    assert_eq!(order, [0, 1, 2, 3, 10, 4, 5, 6, 7, 11, 8, 9]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_what_can_not_be_done_in_time() {
    let patience = Duration::from_secs(1);
    let turns = Turns::new(Rules { patience, ..FREE });
    let held = turns.turn(claim(0, Third)).await.unwrap();
    // Nobody knows yet that the turn takes long.
    let mut early = std::pin::pin!(turns.turn(claim(1, Third)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(early.as_mut().poll(&mut context).is_pending());
    tokio::time::advance(Duration::from_millis(600)).await;
    // Now it is known, so this is answered at once.
    let began = Instant::now();
    assert!(turns.turn(claim(2, Third)).await.is_none());
    assert_eq!(began.elapsed(), Duration::ZERO);
    // Who waits is told in time.
    assert!(early.await.is_none());
    assert!(began.elapsed() <= patience);
    assert_eq!(turns.amounts(&[Third]).shed, 2);
    drop(held);
    assert!(turns.turn(claim(3, Third)).await.is_some());
}
