//! From the long-lived token to the short-lived one.

use poem::Request;
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::ExposeSecret;

use super::Tag;
use crate::call::Call;
use crate::refused::Refused;
use crate::reply::Reply;
use crate::request::{Bearer, PersonalAccessTokens};
use crate::schema::{AuthenticationTokenEnvelope, IdentityEnvelope};

/// The path of the exchange.
pub const EXCHANGE: &str = "/api/personalaccesstoken/getAuthenticationToken";
/// The path of the identity.
pub const IDENTITY: &str = "/api/identity";

/// The exchange and its proof.
pub struct Exchange;

#[derive(ApiResponse)]
enum Exchanged {
    /// The authentication token
    #[oai(status = 200)]
    Token(
        Reply<AuthenticationTokenEnvelope>,
        /// When the authentication token expires.
        #[oai(header = "Ats-Authentication-Token-Expires-At")]
        String,
        /// When the personal access token expires.
        #[oai(header = "Ats-Personal-Access-Token-Expires-At")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Identified {
    /// Whom the authentication token speaks for
    #[oai(status = 200)]
    Identity(Reply<IdentityEnvelope>),
}

#[OpenApi]
impl Exchange {
    /// Exchange a personal access token for an authentication token
    ///
    /// The authentication token is a signed JWT that lives a few minutes; other services verify it with the
    /// keys at `/.well-known/jwks.json`.
    #[oai(
        path = "/api/personalaccesstoken/getAuthenticationToken",
        method = "get",
        operation_id = "getAuthenticationToken",
        tag = "Tag::Exchange"
    )]
    async fn get_authentication_token(
        &self,
        request: &Request,
        presented: PersonalAccessTokens<'_>,
    ) -> Result<Exchanged, Refused> {
        let call = Call::of(request)?;
        let exchanged = call
            .service
            .exchange(&presented.0, call.context.address())
            .await?;
        Ok(Exchanged::Token(
            Reply(AuthenticationTokenEnvelope::success(
                exchanged.token.expose_secret(),
            )),
            exchanged.expires_at.to_string(),
            exchanged.personal_access_token_expires_at.to_string(),
        ))
    }

    /// Whom an authentication token speaks for
    ///
    /// Asks the database, so that a revoked token is refused at once.
    #[oai(
        path = "/api/identity",
        method = "get",
        operation_id = "getIdentity",
        tag = "Tag::Exchange"
    )]
    async fn get_identity(
        &self,
        request: &Request,
        bearer: Bearer<'_>,
    ) -> Result<Identified, Refused> {
        let identity = Call::of(request)?.service.identity(bearer.0).await?;
        Ok(Identified::Identity(Reply(IdentityEnvelope::success(
            identity,
        ))))
    }
}
