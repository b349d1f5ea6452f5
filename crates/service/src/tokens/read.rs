//! Looking at an owner's tokens.

use std::future::Future;

use ats_pat_domain::list::{EventFilter, TokenQuery};
use ats_pat_domain::port::{ListedToken, TokenPage};
use ats_pat_domain::{Problem, TokenId};

use super::Acting;
use crate::service::Service;
use crate::service::error::Error;
use crate::view::{EventView, TokenPageView, TokenView};

impl Service {
    /// A page of the owner's tokens; whose tokens the query asks for is set here.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`] for a service account that is not the user's.
    pub async fn list_tokens(
        &self,
        by: impl Into<Acting<'_>>,
        query: TokenQuery,
    ) -> Result<TokenPageView, Error> {
        let query = TokenQuery {
            owner: Some(self.owner_id(by.into()).await?),
            ..query
        };
        self.page(&query).await
    }

    /// One of the owner's tokens.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`] for a service account that is not the user's;
    /// [`Problem::TokenNotFound`], also for another user's token and for what is no id.
    pub async fn token(&self, by: impl Into<Acting<'_>>, id: &str) -> Result<TokenView, Error> {
        let owner = self.owner_id(by.into()).await?;
        let id = id.parse().map_err(|_| Problem::TokenNotFound)?;
        let read = || async { Ok(self.store().tokens().owned(owner, id).await?) };
        self.shown(read).await
    }

    /// The last events of one of the owner's tokens, the newest first; none of another's.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`] for a service account that is not the user's;
    /// [`Problem::TokenNotFound`] for what is no id.
    pub async fn token_events(
        &self,
        by: impl Into<Acting<'_>>,
        id: &str,
        limit: u64,
    ) -> Result<Vec<EventView>, Error> {
        let owner = self.owner_id(by.into()).await?;
        let id: TokenId = id.parse().map_err(|_| Problem::TokenNotFound)?;
        let filter = EventFilter {
            owner: Some(owner),
            subjects: Some(vec![id.to_string()]),
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
    /// [`Problem::TokenNotFound`] where there is none; [`Error::Tampered`].
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
