//! The endpoints of the OAuth standards, at their exact paths: token exchange (RFC 8693),
//! introspection (RFC 7662), revocation (RFC 7009) and metadata (RFC 8414).
//!
//! These answers have no envelope. Refusals have the form of RFC 6749, section 5.2.

mod answer;
mod error;
mod form;
mod introspect;
mod metadata;
mod path;
mod revoke;
mod token;

use ats_pat_domain::Problem;
use ats_pat_http::cross_site::{self, Unmarked};
use ats_pat_http::{HttpSettings, RequestContext, caught, read_body};
use ats_pat_service::{Service, Work};
use poem::http::Method;
use poem::{Request, Response};

use self::error::Refusal;
use self::form::Form;
use self::metadata::Metadata;
use self::path::{INTROSPECT, METADATA, OPENID_CONFIGURATION, REVOKE, TOKEN};

/// The standard endpoints of an authorization server.
pub struct OAuth {
    service: Service,
    settings: HttpSettings,
    metadata: Metadata,
}

impl OAuth {
    /// Writes the metadata once.
    pub fn new(service: Service, settings: HttpSettings) -> Self {
        Self {
            metadata: Metadata::of(&service),
            service,
            settings,
        }
    }

    /// The paths of the endpoints.
    pub const TEMPLATES: [&str; 5] = [TOKEN, INTROSPECT, REVOKE, METADATA, OPENID_CONFIGURATION];

    /// The one of [`Self::TEMPLATES`] that a path is.
    pub fn template(path: &str) -> Option<&'static str> {
        Self::TEMPLATES.into_iter().find(|known| *known == path)
    }

    /// The answer at a path that has a [template](Self::template).
    pub async fn answer(&self, request: &mut Request, context: &RequestContext) -> Response {
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let answered = match path.as_str() {
            METADATA | OPENID_CONFIGURATION => {
                self.metadata
                    .answer(&method, path == OPENID_CONFIGURATION)
                    .await
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
        answered.unwrap_or_else(Refusal::into_response)
    }

    /// Checks a request in the order of the API: method, size, cross-site, credential, content
    /// type, syntax.
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
                let entered = self.service.enter(Work::Check, context.address());
                let _entered = entered.await?;
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
