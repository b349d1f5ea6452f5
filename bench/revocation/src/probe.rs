//! One token at one service, tried again and again.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use ats_pat_client::Bearer;
use reqwest::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::program::Service;

/// The pause between an answer and the next request. The figures have this precision.
const STEP: Duration = Duration::from_millis(2);

/// Tries a token until it is told when to stop.
pub struct Probe {
    task: JoinHandle<Result<()>>,
    stop_at: watch::Sender<Option<Instant>>,
    /// When the last accepted request began.
    accepted: watch::Receiver<Option<Instant>>,
}

impl Probe {
    pub fn start(service: &Service, bearer: Bearer) -> Self {
        let url = format!("{}/orders", service.program.url);
        let (stop_at, stop) = watch::channel(None);
        let (seen, accepted) = watch::channel(None);
        Self {
            task: tokio::spawn(probe(url, bearer, stop, seen)),
            stop_at,
            accepted,
        }
    }

    /// Waits until the token was accepted once.
    pub async fn accepted(&mut self) -> Result<()> {
        if self.accepted.wait_for(Option::is_some).await.is_err() {
            // It was not told to stop, so it has failed.
            (&mut self.task).await??;
        }
        Ok(())
    }

    /// Goes on until `stop_at`. Then returns when the last accepted request began.
    pub async fn last_accepted(self, stop_at: Instant) -> Result<Instant> {
        self.stop_at.send_replace(Some(stop_at));
        self.task.await??;
        let last = *self.accepted.borrow();
        last.context("never accepted")
    }
}

async fn probe(
    url: String,
    bearer: Bearer,
    stop: watch::Receiver<Option<Instant>>,
    seen: watch::Sender<Option<Instant>>,
) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    while stop.borrow().is_none_or(|stop_at| Instant::now() < stop_at) {
        let began = Instant::now();
        let answer = http.get(&url).bearer_auth(bearer.expose()).send().await?;
        match answer.status() {
            StatusCode::OK => drop(seen.send_replace(Some(began))),
            StatusCode::UNAUTHORIZED => {}
            other => bail!("{url} answered {other}: {}", answer.text().await?),
        }
        answer.bytes().await?;
        sleep(STEP).await;
    }
    Ok(())
}
