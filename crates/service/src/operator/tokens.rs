//! Everybody's tokens, as operators see them.

use std::collections::HashMap;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::{Problem, TokenId, UserId};
use ats_pat_token::PersonalAccessToken;
use secrecy::{ExposeSecret, SecretString};

use super::Operator;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::tokens::{By, Revoke};
use crate::view::{OwnedTokenPageView, OwnedTokenView, TokenView};

impl Operator<'_> {
    /// A page of tokens: of the user of this name, or of everybody.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn tokens(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<OwnedTokenPageView, Error> {
        let owner = match owner {
            Some(name) => Some(self.find_user(name).await?.id),
            None => None,
        };
        let query = TokenQuery { owner, ..query };
        let now = self.service.now();
        let page = self.service.store().tokens().page(&query, now).await?;
        let mut names: HashMap<UserId, String> = HashMap::new();
        let mut items = Vec::with_capacity(page.items.len());
        for listed in page.items {
            let token = self.service.roots().check(listed.token)?;
            let owner_name = match names.get(&token.owner_id) {
                Some(name) => name.clone(),
                None => self.name_of(token.owner_id).await?,
            };
            names.insert(token.owner_id, owner_name.clone());
            items.push(OwnedTokenView {
                token: TokenView::new(&token, listed.usage.as_ref(), now),
                owner_id: token.owner_id,
                owner_name,
            });
        }
        Ok(OwnedTokenPageView {
            items,
            page: query.page,
            total: page.total,
        })
    }

    /// The token of this id.
    ///
    /// # Errors
    /// 1300.
    pub async fn token(&self, id: &str) -> Result<OwnedTokenView, Error> {
        self.owned_token(id.parse().map_err(|_| Problem::TokenNotFound)?)
            .await
    }

    /// The token that a secret belongs to, living or dead: for a secret that was found where it should not be.
    ///
    /// # Errors
    /// 1201 for what is no personal access token or an unknown one.
    pub async fn token_of_secret(&self, secret: &SecretString) -> Result<OwnedTokenView, Error> {
        let secret = PersonalAccessToken::parse(secret.expose_secret())
            .map_err(|_| Problem::PersonalAccessTokenInvalid)?;
        let grant = self.service.find_grant(&secret).await?;
        let grant = grant.ok_or(Problem::PersonalAccessTokenInvalid)?;
        let stored = self.service.roots().check(grant.secret)?;
        self.owned_token(stored.token_id).await
    }

    /// Revokes anybody's token; a revoked one stays as it was.
    ///
    /// # Errors
    /// 1300.
    pub async fn revoke_token(&self, id: &str) -> Result<Outcome<OwnedTokenView>, Error> {
        let found = self.token(id).await?;
        let revoke = Revoke {
            by: By::Operator(self.actor()),
            id: found.token.id,
        };
        let token = self.change(revoke).await?;
        Ok(Outcome::takes_away(OwnedTokenView { token, ..found }))
    }

    async fn owned_token(&self, id: TokenId) -> Result<OwnedTokenView, Error> {
        let listed = self.service.store().tokens().by_id(id).await?;
        let listed = listed.ok_or(Problem::TokenNotFound)?;
        let owner_id = listed.token.row.owner_id;
        Ok(OwnedTokenView {
            token: self.service.shown(listed)?,
            owner_id,
            owner_name: self.name_of(owner_id).await?,
        })
    }

    async fn name_of(&self, owner: UserId) -> Result<String, Error> {
        let user = self.service.store().users().by_id(owner).await?;
        let user = user.ok_or_else(|| Error::UserNotFound {
            name: owner.to_string(),
        })?;
        Ok(self.service.roots().check(user)?.name.as_str().to_owned())
    }
}
