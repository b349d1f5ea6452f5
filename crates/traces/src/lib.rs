//! Traces of requests, for an operator's tracing system: OpenTelemetry over HTTP.
//!
//! Other crates write spans with `tracing`, whose macros cost nothing while nothing listens. This
//! crate listens ([`Traces::layer`]), chooses the requests that are recorded ([`Traces`] is the
//! [`Tracer`]), and sends their spans to a collector.
//!
//! Invariants held here:
//!
//! - a request that is not recorded makes no span;
//! - only spans of this workspace are recorded, and no events: log lines may have addresses;
//! - no caller can have every request recorded;
//! - no request waits for the collector, and the memory for spans is limited.
//!
//! It deliberately knows no route and no statement. Only this crate knows OpenTelemetry.

mod caller;
mod collector;
mod counted;
mod layer;
mod sampling;
mod settings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_http::{Begun, Caller, TraceFigures, Tracer};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, Registry};
use uuid::Builder;

use collector::{ANSWER_TIMEOUT, Collector};
use counted::{Counts, processor};
use sampling::Sampling;
pub use settings::{OpenError, TraceSettings};

/// The name of the service in traces.
const SERVICE: &str = "ats-pat-server";

/// How long the end of the program waits for the collector.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// Records requests and sends them to a collector. Cheap to clone.
#[derive(Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    sampling: Arc<Sampling>,
    counts: Arc<Counts>,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traces")
    }
}

impl Traces {
    /// Prepares to send spans to the collector of these settings. It is not asked yet, and need not
    /// be there.
    ///
    /// # Errors
    /// [`OpenError`] if a setting can't be used.
    pub fn open(settings: &TraceSettings) -> Result<Self, OpenError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(settings.endpoint.as_str())
            .with_timeout(ANSWER_TIMEOUT)
            .with_http_client(Collector::open(settings)?)
            .build()
            .map_err(OpenError::Exporter)?;
        let counts = Arc::new(Counts::default());
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(settings.version))
            // The request was chosen before its first span is made.
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(processor(exporter, &counts))
            .build();
        Ok(Self {
            provider,
            sampling: Arc::new(Sampling::new(settings.ratio)),
            counts,
        })
    }

    /// The part of the log's subscriber that takes the spans.
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        layer::layer(self.provider.tracer(SERVICE))
    }

    /// Sends what was recorded, and records no more. It blocks the thread for a few seconds at
    /// most.
    pub fn end(&self) {
        if self.provider.shutdown_with_timeout(LAST_WAIT).is_err() {
            tracing::warn!(
                "the last traces could not be sent: the collector did not take them in time"
            );
        }
    }
}

impl Tracer for Traces {
    fn begin(&self, caller: Option<Caller<'_>>, span: fn() -> Span) -> Option<Begun> {
        let parent = caller.and_then(|caller| caller::parent(caller.traceparent));
        let is_trusted = caller.is_some_and(|caller| caller.is_trusted);
        let asks = parent.as_ref().filter(|_| is_trusted);
        if !self.sampling.records(asks.map(SpanContext::is_sampled)) {
            return None;
        }
        let span = span();
        if span.is_disabled() {
            return None;
        }
        if let Some(parent) = parent {
            // It fails only without our layer, and then nothing is recorded.
            let _ = span.set_parent(Context::new().with_remote_span_context(parent));
        }
        let trace_id = span.context().span().span_context().trace_id();
        Some(Begun {
            span,
            trace_id: trace_id.to_string(),
        })
    }

    fn name(&self, span: &Span, name: String) {
        // A field `otel.name` counts only before the span begins.
        span.context().span().update_name(name);
    }

    fn figures(&self) -> TraceFigures {
        self.counts.so_far()
    }
}

/// The facts about this process that every span carries. `OTEL_RESOURCE_ATTRIBUTES` adds others,
/// such as `deployment.environment.name`.
fn resource(version: &'static str) -> Resource {
    let instance = Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid();
    Resource::builder_empty()
        .with_detector(Box::new(EnvResourceDetector::new()))
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes([
            KeyValue::new("service.name", SERVICE),
            KeyValue::new("service.version", version),
            KeyValue::new("service.instance.id", instance.to_string()),
        ])
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Traces with this ratio, for a collector that is never asked.
    fn traces(ratio: f64) -> Traces {
        let endpoint = "http://127.0.0.1:9/v1/traces".parse().unwrap();
        let (headers, ca_file) = (Vec::new(), None);
        Traces::open(&TraceSettings {
            endpoint,
            ratio,
            headers,
            ca_file,
            version: "0",
        })
        .unwrap()
    }

    #[test]
    fn a_request_that_is_not_recorded_makes_no_span() {
        let traces = traces(0.0);
        let traceparent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let stranger = Caller {
            traceparent,
            is_trusted: false,
        };
        for caller in [None, Some(stranger)] {
            let begun = traces.begin(caller, || unreachable!("nobody records it"));
            assert!(begun.is_none());
        }
    }

    #[test]
    fn settings_that_cannot_be_used_are_refused_without_a_secret() {
        let folder = std::env::temp_dir();
        let settings = |headers: Vec<(String, secrecy::SecretString)>, ca_file| TraceSettings {
            endpoint: "https://collector.example.com/v1/traces".parse().unwrap(),
            ratio: 1.0,
            headers,
            ca_file,
            version: "0",
        };
        let header = vec![("authorization".to_owned(), "s3cret\n".into())];
        let refused = Traces::open(&settings(header, None)).unwrap_err();
        assert!(matches!(refused, OpenError::Header { .. }));
        assert!(!refused.to_string().contains("s3cret"));
        let refused = Traces::open(&settings(Vec::new(), Some(folder))).unwrap_err();
        assert!(matches!(refused, OpenError::Authorities { .. }));
    }
}
