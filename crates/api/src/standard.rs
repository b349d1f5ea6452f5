//! The endpoints that are not under `/api/`, at their exact paths.

use ats_pat_http::{HttpSettings, RequestContext};
use ats_pat_service::Service;
use bytes::Bytes;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};

use crate::bare::{failure, plain, public, set_age};
use crate::{document, status_list};

const KEYS: &str = "/.well-known/jwks.json";
const DOCUMENT_JSON: &str = "/openapi.json";
const DOCUMENT_YAML: &str = "/openapi.yaml";
const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";

/// Published keys, status lists, document and health.
pub struct Standard {
    service: Service,
    document_json: Bytes,
    document_yaml: Bytes,
}

impl Standard {
    /// Writes the document once.
    pub fn new(service: Service, settings: &HttpSettings) -> Self {
        let document = document(settings.is_https());
        Self {
            service,
            document_json: document::as_json(&document).into(),
            document_yaml: document::as_yaml(&document).into(),
        }
    }

    /// The paths. The last one is that of all status lists.
    pub const TEMPLATES: [&str; 6] = [
        KEYS,
        DOCUMENT_JSON,
        DOCUMENT_YAML,
        LIVE,
        READY,
        status_list::TEMPLATE,
    ];

    /// The one of [`Self::TEMPLATES`] that a path belongs to.
    pub fn template(path: &str) -> Option<&'static str> {
        if status_list::owns(path) {
            return Some(status_list::TEMPLATE);
        }
        Self::TEMPLATES.into_iter().find(|known| *known == path)
    }

    /// The answer at a path that has a [template](Self::template). HEAD is answered like GET.
    pub async fn answer(&self, request: &Request, context: &RequestContext) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD\n".to_owned(),
            );
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match request.uri().path() {
            KEYS => self.keys(context).await,
            DOCUMENT_JSON => public("application/json", "no-cache", self.document_json.clone()),
            DOCUMENT_YAML => public("application/yaml", "no-cache", self.document_yaml.clone()),
            READY => self.ready().await,
            path if status_list::owns(path) => {
                status_list::answer(&self.service, request, context).await
            }
            _ => plain(StatusCode::OK, "server: ok\n".to_owned()),
        }
    }

    /// The JWK set (RFC 7517, section 5). Verifiers may keep it for five minutes.
    async fn keys(&self, context: &RequestContext) -> Response {
        let published = match self.service.published_keys().await {
            Ok(published) => published,
            Err(error) => return failure(error, context),
        };
        let Ok(keys) = serde_json::to_vec(&published.keys) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into();
        };
        let mut response = public("application/json", "public, max-age=300", keys.into());
        set_age(&mut response, published.age);
        response
    }

    async fn ready(&self) -> Response {
        let checks = self.service.health().await;
        let healthy = checks.iter().all(|check| check.healthy);
        let lines = checks.iter().fold(String::new(), |lines, check| {
            let state = if check.healthy { "ok" } else { "failing" };
            lines + &format!("{}: {state}: {}\n", check.name, check.message)
        });
        plain(
            if healthy {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            },
            lines,
        )
    }
}
