//! From the long-lived token to the short-lived one.

use poem::{IntoResponse, Request, Response};
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::{ExposeSecret, SecretString};

use super::Tag;
use crate::call::Call;
use crate::refused::Refused;
use crate::reply::{Reply, json};
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
        TokenReply,
        /// When the authentication token expires.
        #[oai(header = "Ats-Authentication-Token-Expires-At")]
        String,
        /// When the personal access token expires.
        #[oai(header = "Ats-Personal-Access-Token-Expires-At")]
        String,
    ),
}

/// The envelope with an authentication token: a [`Reply`] that is written straight, since a JWS in compact form (RFC
/// 7515, section 7.1) has nothing that JSON would escape.
struct TokenReply(SecretString);

impl Payload for TokenReply {
    const CONTENT_TYPE: &'static str = <Reply<AuthenticationTokenEnvelope>>::CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        <Reply<AuthenticationTokenEnvelope>>::schema_ref()
    }

    fn register(registry: &mut Registry) {
        <Reply<AuthenticationTokenEnvelope>>::register(registry);
    }
}

impl IntoResponse for TokenReply {
    fn into_response(self) -> Response {
        let [before, after] = [
            r#"{"Data":""#,
            r#"","ErrorMessage":"","ErrorParameters":null,"ResponseCode":1,"GetErrorParameters":""}"#,
        ];
        let body = [before, self.0.expose_secret(), after].concat();
        json(body.into_bytes())
    }
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
            TokenReply(exchanged.token),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_written_as_its_envelope_would_be() {
        let token = "eyJhbGciOiJFZERTQSJ9.e30._-09AZaz";
        let written = TokenReply(token.into()).into_response();
        let envelope = Reply(AuthenticationTokenEnvelope::success(token)).into_response();
        assert_eq!(written.headers(), envelope.headers());
        let [written, envelope] = [written, envelope].map(Response::into_body);
        assert_eq!(
            written.into_string().await.unwrap(),
            envelope.into_string().await.unwrap(),
        );
    }
}
