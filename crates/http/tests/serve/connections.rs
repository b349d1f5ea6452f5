//! How many connections there may be, and how long they may be idle.

use std::time::Duration;

use ats_pat_http::Limits;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::time::{Instant, timeout};

use crate::scene::{
    LONG, SHORT, answered, answered_again, ask, ask_from, start, status_line, what_came,
};

#[tokio::test]
async fn one_address_at_its_limit_leaves_room_for_another() {
    let limits = Limits {
        connections: 4,
        connections_per_address: 2,
        excepted: Vec::new(),
        idle_after: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut busy = Vec::new();
    for _ in 0..2 {
        busy.push(ask(server.address, "/slow/never").await);
        server.begun.notified().await;
    }
    let turned_away = ask_from("127.0.0.1", server.address, "/other").await;
    assert_eq!(what_came(turned_away).await, "");
    let served = ask_from("127.0.0.2", server.address, "/slow/er").await;
    let mut served = BufReader::new(served);
    assert_eq!(status_line(&mut served).await, "HTTP/1.1 200 OK\r\n");
}

#[tokio::test]
async fn one_address_at_its_limit_loses_the_connection_that_was_idle_for_longest() {
    let limits = Limits {
        connections_per_address: 2,
        excepted: Vec::new(),
        idle_after: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut idle = Vec::new();
    for _ in 0..2 {
        idle.push(answered(server.address).await);
    }
    let newest = answered(server.address).await;
    let oldest = idle.remove(0);
    assert_eq!(what_came(oldest.into_inner()).await, "");
    for kept in [idle.remove(0), newest] {
        answered_again(kept).await;
    }
}

#[tokio::test]
async fn where_all_connections_are_in_use_the_one_idle_for_longest_makes_room() {
    let limits = Limits {
        connections: 3,
        idle_after: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(limits).await;
    let busy = ask(server.address, "/slow/never").await;
    server.begun.notified().await;
    let oldest = answered(server.address).await;
    let younger = answered(server.address).await;
    let newest = answered(server.address).await;
    assert_eq!(what_came(oldest.into_inner()).await, "");
    for kept in [younger, newest] {
        answered_again(kept).await;
    }
    drop(busy);
}

#[tokio::test]
async fn a_connection_outlives_the_time_for_headers_and_the_next_headers_have_all_of_theirs() {
    let limits = Limits {
        header_timeout: SHORT,
        idle_timeout: LONG,
        ..Limits::default()
    };
    let server = start(limits).await;
    let kept = answered(server.address).await;
    // A client that sends its next request after a while, not a signal: longer than headers may
    // take.
    tokio::time::sleep(5 * SHORT).await;
    answered_again(kept).await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_whole_idle_time_after_a_long_answer() {
    let idle_timeout = 4 * SHORT;
    let limits = Limits {
        idle_timeout,
        ..Limits::default()
    };
    let server = start(limits).await;
    // It takes longer than half the idle time, so it ends between two checks of the connection.
    let late = ask(server.address, "/late").await;
    let mut late = BufReader::new(late);
    let mut line = String::new();
    while !line.contains("the other") {
        line.clear();
        timeout(LONG, late.read_line(&mut line))
            .await
            .unwrap()
            .unwrap();
    }
    let answered = Instant::now();
    let mut rest = Vec::new();
    timeout(LONG, late.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(
        answered.elapsed() >= idle_timeout,
        "{:?}",
        answered.elapsed()
    );
}
