//! The endpoints of the OAuth standards, at their exact paths: token exchange (RFC 8693), introspection
//! (RFC 7662), revocation (RFC 7009) and metadata (RFC 8414).
//!
//! Nothing here stands in an envelope: refusals have the form that RFC 6749, section 5.2, gives them.

mod error;
mod form;
mod introspect;
mod metadata;
mod revoke;
mod token;

use ats_pat_domain::Problem;
use ats_pat_http::cross_site::{self, Unmarked};
use ats_pat_http::{HttpSettings, RequestContext, caught, read_body};
use ats_pat_service::Service;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};
use serde::Serialize;

use self::error::Refusal;
use self::form::Form;
use self::metadata::Metadata;

const TOKEN: &str = "/oauth2/token";
const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";
const METADATA: &str = "/.well-known/oauth-authorization-server";
const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// The standard endpoints of an authorization server.
pub struct OAuth {
    service: Service,
    settings: HttpSettings,
    metadata: Metadata,
}

impl OAuth {
    /// The metadata is written once, here.
    pub fn new(service: Service, settings: HttpSettings) -> Self {
        Self {
            metadata: Metadata::of(&service),
            service,
            settings,
        }
    }

    /// Whether a path is one of these.
    pub fn owns(path: &str) -> bool {
        matches!(
            path,
            TOKEN | INTROSPECT | REVOKE | METADATA | OPENID_CONFIGURATION
        )
    }

    /// The answer at a path that [`Self::owns`].
    pub async fn answer(&self, request: &mut Request, context: &RequestContext) -> Response {
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let answered = match path.as_str() {
            METADATA | OPENID_CONFIGURATION => {
                self.metadata.answer(&method, path == OPENID_CONFIGURATION)
            }
            _ => {
                let answered = caught(self.posted(&path, request, context)).await;
                answered.unwrap_or_else(|| {
                    let request_id = context.request_id().to_owned();
                    tracing::error!(request_id, path, "a handler panicked");
                    Err(Problem::InternalError { request_id }.into())
                })
            }
        };
        let response = answered.unwrap_or_else(Refusal::into_response);
        let (request_id, status) = (context.request_id(), response.status().as_u16());
        tracing::debug!(request_id, %method, route = path, status, "answered");
        response
    }

    /// In the order of the interface: method, size, cross-site, credential, content type, syntax.
    async fn posted(
        &self,
        path: &str,
        request: &mut Request,
        context: &RequestContext,
    ) -> Result<Response, Refusal> {
        if *request.method() != Method::POST {
            return Err(Problem::MethodNotAllowed {
                allow: vec!["POST"],
            }
            .into());
        }
        let body = read_body(request).await?;
        let headers = request.headers();
        cross_site::check(headers, self.settings.origin(), Unmarked::Accepted)?;
        match path {
            INTROSPECT => {
                let by = introspect::caller(&self.service, request, context).await?;
                let form = Form::read(headers, &body, &[])?;
                introspect::answer(&self.service, &by, &form, context).await
            }
            REVOKE => {
                let form = Form::read(headers, &body, &[])?;
                revoke::answer(&self.service, &form, context).await
            }
            _ => {
                let form = Form::read(headers, &body, token::REPEATABLE)?;
                token::answer(&self.service, &form, context).await
            }
        }
    }
}

/// A success that nobody may keep (RFC 6749, section 5.1).
fn not_to_be_kept(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => {
            let mut response = Response::from(body);
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            forbid_keeping(&mut response);
            response
        }
        // Strings, numbers and lists can always be written.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
    }
}

fn forbid_keeping(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
