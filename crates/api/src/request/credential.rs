//! The credentials of callers.

use ats_pat_domain::Problem;
use ats_pat_service::{Holder, SignedIn, StepUp};
use poem::http::{HeaderValue, header};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::call::Call;
use crate::refused::Refused;

/// The beginning of a personal access token.
const PREFIX: &str = "atspat_";
/// The header of an exchange.
const PERSONAL_ACCESS_TOKEN: &str = "personalAccessToken";

/// A caller with a valid personal access token in the header `personalAccessToken`.
pub struct TokenHolder(pub Holder);

impl TokenHolder {
    async fn read(request: &Request) -> Result<Self, Refused> {
        let call = Call::of(request)?;
        let presented = PersonalAccessTokens::of(request);
        let address = call.context.address();
        let holder = call.service.authenticate_holder(&presented.0, address);
        Ok(Self(holder.await?))
    }
}

macro_rules! security_scheme {
    ($type:ty, $name:literal, $scheme:expr, optional: $optional:literal, $request:ident => $read:expr) => {
        impl<'a> ApiExtractor<'a> for $type {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                registry.create_security_scheme($name, $scheme);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![$name]
            }

            fn has_security_fallback() -> bool {
                $optional
            }

            async fn from_request(
                $request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> Result<Self> {
                Ok($read?)
            }
        }
    };
}

/// A valid session. The headers `Authorization` and `personalAccessToken` are ignored, because
/// tokens can't manage tokens.
pub struct OpenSession(pub SignedIn);

impl OpenSession {
    pub(super) async fn read(request: &Request) -> Result<Self, Refused> {
        let call = Call::of(request)?;
        let ids = call.cookie.read(request.headers());
        Ok(Self(call.service.authenticate_one_of(&ids).await?))
    }
}

security_scheme!(OpenSession, "sessionCookie", session_cookie(), optional: false, request => OpenSession::read(request).await);

/// A session that may give a token a secret, because its sign-in is as recent as the policy
/// requires. This is checked with the credential, before the body.
pub struct RecentSession(pub SignedIn);

impl RecentSession {
    async fn read(request: &Request) -> Result<Self, Refused> {
        let OpenSession(by) = OpenSession::read(request).await?;
        let service = &Call::of(request)?.service;
        service
            .require_recent_sign_in(&by, StepUp::ByPolicy)
            .await?;
        Ok(Self(by))
    }
}

security_scheme!(RecentSession, "sessionCookie", session_cookie(), optional: false, request => RecentSession::read(request).await);

/// The sessions to end, valid or not.
pub struct EndingSession<'a>(pub Vec<&'a str>);

impl<'a> EndingSession<'a> {
    fn read(request: &'a Request) -> Result<Self, Refused> {
        Ok(Self(Call::of(request)?.cookie.read(request.headers())))
    }
}

security_scheme!(EndingSession<'a>, "sessionCookie", session_cookie(), optional: true, request => EndingSession::read(request));

/// Every value of the header `personalAccessToken`. The exchange requires exactly one.
pub struct PersonalAccessTokens<'a>(pub Vec<&'a [u8]>);

impl<'a> PersonalAccessTokens<'a> {
    /// The values in `request`.
    pub fn of(request: &'a Request) -> Self {
        let values = request.headers().get_all(PERSONAL_ACCESS_TOKEN);
        Self(values.iter().map(HeaderValue::as_bytes).collect())
    }
}

security_scheme!(PersonalAccessTokens<'a>, "personalAccessToken", personal_access_token(), optional: false, request => Ok::<_, Refused>(PersonalAccessTokens::of(request)));
security_scheme!(TokenHolder, "personalAccessToken", personal_access_token(), optional: false, request => TokenHolder::read(request).await);

/// The authentication token in the header `Authorization: Bearer …` (RFC 6750, section 2.1). The
/// case of the scheme doesn't matter (RFC 9110, section 11.1).
pub struct BearerToken<'a>(pub &'a str);

impl<'a> BearerToken<'a> {
    /// # Errors
    /// [`Problem::AuthenticationTokenMissing`] without the header or with another scheme,
    /// [`Problem::AuthenticationTokenInvalid`] for more than one header, and
    /// [`Problem::NotExchanged`] for a personal access token.
    pub fn read(request: &'a Request) -> Result<Self, Refused> {
        let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
        let value = values.next().ok_or(Problem::AuthenticationTokenMissing)?;
        if values.next().is_some() {
            return Err(Problem::AuthenticationTokenInvalid.into());
        }
        let token = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim_matches(' '))
            .ok_or(Problem::AuthenticationTokenMissing)?;
        if token.starts_with(PREFIX) {
            return Err(Problem::NotExchanged.into());
        }
        Ok(Self(token))
    }
}

security_scheme!(
    BearerToken<'a>,
    "bearer",
    MetaSecurityScheme {
        ty: "http",
        description: Some("An authentication token, from the exchange."),
        scheme: Some("bearer"),
        bearer_format: Some("JWT"),
        ..none()
    },
    optional: false,
    request => BearerToken::read(request)
);

/// The cookie of a session. The document replaces its name if the public URL is https.
pub(super) fn session_cookie() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "apiKey",
        description: Some(
            "The session that `signIn` set: `__Host-ats_session` where the public URL is https, else `ats_session`.",
        ),
        name: Some("ats_session"),
        key_in: Some("cookie"),
        ..none()
    }
}

fn personal_access_token() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "apiKey",
        description: Some("A personal access token, `atspat_…`."),
        name: Some(PERSONAL_ACCESS_TOKEN),
        key_in: Some("header"),
        ..none()
    }
}

pub(super) const fn none() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "",
        description: None,
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(values: &[&'static str]) -> Option<String> {
        let mut request = Request::default();
        for value in values {
            request
                .headers_mut()
                .append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        BearerToken::read(&request)
            .ok()
            .map(|bearer| bearer.0.to_owned())
    }

    #[test]
    fn one_bearer_header_is_read_whatever_the_scheme_s_case() {
        assert_eq!(bearer(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(bearer(&["bEARER  a.b.c"]).as_deref(), Some("a.b.c"));
        for values in [
            &[][..],
            &["Basic a"],
            &["Bearer"],
            &["a.b.c"],
            &["Bearer a", "Bearer a"],
            &["Bearer atspat_0"],
        ] {
            assert_eq!(bearer(values), None, "{values:?}");
        }
    }
}
