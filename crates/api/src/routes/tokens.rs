//! A user's own personal access tokens. Only a session gets here, and only to its own user's.

use ats_pat_service::{NewToken, Regeneration};
use poem::Request;
use poem_openapi::{ApiResponse, OpenApi};

use super::Tag;
use crate::call::Call;
use crate::refused::Refused;
use crate::reply::Reply;
use crate::request::{InQuery, JsonBody, ListQuery, OptionalJsonBody, Session, TokenId};
use crate::schema::{
    CreatePersonalAccessTokenRequest, IssuedPersonalAccessTokenEnvelope,
    PersonalAccessTokenEnvelope, PersonalAccessTokenPageEnvelope,
    PersonalAccessTokenPolicyEnvelope, PersonalAccessTokenStatus,
    RegeneratePersonalAccessTokenRequest, TokenSort,
};

/// Management of personal access tokens.
pub struct Tokens;

#[derive(ApiResponse)]
enum Listed {
    /// The tokens of the page
    #[oai(status = 200)]
    Page(Reply<PersonalAccessTokenPageEnvelope>),
}

#[derive(ApiResponse)]
enum Created {
    /// The token with its secret, which is answered this once
    #[oai(status = 201)]
    Issued(Reply<IssuedPersonalAccessTokenEnvelope>),
}

#[derive(ApiResponse)]
enum Found {
    /// The token
    #[oai(status = 200)]
    Token(Reply<PersonalAccessTokenEnvelope>),
}

#[derive(ApiResponse)]
enum Regenerated {
    /// The token with its new secret, which is answered this once
    #[oai(status = 200)]
    Issued(Reply<IssuedPersonalAccessTokenEnvelope>),
}

#[derive(ApiResponse)]
enum Allowed {
    /// The policy
    #[oai(status = 200)]
    Policy(Reply<PersonalAccessTokenPolicyEnvelope>),
}

#[OpenApi(
    prefix_path = "/api/personalaccesstoken",
    tag = "Tag::PersonalAccessToken"
)]
impl Tokens {
    /// List your personal access tokens
    ///
    /// Ended ones stay listed. A page past the end has no items.
    #[oai(path = "/", method = "get", operation_id = "listPersonalAccessTokens")]
    #[expect(
        clippy::too_many_arguments,
        reason = "five of them only describe the query"
    )]
    async fn list(
        &self,
        request: &Request,
        session: Session,
        query: ListQuery,
        /// From 1; by default 1.
        #[oai(name = "Page")]
        _page: InQuery<u32>,
        /// 1 to 100; by default 25.
        #[oai(name = "PageSize")]
        _page_size: InQuery<u32>,
        /// Only tokens of this status; by default of every one.
        #[oai(name = "Status")]
        _status: InQuery<PersonalAccessTokenStatus>,
        /// Only tokens with this text in name or description, whatever its case; up to 100 characters.
        #[oai(name = "Search")]
        _search: InQuery<String>,
        /// The order; by default `-CreatedAt`.
        #[oai(name = "Sort")]
        _sort: InQuery<TokenSort>,
    ) -> Result<Listed, Refused> {
        let page = Call::of(request)?
            .service
            .list_tokens(&session.0, query.0)
            .await?;
        Ok(Listed::Page(Reply(
            PersonalAccessTokenPageEnvelope::success(page),
        )))
    }

    /// Create a personal access token
    ///
    /// The answer has the token's secret, this once: whoever loses it regenerates the token.
    #[oai(
        path = "/",
        method = "post",
        operation_id = "createPersonalAccessToken"
    )]
    async fn create(
        &self,
        request: &Request,
        session: Session,
        body: JsonBody<CreatePersonalAccessTokenRequest>,
    ) -> Result<Created, Refused> {
        let new = NewToken {
            name: body.0.name,
            expires_at: body.0.expires_at,
            description: body.0.description,
            scopes: body.0.scopes,
            allowed_networks: body.0.allowed_networks,
            form_key: None,
        };
        let issued = Call::of(request)?
            .service
            .create_token(&session.0, new)
            .await?;
        Ok(Created::Issued(Reply(
            IssuedPersonalAccessTokenEnvelope::success(issued),
        )))
    }

    /// What personal access tokens may be like
    ///
    /// The longest and the proposed lifetime, how many may be active at once, and the scopes on offer.
    #[oai(
        path = "/policy",
        method = "get",
        operation_id = "getPersonalAccessTokenPolicy"
    )]
    #[expect(clippy::unused_async, reason = "poem-openapi takes no other")]
    async fn policy(&self, request: &Request, session: Session) -> Result<Allowed, Refused> {
        let policy = Call::of(request)?.service.policy(&session.0);
        Ok(Allowed::Policy(Reply(
            PersonalAccessTokenPolicyEnvelope::success(policy),
        )))
    }

    /// Get one of your personal access tokens
    ///
    /// Another user's token is answered as one that does not exist.
    #[oai(path = "/:Id", method = "get", operation_id = "getPersonalAccessToken")]
    async fn get(
        &self,
        request: &Request,
        session: Session,
        /// The token's id.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Found, Refused> {
        let token = Call::of(request)?.service.token(&session.0, &id.0).await?;
        Ok(Found::Token(Reply(PersonalAccessTokenEnvelope::success(
            token,
        ))))
    }

    /// Revoke a personal access token
    ///
    /// For good. One that is revoked already stays as it is.
    #[oai(
        path = "/:Id/revoke",
        method = "post",
        operation_id = "revokePersonalAccessToken"
    )]
    async fn revoke(
        &self,
        request: &Request,
        session: Session,
        /// The token's id.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Found, Refused> {
        let token = Call::of(request)?
            .service
            .revoke_token(&session.0, &id.0)
            .await?;
        Ok(Found::Token(Reply(PersonalAccessTokenEnvelope::success(
            token,
        ))))
    }

    /// Give a personal access token a new secret
    ///
    /// The old one stops working. Only for an active token.
    #[oai(
        path = "/:Id/regenerate",
        method = "post",
        operation_id = "regeneratePersonalAccessToken"
    )]
    async fn regenerate(
        &self,
        request: &Request,
        session: Session,
        /// The token's id.
        #[oai(name = "Id")]
        id: TokenId,
        body: OptionalJsonBody<RegeneratePersonalAccessTokenRequest>,
    ) -> Result<Regenerated, Refused> {
        let asked = Regeneration {
            expires_at: body.0.expires_at,
            expected_generation: None,
        };
        let issued = Call::of(request)?
            .service
            .regenerate_token(&session.0, &id.0, asked)
            .await?;
        Ok(Regenerated::Issued(Reply(
            IssuedPersonalAccessTokenEnvelope::success(issued),
        )))
    }
}
