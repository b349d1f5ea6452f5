//! Looking at one's tokens.

use std::future::Future;

use ats_pat_domain::Problem;
use ats_pat_domain::list::{EventFilter, TokenQuery};
use ats_pat_domain::port::{ListedToken, TokenPage};

use super::parse_id;
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::SignedIn;
use crate::view::{EventView, TokenPageView, TokenView};

impl Service {
    /// A page of the user's tokens; whose tokens the query asks for is set here.
    pub async fn list_tokens(
        &self,
        by: &SignedIn,
        query: TokenQuery,
    ) -> Result<TokenPageView, Error> {
        let query = TokenQuery {
            owner: Some(by.user_id()),
            ..query
        };
        self.page(&query).await
    }

    /// One of the user's tokens.
    ///
    /// # Errors
    /// 1300, also for another user's token and for what is no id.
    pub async fn token(&self, by: &SignedIn, id: &str) -> Result<TokenView, Error> {
        let id = parse_id(id)?;
        let read = || async { Ok(self.store().tokens().owned(by.user_id(), id).await?) };
        self.shown(read).await
    }

    /// The last events of one of the user's tokens, the newest first; none of another's.
    ///
    /// # Errors
    /// 1300 for what is no id.
    pub async fn token_events(
        &self,
        by: &SignedIn,
        id: &str,
        limit: u64,
    ) -> Result<Vec<EventView>, Error> {
        let filter = EventFilter {
            owner: Some(by.user_id()),
            subjects: Some(vec![parse_id(id)?.to_string()]),
            limit,
            ..EventFilter::default()
        };
        let events = self.store().events().newest(&filter).await?;
        Ok(events.iter().map(EventView::new).collect())
    }

    async fn page(&self, query: &TokenQuery) -> Result<TokenPageView, Error> {
        let now = self.now();
        let TokenPage { items, total } = self.store().tokens().page(query, now).await?;
        // A planted entry is not listed as if it were one; the total stays the database's.
        let items = items
            .into_iter()
            .filter(|listed| self.currency().shows(&listed.token))
            .map(|listed| self.without_planted_secret(listed))
            .collect();
        Ok(TokenPageView::new(query, &TokenPage { items, total }, now))
    }

    /// What is read, if there is such a token, and its row is the one that stands there.
    ///
    /// # Errors
    /// 1300 where there is none; [`Error::Tampered`].
    pub(crate) async fn shown<F>(
        &self,
        read: impl Fn() -> F + Send + Sync,
    ) -> Result<TokenView, Error>
    where
        F: Future<Output = Result<Option<ListedToken>, Error>> + Send,
    {
        let currency = self.currency();
        let judged = currency.judged(read, |listed| {
            let listed = self.without_planted_secret(listed);
            let token = currency.check(listed.token.clone())?;
            Ok(TokenView::of(&token, &listed, self.now()))
        });
        Ok(judged.await?.ok_or(Problem::TokenNotFound)??)
    }

    /// A planted secret works no longer, so nothing is said of it.
    pub(crate) fn without_planted_secret(&self, listed: ListedToken) -> ListedToken {
        let in_overlap = listed.in_overlap;
        ListedToken {
            in_overlap: in_overlap.filter(|secret| self.currency().shows(secret)),
            ..listed
        }
    }
}
