//! Reading the audit trail.

use std::collections::HashMap;

use ats_pat_domain::UserId;
use ats_pat_domain::event::Actor;
use ats_pat_domain::list::EventFilter;

use super::Operator;
use crate::service::error::Error;
use crate::view::{EventView, NamedEventView};

/// Which events, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Only those about the rights of the user of this name.
    pub owner: Option<String>,
    /// Only those about the rights of users whose folded user name or display name holds this
    /// folded text.
    pub owner_called: Option<String>,
    /// Only those of this kind, such as `token.revoked`; see
    /// [`EventKind`](ats_pat_domain::event::EventKind).
    pub kind: Option<String>,
    /// Only those before the event of this number: the last one of the page before.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u64,
}

/// How many events are read at once, and how often for one answer.
const BATCH: u64 = 1000;
const BATCHES: u32 = 10;

impl Operator<'_> {
    /// The last events that pass the query, with the names of who did it and of whose rights they
    /// are about.
    ///
    /// # Errors
    /// [`Error::UserNotFound`] if there is no user of the owner's name, or none who is called as
    /// the query asks.
    pub async fn event_page(&self, query: EventQuery) -> Result<Vec<NamedEventView>, Error> {
        let owner = match &query.owner {
            Some(name) => Some(self.find_user(name).await?.id),
            None => None,
        };
        let filter = EventFilter {
            owner,
            owner_called: query.owner_called,
            kind: query.kind,
            before: query.before,
            limit: query.limit,
            ..EventFilter::default()
        };
        let events = self.service.store().events().newest(&filter).await?;
        if events.is_empty() {
            self.require_called(filter.owner_called.as_deref()).await?;
        }
        let actor_of = |actor: &str| match Actor::from_stored(actor) {
            Some(Actor::User(id)) => Some(id),
            _ => None,
        };
        let named = events
            .iter()
            .flat_map(|event| [actor_of(&event.actor), event.owner])
            .flatten()
            .collect();
        let names = self.names_of(named).await?;
        let name_of = |id: Option<UserId>| names.get(&id?).cloned();
        let named = events.iter().map(|event| NamedEventView {
            event: EventView::new(event),
            actor_name: name_of(actor_of(&event.actor)),
            owner_name: name_of(event.owner),
        });
        Ok(named.collect())
    }

    /// Events in their order, after the one of this number, without gaps. Gives also the number
    /// after which to go on: it is the last that was looked at, whether or not it passes the query.
    ///
    /// # Errors
    /// [`Error::UserNotFound`] if there is no user of the owner's name.
    pub async fn events_after(
        &self,
        after: i64,
        query: &EventQuery,
    ) -> Result<(Vec<EventView>, i64), Error> {
        let owner = match &query.owner {
            Some(name) => Some(self.find_user(name).await?.id),
            None => None,
        };
        let mut last = after.max(0);
        let mut found = Vec::new();
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        for _ in 0..BATCHES {
            let Some(first) = last.checked_add(1) else {
                break;
            };
            let events = self.service.store().events().from(first, BATCH).await?;
            if events.is_empty() {
                break;
            }
            for event in events {
                last = event.seq;
                let passes = query.kind.as_ref().is_none_or(|kind| event.kind == *kind)
                    && (owner.is_none() || event.owner == owner);
                if passes {
                    found.push(EventView::new(&event));
                }
                if found.len() == limit {
                    return Ok((found, last));
                }
            }
        }
        Ok((found, last))
    }

    /// The user names of those who are genuine users, by one statement.
    pub(super) async fn names_of(
        &self,
        mut ids: Vec<UserId>,
    ) -> Result<HashMap<UserId, String>, Error> {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let users = self.service.store().users().by_ids(&ids).await?;
        let genuine = users
            .into_iter()
            .filter(|user| self.service.currency().shows(user))
            .map(|user| (user.row.id, user.row.name.as_str().to_owned()));
        Ok(genuine.collect())
    }
}
