//! Notes a request whose answer is ready: in the counts, in the access log, and in its trace.

use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use poem::http::{Method, StatusCode};
use tracing::Level;

use crate::context::RequestContext;
use crate::traffic::{Kind, RouteId, Traffic, method_label};

/// The target of the access log.
const ACCESS: &str = "access";
/// Programs ask these paths again and again, so the access log tells of them only if it is asked
/// to, as of exchanges.
const PROBES: &str = "/health/";

/// A request that was answered.
pub struct Answered<'a> {
    /// Its id, its origin, and when it came.
    pub context: &'a RequestContext,
    /// The part of the site that answered it.
    pub kind: Kind,
    /// The method, as it was sent.
    pub method: &'a Method,
    /// The route. A path is never named, because people paste secrets into paths.
    pub route: RouteId,
    /// The status of the answer.
    pub status: StatusCode,
    /// The response code, if the answer has one or stands for one.
    pub code: Option<Code>,
}

impl Answered<'_> {
    /// Counts the request, writes its line of the access log, and ends its trace.
    pub fn note(&self, traffic: &Traffic) {
        if let Some(traced) = self.context.traced() {
            let (id, route) = (self.context.request_id(), traffic.name(self.route));
            traced.answered(id, self.method, &route, self.status, self.code);
        }
        let code = self.code.map_or(0, Code::number);
        let took = SystemClock
            .since_boot()
            .saturating_sub(self.context.arrived_at());
        let (route, answer) = ((self.method, self.route), (self.status, code));
        traffic.count(self.kind, route, answer, took);
        let is_told = match self.kind {
            Kind::Exchange => tracing::enabled!(target: ACCESS, Level::DEBUG),
            Kind::Interface | Kind::Page => tracing::enabled!(target: ACCESS, Level::INFO),
        };
        if is_told {
            self.tell(&traffic.name(self.route), took, code);
        }
    }

    /// A line of the access log. It holds nothing that a caller can choose but the address.
    fn tell(&self, route: &str, took: Duration, code: u32) {
        let method = method_label(self.method);
        let status = self.status.as_u16();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let context = self.context;
        let (address, request_id) = (context.address(), context.request_id());
        let trace_id = context.trace_id();
        if self.kind == Kind::Exchange || route.starts_with(PROBES) {
            tracing::debug!(target: ACCESS, method, route, status, code, micros, %address, request_id, trace_id, "answered");
        } else {
            tracing::info!(target: ACCESS, method, route, status, code, micros, %address, request_id, trace_id, "answered");
        }
    }
}
