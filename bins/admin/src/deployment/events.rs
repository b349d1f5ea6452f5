//! Reading the event log, at the database or over the interface.

use std::time::Duration;

use ats_pat_service::view::EventView;
use ats_pat_service::{Error, EventQuery};
use tokio::time::{Instant, sleep};

use super::answers::Events;
use super::{Api, Deployment, operator};
use crate::failure::Failure;

/// How often it is looked for events at the database while it is waited for one.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The most events of one answer.
const MOST: u64 = 1000;
/// The most events that the service looks at for one answer.
const LOOKED_AT: i64 = 10_000;
const USER_NOT_FOUND: u32 = 1310;

impl Deployment {
    /// Events in their order after the one of this number, at most a thousand, and after which
    /// number to go on. If there are none, it waits so long for one.
    pub async fn events_after(
        &self,
        after: i64,
        query: &EventQuery,
        wait: Duration,
    ) -> Result<(Vec<EventView>, i64), Failure> {
        let opened = match self {
            Self::Database(opened) => opened,
            Self::Api(api) => return api.events_after(after, query, wait).await,
        };
        let until = Instant::now() + wait;
        loop {
            let (events, next) = operator(opened).events_after(after, query).await?;
            if next > after || Instant::now() >= until {
                return Ok((events, next));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The last events, the newest first.
    pub async fn newest_events(&self, query: EventQuery) -> Result<Vec<EventView>, Failure> {
        match self {
            Self::Database(opened) => {
                let named = operator(opened).event_page(query).await?;
                Ok(named.into_iter().map(|named| named.event).collect())
            }
            Self::Api(api) => api.newest_events(query).await,
        }
    }
}

impl Api {
    async fn events_after(
        &self,
        after: i64,
        query: &EventQuery,
        wait: Duration,
    ) -> Result<(Vec<EventView>, i64), Failure> {
        let mut pairs = vec![
            ("After", after.to_string()),
            ("Limit", query.limit.min(MOST).to_string()),
        ];
        if !wait.is_zero() {
            pairs.push(("Wait", wait.as_secs().to_string()));
        }
        pairs.extend(query.kind.clone().map(|kind| ("Kind", kind)));
        pairs.extend(query.owner.clone().map(|owner| ("Owner", owner)));
        let events: Result<Events, _> = self.get("events", &pairs).await;
        let events = events.map_err(|failure| match (failure.code(), &query.owner) {
            (Some(USER_NOT_FOUND), Some(name)) => {
                let name = name.clone();
                Error::UserNotFound { name }.into()
            }
            _ => failure,
        })?;
        let views = events.items.into_iter().map(Into::into);
        Ok((views.collect(), events.next))
    }

    /// The interface gives events only in their order. So this looks for the end of the log, and
    /// goes back from there.
    async fn newest_events(&self, query: EventQuery) -> Result<Vec<EventView>, Failure> {
        let is_whole = query.owner.is_none() && query.kind.is_none();
        let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let step = if is_whole {
            i64::try_from(query.limit.min(MOST)).unwrap_or(LOOKED_AT)
        } else {
            LOOKED_AT
        };
        let query = EventQuery {
            limit: MOST,
            ..query
        };
        let mut end = self.last_event().await?;
        let mut newest = Vec::new();
        // Also of an empty log it is asked whether there is such an owner.
        loop {
            let begin = (end - step).max(0);
            let mut part = Vec::new();
            let mut after = begin;
            loop {
                let (events, next) = self.events_after(after, &query, Duration::ZERO).await?;
                part.extend(events.into_iter().take_while(|event| event.seq <= end));
                if next >= end || next == after {
                    break;
                }
                after = next;
            }
            newest.extend(part.into_iter().rev());
            end = begin;
            if newest.len() >= most || end == 0 {
                newest.truncate(most);
                return Ok(newest);
            }
        }
    }

    /// The number of the last event; 0 for an empty log.
    async fn last_event(&self) -> Result<i64, Failure> {
        let one = EventQuery {
            limit: 1,
            ..EventQuery::default()
        };
        let mut low = 0;
        let mut step = MOST.cast_signed();
        // The last one is not before `low`, and before `high` if that is known.
        let mut high = None;
        while high.is_none_or(|high| low < high) {
            let middle = match high {
                None => low + step,
                Some(high) => low + (high - low) / 2,
            };
            let (found, _) = self.events_after(middle, &one, Duration::ZERO).await?;
            match found.first() {
                Some(event) => low = event.seq,
                None => high = Some(middle),
            }
            if high.is_none() {
                step *= 2;
            }
        }
        Ok(low)
    }
}
