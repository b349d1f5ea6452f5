//! The paths of the operations listener.

use std::time::Duration;

use ats_pat_http::{Limits, caught, without_body};
use ats_pat_service::view::HealthCheck;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};

use crate::health::{report, with_type};
use crate::metrics::{CONTENT_TYPE, Watched, write};

const METRICS: &str = "/metrics";
const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";

/// Metrics and health. Every other path is not there.
pub struct Operations {
    watched: Watched,
}

impl Operations {
    /// The endpoint about these.
    pub fn new(watched: Watched) -> Self {
        Self { watched }
    }

    async fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        if !matches!(path, METRICS | LIVE | READY) {
            return plain(StatusCode::NOT_FOUND, "not found\n");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
            return response;
        }
        match path {
            METRICS => match write(&self.watched) {
                Ok(text) => with_type(CONTENT_TYPE, text.into_bytes()),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
            },
            READY => report(&self.watched.service.health().await, request.headers()),
            _ => report(&[server()], request.headers()),
        }
    }
}

impl Endpoint for Operations {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let is_head = *request.method() == Method::HEAD;
        let answered = caught(self.answer(&request)).await;
        let response = answered.unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into());
        Ok(if is_head {
            without_body(response)
        } else {
            response
        })
    }
}

/// The limits of the listener. A few programs watch a server. Nobody waits for them at its end.
pub fn limits() -> Limits {
    Limits {
        connections: 64,
        connections_per_address: 64,
        parting_time: Duration::ZERO,
        shutdown_timeout: Duration::from_secs(1),
        ..Limits::default()
    }
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = with_type("text/plain; charset=utf-8", text.as_bytes().to_vec());
    response.set_status(status);
    response
}

/// What a server that answers at all says of itself.
fn server() -> HealthCheck {
    HealthCheck {
        name: "server",
        healthy: true,
        message: "serves".to_owned(),
    }
}
