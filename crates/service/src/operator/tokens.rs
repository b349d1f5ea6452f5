//! Everybody's tokens, as operators see them.

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::{Problem, TokenId};
use ats_pat_token::PersonalAccessToken;
use secrecy::{ExposeSecret, SecretString};

use super::Operator;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::tokens::Revoke;
use crate::view::{TokenPageView, TokenView};

impl Operator<'_> {
    /// A page of tokens: of the user of this name, or of everybody.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn tokens(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<TokenPageView, Error> {
        let owner = match owner {
            Some(name) => Some(self.find_user(name).await?.id),
            None => None,
        };
        self.service.page(&TokenQuery { owner, ..query }).await
    }

    /// The token of this id.
    ///
    /// # Errors
    /// 1300.
    pub async fn token(&self, id: &str) -> Result<TokenView, Error> {
        let id: TokenId = id.parse().map_err(|_| Problem::TokenNotFound)?;
        let listed = self
            .service
            .store()
            .tokens()
            .by_id(id)
            .await?
            .ok_or(Problem::TokenNotFound)?;
        self.service.shown(listed)
    }

    /// The token that a secret belongs to, living or dead: for a secret that was found where it should not be.
    ///
    /// # Errors
    /// 1201 for what is no personal access token or an unknown one.
    pub async fn token_of_secret(&self, secret: &SecretString) -> Result<TokenView, Error> {
        let secret = PersonalAccessToken::parse(secret.expose_secret())
            .map_err(|_| Problem::PersonalAccessTokenInvalid)?;
        for keys in self.service.roots().newest_first() {
            let hash = keys.hash_personal_access_token(&secret).to_bytes();
            if let Some(grant) = self.service.store().secrets().grant(&hash).await? {
                let stored = self.service.roots().check(grant.secret)?;
                return self.token(&stored.token_id.to_string()).await;
            }
        }
        Err(Problem::PersonalAccessTokenInvalid.into())
    }

    /// Revokes anybody's token; a revoked one stays as it was.
    ///
    /// # Errors
    /// 1300.
    pub async fn revoke_token(&self, id: &str) -> Result<Outcome<TokenView>, Error> {
        let id = id.parse().map_err(|_| Problem::TokenNotFound)?;
        Ok(Outcome::takes_away(
            self.service.change(Revoke { by: None, id }).await?,
        ))
    }
}
