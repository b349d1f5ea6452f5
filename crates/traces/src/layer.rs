//! Takes the spans that other crates write with `tracing`.

use ats_pat_http::REQUEST_SPAN;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// The beginning of the targets of this workspace's crates.
const OURS: &str = "ats_pat_";

/// The layer that turns spans of `tracing` into spans of this tracer.
pub(crate) fn layer(tracer: SdkTracer) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_level(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        // Only spans of `tracing` have spans below them.
        .with_context_activation(false);
    Box::new(layer.with_filter(OfRequests))
}

/// Lets the spans of recorded requests through: the span of a request, which is made only if it is
/// recorded, and those inside another span. Background work has no trace.
struct OfRequests;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for OfRequests {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        is_ours(metadata) && (metadata.name() == REQUEST_SPAN || context.lookup_current().is_some())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_ours(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }
}

/// Only spans: an event is a log line, and it may have an address or the cause of a failure.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with(OURS)
}
