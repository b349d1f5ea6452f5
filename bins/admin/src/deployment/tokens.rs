//! Everybody's tokens, at the database or over the interface.

use ats_pat_domain::list::{Sort, SortField, TokenQuery};
use ats_pat_domain::{Problem, TokenId};
use ats_pat_service::view::{IssuedToken, OwnedTokenPageView, OwnedTokenView};
use ats_pat_service::{Error, NewToken};
use serde_json::{Map, Value, json};

use super::answers::{Issued, OwnedToken, Page, UserKind};
use super::{Deployment, operator};
use crate::failure::Failure;

const USER_NOT_FOUND: u32 = 1310;

impl Deployment {
    /// A page of tokens: of the user of this name, or of everybody.
    pub async fn tokens(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<OwnedTokenPageView, Failure> {
        let api = match self {
            Self::Database(opened) => return Ok(operator(opened).tokens(owner, query).await?),
            Self::Api(api) => api,
        };
        let mut pairs = vec![
            ("Page", query.page.to_string()),
            ("PageSize", query.page_size.to_string()),
            ("Sort", in_words(query.sort)),
        ];
        pairs.extend(query.status.map(|status| ("Status", status.to_string())));
        pairs.extend(query.search.map(|text| ("Search", text)));
        pairs.extend(
            query
                .unused_for_days
                .map(|days| ("UnusedForDays", days.to_string())),
        );
        pairs.extend(
            query
                .created_before
                .map(|at| ("CreatedBefore", at.to_string())),
        );
        pairs.extend(
            query
                .expires_before
                .map(|at| ("ExpiresBefore", at.to_string())),
        );
        pairs.extend(query.scope.map(|scope| ("Scope", scope)));
        pairs.extend(owner.map(|name| ("Owner", name.to_owned())));
        let page: Result<Page<OwnedToken>, _> = api.get("personalaccesstoken", &pairs).await;
        let page = page.map_err(|failure| match (failure.code(), owner) {
            (Some(USER_NOT_FOUND), Some(name)) => not_found(name),
            _ => failure,
        })?;
        Ok(OwnedTokenPageView {
            items: page.items.into_iter().map(Into::into).collect(),
            page: page.page,
            page_size: page.page_size,
            total: page.total,
        })
    }

    /// The token of this id.
    pub async fn token(&self, id: &str) -> Result<OwnedTokenView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).token(id).await?),
            Self::Api(api) => {
                let path = path_of(id, "")?;
                Ok(api.get::<OwnedToken>(&path, &[]).await?.into())
            }
        }
    }

    pub async fn revoke_token(&self, id: &str) -> Result<OwnedTokenView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).revoke_token(id).await?),
            Self::Api(api) => {
                let path = path_of(id, "/revoke")?;
                Ok(api.post::<OwnedToken>(&path, None).await?.into())
            }
        }
    }

    /// Makes a token for the service account of this name.
    pub async fn create_token(&self, account: &str, new: NewToken) -> Result<IssuedToken, Failure> {
        let api = match self {
            Self::Database(opened) => {
                return Ok(operator(opened).create_token(account, new).await?);
            }
            Self::Api(api) => api,
        };
        let account = api.find_user(account).await?;
        if account.kind != UserKind::Service {
            let name = account.user_name;
            return Err(Error::NoServiceAccount { name }.into());
        }
        let mut body = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("Name", new.name.map(Into::into));
        add("ExpiresAt", new.expires_at.map(Into::into));
        add("Description", new.description.map(Into::into));
        add("Scopes", new.scopes.map(Into::into));
        add("AllowedNetworks", new.allowed_networks.map(Into::into));
        if new.may_regenerate_itself {
            add("MayRegenerateItself", Some(json!(true)));
        }
        add("RegeneratesUntil", new.regenerates_until.map(Into::into));
        let path = format!("users/{}/personalaccesstoken", account.id);
        let issued: Result<Issued, _> = api.post(&path, Some(&Value::Object(body))).await;
        let issued = issued.map_err(|failure| match failure.code() {
            Some(USER_NOT_FOUND) => not_found(&account.user_name),
            _ => failure,
        });
        Ok(issued?.into())
    }
}

fn not_found(name: &str) -> Failure {
    let name = name.to_owned();
    Error::UserNotFound { name }.into()
}

/// The path of a token. A text that is no id is no token's, and does not get into a path.
fn path_of(id: &str, then: &str) -> Result<String, Failure> {
    let id: Result<TokenId, _> = id.parse();
    let id = id.map_err(|_| Error::from(Problem::TokenNotFound))?;
    Ok(format!("personalaccesstoken/{id}{then}"))
}

/// The order as queries write it, which [`Sort::parse`] reads.
fn in_words(sort: Sort) -> String {
    let field = match sort.field {
        SortField::Name => "Name",
        SortField::CreatedAt => "CreatedAt",
        SortField::ExpiresAt => "ExpiresAt",
        SortField::LastUsedAt => "LastUsedAt",
    };
    let sign = if sort.descending { "-" } else { "" };
    format!("{sign}{field}")
}
