//! The exchange of a personal access token for an authentication token.

use ats_pat_domain::problem::Reason;
use ats_pat_domain::{Problem, Rule, Timestamp};
use ats_pat_http::RequestContext;
use ats_pat_service::{Error, Exchanged, Service};
use poem::http::{HeaderName, HeaderValue};
use poem::{IntoResponse, Request, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::answer::{Answer, json as answer_in_json};
use crate::call::Call;
use crate::example;
use crate::operation::{Data, Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::{AUDIENCE, InQuery, PersonalAccessTokens, narrowing};

/// The path of the exchange.
pub const EXCHANGE: &str = "/api/personalaccesstoken/getAuthenticationToken";

/// Exchanges a personal access token.
#[derive(Default)]
pub struct Exchange;

const EXPIRES_AT: HeaderName = HeaderName::from_static("ats-authentication-token-expires-at");
const PERSONAL_ACCESS_TOKEN_EXPIRES_AT: HeaderName =
    HeaderName::from_static("ats-personal-access-token-expires-at");
const TOKEN_AUDIENCE: HeaderName = HeaderName::from_static("ats-authentication-token-audience");

/// The envelope with an authentication token. It is an [`Answer`] that is written directly, because
/// a JWS in compact form (RFC 7515, section 7.1) has no character that JSON escapes.
pub struct TokenReply {
    token: SecretString,
    expires_at: Timestamp,
    personal_access_token_expires_at: Timestamp,
    audience: Option<HeaderValue>,
}

impl ApiResponse for TokenReply {
    fn meta() -> MetaResponses {
        Answer::<Exchange>::meta()
    }

    fn register(registry: &mut Registry) {
        Answer::<Exchange>::register(registry);
    }
}

impl IntoResponse for TokenReply {
    fn into_response(self) -> Response {
        let [before, after] = [
            r#"{"Data":""#,
            r#"","ErrorMessage":"","ErrorParameters":null,"ResponseCode":1,"GetErrorParameters":""}"#,
        ];
        let body = [before, self.token.expose_secret(), after].concat();
        let mut response = answer_in_json(body.into_bytes());
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
        if let Some(audience) = self.audience {
            response.headers_mut().insert(TOKEN_AUDIENCE, audience);
        }
        response
    }
}

/// Makes the answers of the exchange. The front layer calls it directly, because the framework's
/// work before an operation is a large part of an exchange from memory.
pub struct Exchanger {
    service: Service,
    /// The audience header of a token for the default audience, written once.
    default_audience: Option<HeaderValue>,
}

impl Exchanger {
    /// The exchanger of a deployment.
    pub fn new(service: Service) -> Self {
        Self {
            default_audience: header_text(&service.default_audience()),
            service,
        }
    }

    /// Answers an exchange.
    ///
    /// # Errors
    /// Those of the exchange, then those of its query.
    pub async fn exchange(
        &self,
        request: &Request,
        context: &RequestContext,
    ) -> Result<TokenReply, Refused> {
        let presented = PersonalAccessTokens::of(request);
        let exchanged = match request.uri().query() {
            None => {
                let exchange = self.service.exchange(&presented.0, context.address());
                exchange.await?
            }
            // Boxed, because otherwise the future of an exchange without a query would be as large.
            Some(query) => Box::pin(self.exchange_for(&presented, query, context)).await?,
        };
        let audience = match exchanged.audience() {
            None => self.default_audience.clone(),
            Some(audience) => header_text(audience),
        };
        Ok(TokenReply {
            token: exchanged.token,
            expires_at: exchanged.expires_at,
            personal_access_token_expires_at: exchanged.personal_access_token_expires_at,
            audience,
        })
    }

    async fn exchange_for(
        &self,
        presented: &PersonalAccessTokens<'_>,
        query: &str,
        context: &RequestContext,
    ) -> Result<Exchanged, Error> {
        let narrowing = narrowing(query);
        let address = context.address();
        let exchange = self
            .service
            .exchange_header(&presented.0, &narrowing, address);
        exchange.await.map_err(|error| match error {
            Error::AudienceNotServed => Problem::validation(AUDIENCE, Reason::UnknownValue).into(),
            other => other,
        })
    }
}

/// The audience as a header. It always fits, because the settings accept no other audience.
fn header_text(audience: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(audience).ok()
}

#[OpenApi(tag = "Tag::Exchange")]
impl Exchange {
    /// Exchange a personal access token for an authentication token
    ///
    /// The authentication token is a signed JWT that lives a few minutes; other services verify it
    /// with the keys at `/.well-known/jwks.json`. With `Audience` it is only for the services that
    /// the query names.
    #[oai(
        path = "/api/personalaccesstoken/getAuthenticationToken",
        method = "get",
        operation_id = "getAuthenticationToken"
    )]
    async fn get_authentication_token(
        &self,
        request: &Request,
        _presented: PersonalAccessTokens<'_>,
        /// For whom the authentication token is to be: some of the deployment's audiences, the
        /// parameter repeated for each, up to 16 times. By default it is for those that the
        /// operator chose.
        #[oai(name = "Audience")]
        _audience: InQuery<Vec<String>>,
    ) -> Result<TokenReply, Refused> {
        let call = Call::of(request)?;
        let exchanger = Exchanger::new(call.service.clone());
        exchanger.exchange(request, &call.context).await
    }
}

