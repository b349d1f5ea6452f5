//! The trace of a caller, as `traceparent` names it (W3C Trace Context, section 3.2).

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// The length of a header of version 00.
const LENGTH: usize = 55;
/// Where its dashes are.
const DASHES: [usize; 3] = [2, 35, 52];

/// The span of the caller. `None` if the header is not well-formed; then the request begins a trace
/// of its own. `tracestate` is not read: it is for other vendors, anything can be in it, and
/// nothing is sent on.
pub(crate) fn parent(traceparent: &[u8]) -> Option<SpanContext> {
    let text = str::from_utf8(traceparent).ok()?;
    if !is_well_formed(text) {
        return None;
    }
    let carrier = HashMap::from([("traceparent".to_owned(), text.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    let parent = context.span().span_context().clone();
    parent.is_valid().then_some(parent)
}

/// Whether the header follows the grammar exactly, because the propagator is more lenient. A later
/// version may go on after another dash.
fn is_well_formed(text: &str) -> bool {
    let Some((head, rest)) = text.split_at_checked(LENGTH) else {
        return false;
    };
    let is_right = |(at, byte)| {
        if DASHES.contains(&at) {
            byte == b'-'
        } else {
            matches!(byte, b'0'..=b'9' | b'a'..=b'f')
        }
    };
    let may_go_on = !head.starts_with("00") && rest.starts_with('-');
    head.bytes().enumerate().all(is_right)
        && !head.starts_with("ff")
        && (rest.is_empty() || may_go_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_trace_of_a_caller_is_read_with_its_choice() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("03", true), ("fe", false)] {
            let header = format!("00-{TRACE}-{SPAN}-{flags}");
            let parent = parent(header.as_bytes()).unwrap();
            assert_eq!(parent.trace_id().to_string(), TRACE);
            assert_eq!(parent.span_id().to_string(), SPAN);
            assert_eq!(parent.is_sampled(), is_sampled, "{flags}");
            assert!(parent.is_remote());
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        for header in [
            format!("01-{TRACE}-{SPAN}-01"),
            format!("cc-{TRACE}-{SPAN}-01-what-comes-later"),
        ] {
            assert!(parent(header.as_bytes()).is_some(), "{header}");
        }
    }

    #[test]
    fn a_header_that_breaks_the_rules_begins_a_trace_of_its_own() {
        for header in [
            String::new(),
            "00".to_owned(),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("01-{TRACE}-{SPAN}-01more"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-{SPAN}-0x"),
            format!("+0-{TRACE}-{SPAN}-01"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01"),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("00-{TRACE}ü{SPAN}-01"),
        ] {
            assert_eq!(parent(header.as_bytes()), None, "{header}");
        }
        assert_eq!(parent(b"\xff\xfe"), None);
    }
}
