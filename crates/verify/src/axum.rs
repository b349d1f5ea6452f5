//! For [axum](https://docs.rs/axum), and other tower services over [http](https://docs.rs/http) 1:
//! a tower layer; for axum also an extractor.
//!
//! The layer refuses requests without a valid token before any code of the service behind it runs.
//! It puts the [`AuthenticationToken`] of every other request into the request's extensions. The
//! extractor takes it from there. Without the layer, the extractor looks for a [`Verifier`] among
//! the extensions (`.layer(Extension(verifier))`) and does the same for its handler alone.
//!
//! The layer takes services that are `Clone + Send + 'static`, with futures that are `Send`, for
//! requests whose body is `Send + 'static`. The layer writes refusals itself, so the body of the
//! service's responses must implement `From<&'static str>`. `axum::body::Body`, `String` and
//! `http_body_util::Full<Bytes>` do. A boxed body such as `http_body_util::combinators::BoxBody`
//! does not, so wrap it in a type of your own.
//!
//! ```
//! use ats_pat_verify::{AuthenticationToken, Error, Verifier, axum::Authenticate};
//! use axum::{Router, routing::get};
//!
//! async fn orders(token: AuthenticationToken) -> Result<String, Error> {
//!     token.require_scope("orders:read")?;
//!     Ok(format!("the orders of {}", token.owner()))
//! }
//!
//! fn service(verifier: Verifier) -> Router {
//!     Router::new().route("/orders", get(orders)).layer(Authenticate::new(verifier))
//! }
//! ```

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response as AxumResponse},
};
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    request::Parts,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::{AuthenticationToken, Error, Verifier};

/// A layer that lets only requests with a valid token through.
#[derive(Clone, Debug)]
pub struct Authenticate {
    verifier: Verifier,
    scopes: Arc<[String]>,
}

impl Authenticate {
    /// Requires a token of the verifier's issuer and audience.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            scopes: Arc::new([]),
        }
    }

    /// Requires this scope too; see [`AuthenticationToken::require_scope`].
    pub fn require_scope(mut self, scope: impl Into<String>) -> Self {
        let scopes = self.scopes.iter().cloned();
        self.scopes = scopes.chain([scope.into()]).collect();
        self
    }

    async fn check(&self, headers: &HeaderMap) -> Result<AuthenticationToken, Error> {
        let token = authenticate(&self.verifier, headers).await?;
        for scope in &*self.scopes {
            token.require_scope(scope)?;
        }
        Ok(token)
    }
}

impl<S> Layer<S> for Authenticate {
    type Service = Authenticated<S>;

    fn layer(&self, service: S) -> Authenticated<S> {
        Authenticated {
            authenticate: self.clone(),
            service,
        }
    }
}

/// A service behind [`Authenticate`].
#[derive(Clone, Debug)]
pub struct Authenticated<S> {
    authenticate: Authenticate,
    service: S,
}

impl<S, Body, AnswerBody> Service<Request<Body>> for Authenticated<S>
where
    S: Service<Request<Body>, Response = Response<AnswerBody>> + Clone + Send + 'static,
    S::Future: Send,
    Body: Send + 'static,
    AnswerBody: From<&'static str>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let authenticate = self.authenticate.clone();
        // The service that reported that it is ready must be the one to call. Its clone may not be
        // ready.
        let clone = self.service.clone();
        let mut service = mem::replace(&mut self.service, clone);
        Box::pin(async move {
            match authenticate.check(request.headers()).await {
                Ok(token) => {
                    request.extensions_mut().insert(token);
                    service.call(request).await
                }
                Err(error) => Ok(refusal(&error)),
            }
        })
    }
}

impl<S: Sync> FromRequestParts<S> for AuthenticationToken {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        if let Some(accepted) = parts.extensions.get::<Self>() {
            return Ok(accepted.clone());
        }
        let verifier = parts
            .extensions
            .get::<Verifier>()
            .ok_or(Error::NoVerifier)?;
        authenticate(verifier, &parts.headers).await
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> AxumResponse {
        refusal(&self)
    }
}

async fn authenticate(
    verifier: &Verifier,
    headers: &HeaderMap,
) -> Result<AuthenticationToken, Error> {
    let values = headers.get_all(AUTHORIZATION);
    verifier
        .authenticate(values.iter().map(HeaderValue::as_bytes))
        .await
}

fn refusal<Body: From<&'static str>>(error: &Error) -> Response<Body> {
    let mut answer = Response::new(error.line().into());
    *answer.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    if let Some(value) = error
        .www_authenticate()
        .and_then(|value| value.try_into().ok())
    {
        headers.insert(WWW_AUTHENTICATE, value);
    }
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    answer
}
