//! For [poem](https://docs.rs/poem): a middleware and an extractor.
//!
//! The middleware refuses requests without a valid token before any code of the handler runs. The
//! extractor gives the accepted token to the handler. Without the middleware, the extractor looks
//! for a [`Verifier`] among the request's data (`.data(verifier)`) and does the same for its
//! handler alone.
//!
//! ```
//! use ats_pat_verify::{AuthenticationToken, Error, Verifier, poem::Authenticate};
//! use poem::{EndpointExt, Route, get, handler};
//!
//! #[handler]
//! fn orders(token: AuthenticationToken) -> Result<String, Error> {
//!     token.require_scope("orders:read")?;
//!     Ok(format!("the orders of {}", token.owner()))
//! }
//!
//! fn service(verifier: Verifier) -> impl poem::Endpoint {
//!     Route::new().at("/orders", get(orders)).with(Authenticate::new(verifier))
//! }
//! ```

use poem::{
    Endpoint, FromRequest, IntoResponse, Middleware, Request, RequestBody, Response,
    error::ResponseError,
    http::{
        HeaderValue, StatusCode,
        header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};

use crate::{AuthenticationToken, Error, Verifier};

/// A middleware that lets only requests with a valid token through.
#[derive(Clone, Debug)]
pub struct Authenticate {
    verifier: Verifier,
    scopes: Vec<String>,
}

impl Authenticate {
    /// Requires a token of the verifier's issuer and audience.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            scopes: Vec::new(),
        }
    }

    /// Requires this scope too; see [`AuthenticationToken::require_scope`].
    pub fn require_scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }
}

impl<E: Endpoint> Middleware<E> for Authenticate {
    type Output = Authenticated<E>;

    fn transform(&self, endpoint: E) -> Authenticated<E> {
        Authenticated {
            authenticate: self.clone(),
            endpoint,
        }
    }
}

/// An endpoint behind [`Authenticate`].
pub struct Authenticated<E> {
    authenticate: Authenticate,
    endpoint: E,
}

impl<E: Endpoint> Endpoint for Authenticated<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> poem::Result<E::Output> {
        let Authenticate { verifier, scopes } = &self.authenticate;
        let token = authenticate(verifier, &request).await?;
        for scope in scopes {
            token.require_scope(scope)?;
        }
        request.extensions_mut().insert(token);
        self.endpoint.call(request).await
    }
}

impl<'a> FromRequest<'a> for AuthenticationToken {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        if let Some(accepted) = request.data::<Self>() {
            return Ok(accepted.clone());
        }
        let verifier = request.data::<Verifier>().ok_or(Error::NoVerifier)?;
        Ok(authenticate(verifier, request).await?)
    }
}

async fn authenticate(
    verifier: &Verifier,
    request: &Request,
) -> Result<AuthenticationToken, Error> {
    let values = request.headers().get_all(AUTHORIZATION);
    verifier
        .authenticate(values.iter().map(HeaderValue::as_bytes))
        .await
}

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(Self::status(self)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn as_response(&self) -> Response {
        let mut answer = self
            .line()
            .with_status(ResponseError::status(self))
            .into_response();
        let headers = answer.headers_mut();
        if let Some(value) = self
            .www_authenticate()
            .and_then(|value| value.try_into().ok())
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        answer
    }
}