/// The refusals of a personal access token.
pub fn refusals_of_holder() -> Vec<Problem> {
    vec![
        Problem::PersonalAccessTokenMissing,
        Problem::PersonalAccessTokenInvalid,
        Problem::PersonalAccessTokenRevoked,
        Problem::PersonalAccessTokenExpired {
            expiry: example::EXPIRES_AT,
        },
        Problem::OwnerDisabled,
        Problem::OwnerSignInOverdue { days: 30 },
        Problem::NetworkNotAllowed,
        Problem::PolicyForbids {
            rule: Rule::AllScope,
        },
    ]
}

impl Operation for Exchange {
    type Data = String;

    const SUCCESS: &'static str = "The authentication token";
    const HEADERS: &'static [Header] = &[
        Header {
            name: "Ats-Authentication-Token-Expires-At",
            description: "When the authentication token expires.",
            example: example::AUTHENTICATION_EXPIRES_AT,
            always: true,
        },
        Header {
            name: "Ats-Personal-Access-Token-Expires-At",
            description: "When the personal access token expires.",
            example: example::EXPIRES_AT_TEXT,
            always: true,
        },
        Header {
            name: "Ats-Authentication-Token-Audience",
            description: "For whom the authentication token is (its claim `aud`), separated by single spaces.",
            example: example::AUDIENCE,
            always: true,
        },
    ];

    fn refusals() -> Vec<Problem> {
        let mut refusals = refusals_of_holder();
        refusals.extend([
            Problem::validation(AUDIENCE, Reason::UnknownValue),
            Problem::too_many_requests(30),
        ]);
        refusals
    }

    fn example() -> Value {
        json!(example::AUTHENTICATION_TOKEN)
    }
}

impl Data for String {
    const DESCRIPTION: &'static str = "The answer with an authentication token.";

    fn envelope() -> String {
        "AuthenticationTokenEnvelope".to_owned()
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
            audience: header_text("orders stock"),
        };
        let written = written.into_response();
        let envelope = Answer::<Exchange>::of(token).into_response();
        assert_eq!(written.content_type(), envelope.content_type());
        assert_eq!(
            written.header("Ats-Authentication-Token-Expires-At"),
            Some("2027-01-15T08:00:00.123Z")
        );
        assert_eq!(
            written.header("Ats-Authentication-Token-Audience"),
            Some("orders stock")
        );
        let [written, envelope] = [written, envelope].map(Response::into_body);
        assert_eq!(
            written.into_string().await.unwrap(),
            envelope.into_string().await.unwrap(),
        );
    }
}
