//! Everybody's tokens, as operators see them.

use std::collections::HashMap;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::port::ListedToken;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{Problem, TokenId, UserId};
use ats_pat_token::PersonalAccessToken;
use secrecy::{ExposeSecret, SecretString};

use super::Operator;
use crate::service::error::Error;
use crate::tokens::{Maker, NewToken, Owner, Regeneration, Revoke, Whose};
use crate::view::{IssuedToken, OwnedTokenPageView, OwnedTokenView, TokenView};

impl Operator<'_> {
    /// A page of tokens: of the user of this name, or of everybody whom the query does not leave
    /// out.
    ///
    /// # Errors
    /// [`Error::UserNotFound`] if there is no user of this name, or none who is called as the query
    /// asks.
    pub async fn tokens(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<OwnedTokenPageView, Error> {
        let owner = self.owner_called(owner).await?;
        self.tokens_of(TokenQuery { owner, ..query }).await
    }

    /// The id of the user of this name, if one is named.
    pub(super) async fn owner_called(&self, name: Option<&str>) -> Result<Option<UserId>, Error> {
        match name {
            Some(name) => Ok(Some(self.find_user(name).await?.id)),
            None => Ok(None),
        }
    }

    /// A page of the tokens of this user.
    ///
    /// # Errors
    /// [`Error::UserNotFound`] if there is no such user.
    pub async fn tokens_of_user(
        &self,
        owner: UserId,
        query: TokenQuery,
    ) -> Result<OwnedTokenPageView, Error> {
        self.require_row(owner).await?;
        let owner = Some(owner);
        self.tokens_of(TokenQuery { owner, ..query }).await
    }

    /// A page of tokens, with the owner that the query names.
    pub(super) async fn tokens_of(&self, query: TokenQuery) -> Result<OwnedTokenPageView, Error> {
        let now = self.service.now();
        let page = self.service.store().tokens().page(&query, now).await?;
        if page.total == 0 {
            self.require_called(query.owner_called.as_deref()).await?;
        }
        // A planted entry is not listed as if it were one; the total stays the database's.
        let genuine: Vec<ListedToken> = page
            .items
            .into_iter()
            .filter(|listed| self.service.currency().shows(&listed.token))
            .map(|listed| self.service.without_planted_secret(listed))
            .collect();
        let owners = genuine
            .iter()
            .map(|listed| listed.token.row.owner_id)
            .collect();
        let names = self.names_of(owners).await?;
        let items = genuine.iter().map(|listed| {
            let token = TokenView::listed(listed, now);
            owned_view(token, listed.token.row.owner_id, &names)
        });
        Ok(OwnedTokenPageView {
            items: items.collect(),
            page: query.page,
            page_size: query.page_size,
            total: page.total,
        })
    }

    /// The token of this id.
    ///
    /// # Errors
    /// [`Problem::TokenNotFound`].
    pub async fn token(&self, id: &str) -> Result<OwnedTokenView, Error> {
        self.owned_token(id.parse().map_err(|_| Problem::TokenNotFound)?)
            .await
    }

    /// The token that a secret belongs to, living or dead: for a secret that was found where it
    /// should not be.
    ///
    /// # Errors
    /// [`Problem::PersonalAccessTokenInvalid`] for what is no personal access token or an unknown
    /// one.
    pub async fn token_of_secret(&self, secret: &SecretString) -> Result<OwnedTokenView, Error> {
        let secret = PersonalAccessToken::parse(secret.expose_secret())
            .map_err(|_| Problem::PersonalAccessTokenInvalid)?;
        let currency = self.service.currency();
        let read = || self.service.find_grant(&secret);
        let stored = currency.judged(read, |grant| currency.check(grant.secret));
        let stored = stored.await?.ok_or(Problem::PersonalAccessTokenInvalid)??;
        self.owned_token(stored.token_id).await
    }

    /// Revokes anybody's token; a revoked one stays as it was.
    ///
    /// # Errors
    /// [`Problem::TokenNotFound`].
    pub async fn revoke_token(&self, id: &str) -> Result<OwnedTokenView, Error> {
        let id = id.parse().map_err(|_| Problem::TokenNotFound)?;
        // Nothing about the entry is asked before: what can't be shown has to be revoked all the
        // same.
        let (token, owner) = self
            .change(Revoke {
                id,
                of: Whose::Anybody,
            })
            .await?;
        let names = self.names_of(vec![owner]).await?;
        Ok(owned_view(token, owner, &names))
    }

    /// As [`create_service_token`](Self::create_service_token), for the account of this name.
    ///
    /// # Errors
    /// [`Error::UserNotFound`], [`Error::NoServiceAccount`] for a person; those of
    /// [`create_service_token`](Self::create_service_token).
    pub async fn create_token(&self, account: &str, new: NewToken) -> Result<IssuedToken, Error> {
        let account = self.find_user(account).await?;
        if account.kind != UserKind::Service {
            let name = account.name.as_str().to_owned();
            return Err(Error::NoServiceAccount { name });
        }
        self.create_service_token(Owner::ServiceAccount(account.id), new)
            .await
    }

    /// Makes a token for a service account, and its secret, which is answered this once.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`], [`Problem::UnknownScope`], [`Problem::ExpirationNotAllowed`];
    /// [`Problem::UserNotFound`] for what is no service account; [`Problem::PolicyForbids`] where
    /// no enabled person is responsible for the account, [`Problem::OwnerDisabled`] where it is
    /// disabled; [`Problem::NameInUse`], [`Problem::TokenLimitReached`].
    pub async fn create_service_token(
        &self,
        account: Owner,
        new: NewToken,
    ) -> Result<IssuedToken, Error> {
        let maker = self.maker_for(account)?;
        self.service.create_token_as(maker, &new).await
    }

    /// Gives an active token of a service account a new secret, which is answered this once.
    ///
    /// # Errors
    /// Those of [`Service::regenerate_token`](crate::Service::regenerate_token).
    pub async fn regenerate_service_token(
        &self,
        account: Owner,
        id: &str,
        asked: Regeneration,
    ) -> Result<IssuedToken, Error> {
        let maker = self.maker_for(account)?;
        let id = async {
            let id = id.parse();
            id.map_err(|_| Problem::TokenNotFound.into())
        };
        self.service.regenerate_token_as(maker, id, asked).await
    }

    /// Revokes a token of this user; a revoked one stays as it was.
    ///
    /// # Errors
    /// [`Problem::TokenNotFound`], also for another user's.
    pub async fn revoke_token_of(&self, owner: UserId, id: &str) -> Result<OwnedTokenView, Error> {
        let id = id.parse().map_err(|_| Problem::TokenNotFound)?;
        let of = Whose::User(owner);
        let (token, owner) = self.change(Revoke { id, of }).await?;
        let names = self.names_of(vec![owner]).await?;
        Ok(owned_view(token, owner, &names))
    }

    /// Nobody but a service account's tokens are made by others.
    fn maker_for(&self, account: Owner) -> Result<Maker, Problem> {
        match account {
            Owner::Own => Err(Problem::UserNotFound),
            Owner::ServiceAccount(_) | Owner::Nobody => Ok(Maker {
                authority: self.authority.clone(),
                owner: account,
            }),
        }
    }

    async fn owned_token(&self, id: TokenId) -> Result<OwnedTokenView, Error> {
        let store = self.service.store();
        let listed = store.tokens().by_id(id).await?;
        let owner = listed.ok_or(Problem::TokenNotFound)?.token.row.owner_id;
        let read = || async { Ok(store.tokens().by_id(id).await?) };
        let token = self.service.shown(read).await?;
        let names = self.names_of(vec![owner]).await?;
        Ok(owned_view(token, owner, &names))
    }
}

/// An owner whose row was altered is shown by the id: the token can be revoked all the same.
fn owned_view(
    token: TokenView,
    owner_id: UserId,
    names: &HashMap<UserId, String>,
) -> OwnedTokenView {
    let name = names.get(&owner_id).cloned();
    OwnedTokenView {
        token,
        owner_id,
        owner_name: name.unwrap_or_else(|| owner_id.to_string()),
    }
}
