//! The trace of a request, for operators' tracing systems.

use std::sync::Arc;

use ats_pat_domain::Code;
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Addr, Request};
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::client_address::is_trusted;
use crate::settings::HttpSettings;
use crate::tracer::{Begun, Caller, Tracer};

/// The name of the span of a request, until its route is known. Other spans are recorded only
/// inside such a span.
pub const REQUEST_SPAN: &str = "request";

/// The header of the caller's trace (W3C Trace Context, section 3.2).
const TRACEPARENT: &str = "traceparent";

/// The span of a request that is recorded. Names follow OpenTelemetry's semantic conventions for
/// HTTP. The path, the query and the address of the client are left out: people paste secrets into
/// paths, and an address is personal.
pub(crate) struct Traced {
    span: Span,
    trace_id: String,
    tracer: Arc<dyn Tracer>,
}

impl Traced {
    /// Begins to record this request, if it is to be recorded.
    pub(crate) fn begin(request: &Request, settings: &HttpSettings) -> Option<Arc<Self>> {
        let tracer = settings.tracer()?;
        let caller = traceparent(request.headers()).map(|traceparent| Caller {
            traceparent,
            is_trusted: is_from_trusted_proxy(request, settings),
        });
        let Begun { span, trace_id } = tracer.begin(caller, span)?;
        span.record("http.request.method", method_name(request.method()));
        let scheme = if settings.is_https() { "https" } else { "http" };
        span.record("url.scheme", scheme);
        Some(Arc::new(Self {
            span,
            trace_id,
            tracer: Arc::clone(tracer),
        }))
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// Notes the answer.
    pub(crate) fn answered(
        &self,
        request_id: &str,
        method: &Method,
        route: &str,
        status: StatusCode,
        code: Option<Code>,
    ) {
        let method = match method_name(method) {
            OTHER => "HTTP",
            known => known,
        };
        self.tracer.name(&self.span, format!("{method} {route}"));
        self.span.record("http.route", route);
        self.span
            .record("http.response.status_code", i64::from(status.as_u16()));
        self.span.record("ats_pat.request_id", request_id);
        if let Some(code) = code {
            self.span
                .record("ats_pat.response_code", i64::from(code.number()));
        }
        // A refusal is the caller's mistake, and no error of this server.
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", status.as_str());
        }
    }
}

fn span() -> Span {
    info_span!(
        REQUEST_SPAN,
        "otel.kind" = "server",
        "otel.status_code" = Empty,
        "http.request.method" = Empty,
        "http.route" = Empty,
        "http.response.status_code" = Empty,
        "url.scheme" = Empty,
        "error.type" = Empty,
        "ats_pat.request_id" = Empty,
        "ats_pat.response_code" = Empty,
    )
}

/// A method that is not one of these may be anything that a client invents.
const OTHER: &str = "_OTHER";

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
    }
}

/// The header, if it is there exactly once.
fn traceparent(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

fn is_from_trusted_proxy(request: &Request, settings: &HttpSettings) -> bool {
    match &**request.remote_addr() {
        Addr::SocketAddr(peer) => is_trusted(&peer.ip().to_canonical(), settings.trusted_proxies()),
        _ => false,
    }
}
