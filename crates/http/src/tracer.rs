//! Who records traces: the port for operators' tracing systems.

use tracing::Span;

/// Chooses the requests whose traces are recorded. It is asked for every request, so it is quick.
pub trait Tracer: Send + Sync {
    /// Begins to record a request, as a part of the caller's trace if there is one. `None` if this
    /// request is not recorded, and then `span` is not called.
    fn begin(&self, caller: Option<Caller<'_>>, span: fn() -> Span) -> Option<Begun>;

    /// Names the span of a request once its route is known.
    fn name(&self, span: &Span, name: String);

    /// The spans so far.
    fn figures(&self) -> TraceFigures;
}

/// The trace that a request belongs to, as its caller says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The header `traceparent`, not checked.
    pub traceparent: &'a [u8],
    /// Whether the peer is a trusted proxy.
    pub is_trusted: bool,
}

/// A request that is recorded.
pub struct Begun {
    /// The span that [`Tracer::begin`] was given.
    pub span: Span,
    /// The id of the trace, in hexadecimal digits.
    pub trace_id: String,
}

/// How many spans there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceFigures {
    /// Spans that the collector took.
    pub exported: u64,
    /// Spans that it did not get.
    pub dropped: u64,
}
