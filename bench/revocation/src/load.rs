//! Requests during the whole measurement, with tokens that keep their rights.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::person::Token;
use crate::program::Service;

/// Callers of each service. Each sends a request every [`STEP`].
const CALLERS: usize = 4;
const STEP: Duration = Duration::from_millis(10);

/// The callers of all services.
pub struct Load {
    stop: Arc<AtomicBool>,
    callers: Vec<(&'static str, JoinHandle<Result<u64>>)>,
}

/// How many requests a service accepted.
#[derive(serde::Serialize)]
pub struct Accepted {
    pub service: &'static str,
    pub requests: u64,
}

impl Load {
    pub fn start(services: &[Service], tokens: &Arc<[Token]>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let callers = services.iter().flat_map(|service| {
            let stop = &stop;
            (0..CALLERS).map(move |number| {
                let url = format!("{}/orders", service.program.url);
                let caller = call(url, Arc::clone(tokens), number, Arc::clone(stop));
                (service.name, tokio::spawn(caller))
            })
        });
        Self {
            callers: callers.collect(),
            stop,
        }
    }

    /// Ends it. A refused request fails the run, because these tokens keep their rights.
    pub async fn stop(self) -> Result<Vec<Accepted>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut accepted: Vec<Accepted> = Vec::new();
        for (service, caller) in self.callers {
            let requests = caller.await??;
            match accepted.iter_mut().find(|one| one.service == service) {
                Some(one) => one.requests += requests,
                None => accepted.push(Accepted { service, requests }),
            }
        }
        Ok(accepted)
    }
}

async fn call(
    url: String,
    tokens: Arc<[Token]>,
    first: usize,
    stop: Arc<AtomicBool>,
) -> Result<u64> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut ticks = interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut requests = 0;
    for token in tokens.iter().cycle().skip(first) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        ticks.tick().await;
        let bearer = token.client.bearer().await?;
        let answer = http.get(&url).bearer_auth(bearer.expose()).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        if !status.is_success() {
            bail!("{url} answered {status} to a token that nobody took away");
        }
        requests += 1;
    }
    Ok(requests)
}
