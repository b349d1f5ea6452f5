//! From the long-lived token to the short-lived one.

use ats_pat_domain::Timestamp;
use ats_pat_http::RequestContext;
use ats_pat_service::Service;
use poem::http::{HeaderName, HeaderValue};
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
    #[oai(
        status = 200,
        header(
            name = "Ats-Authentication-Token-Expires-At",
            ty = "String",
            description = "When the authentication token expires."
        ),
        header(
            name = "Ats-Personal-Access-Token-Expires-At",
            ty = "String",
            description = "When the personal access token expires."
        )
    )]
    Token(TokenReply),
}

const EXPIRES_AT: HeaderName = HeaderName::from_static("ats-authentication-token-expires-at");
const PERSONAL_ACCESS_TOKEN_EXPIRES_AT: HeaderName =
    HeaderName::from_static("ats-personal-access-token-expires-at");

/// The envelope with an authentication token: a [`Reply`] that is written straight, since a JWS in compact form (RFC
/// 7515, section 7.1) has nothing that JSON would escape.
pub struct TokenReply {
    token: SecretString,
    expires_at: Timestamp,
    personal_access_token_expires_at: Timestamp,
}

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
        let body = [before, self.token.expose_secret(), after].concat();
        let mut response = json(body.into_bytes());
        for (name, time) in [
            (EXPIRES_AT, self.expires_at),
            (
                PERSONAL_ACCESS_TOKEN_EXPIRES_AT,
                self.personal_access_token_expires_at,
            ),
        ] {
            if let Ok(time) = HeaderValue::from_bytes(&time.to_text()) {
                response.headers_mut().insert(name, time);
            }
        }
        response
    }
}

/// What the exchange answers: the front layer asks it itself, since what the framework does on the way to an operation
/// is a good part of an exchange from memory.
///
/// # Errors
/// Those of the exchange.
pub async fn exchange(
    service: &Service,
    request: &Request,
    context: &RequestContext,
) -> Result<TokenReply, Refused> {
    let presented = PersonalAccessTokens::of(request);
    let exchanged = service.exchange(&presented.0, context.address()).await?;
    Ok(TokenReply {
        token: exchanged.token,
        expires_at: exchanged.expires_at,
        personal_access_token_expires_at: exchanged.personal_access_token_expires_at,
    })
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
        _presented: PersonalAccessTokens<'_>,
    ) -> Result<Exchanged, Refused> {
        let call = Call::of(request)?;
        let answer = exchange(&call.service, request, &call.context);
        answer.await.map(Exchanged::Token)
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
        let at = Timestamp::from_millis(1_800_000_000_123);
        let written = TokenReply {
            token: token.into(),
            expires_at: at,
            personal_access_token_expires_at: at,
        };
        let written = written.into_response();
        let envelope = Reply(AuthenticationTokenEnvelope::success(token)).into_response();
        assert_eq!(written.content_type(), envelope.content_type());
        assert_eq!(
            written.header("Ats-Authentication-Token-Expires-At"),
            Some("2027-01-15T08:00:00.123Z")
        );
        let [written, envelope] = [written, envelope].map(Response::into_body);
        assert_eq!(
            written.into_string().await.unwrap(),
            envelope.into_string().await.unwrap(),
        );
    }
}
