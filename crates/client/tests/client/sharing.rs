//! Many callers, one exchange.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::service::{Answer, Service};

#[tokio::test]
async fn a_hundred_callers_cause_one_exchange() {
    let release = Arc::new(Notify::new());
    let service = Service::start([
        Answer::token("first", 300).held(&release),
        Answer::token("second", 300),
    ])
    .await;
    let client = service.client();
    let asking = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (client, asking) = (client.clone(), Arc::clone(&asking));
        callers.spawn(async move {
            asking.fetch_add(1, Ordering::SeqCst);
            client.bearer().await.unwrap()
        });
    }
    service.saw(1).await;
    while asking.load(Ordering::SeqCst) < 100 {
        tokio::task::yield_now().await;
    }
    release.notify_one();
    for bearer in callers.join_all().await {
        assert_eq!(bearer.expose(), "first");
    }
    assert_eq!(client.bearer().await.unwrap().expose(), "first");
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_cancel_it_for_the_others() {
    let release = Arc::new(Notify::new());
    let service = Service::start([
        Answer::token("first", 300).held(&release),
        Answer::token("second", 300),
    ])
    .await;
    let client = service.client();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.bearer().await }
    });
    service.saw(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let other = tokio::spawn(async move { client.bearer().await });
    tokio::task::yield_now().await;
    release.notify_one();
    assert_eq!(other.await.unwrap().unwrap().expose(), "first");
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn a_client_outlives_the_runtime_that_broke_off_its_exchange() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let other = runtime();
    let service = other.block_on(Service::start([Answer::Hang, Answer::token("second", 300)]));
    let client = service.client();
    let gone = runtime();
    gone.block_on(async {
        let asking = client.clone();
        tokio::spawn(async move { asking.bearer().await });
        tokio::task::yield_now().await;
    });
    drop(gone);
    let bearer = other.block_on(async {
        service.answer(Answer::token("second", 300));
        client.bearer().await.unwrap()
    });
    assert_eq!(bearer.expose(), "second");
}
