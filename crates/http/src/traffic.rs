//! Counts of the requests that were answered, by route and answer.

use std::time::Duration;

use ats_pat_measure::{Counts, Measured, Times};
use parking_lot::RwLock;
use poem::http::{Method, StatusCode};

/// How many combinations of route, method, status and code are counted apart. There are about 200
/// routes, and each has a few answers.
const COMBINATIONS: usize = 1024;

/// The methods that are told apart. A client may invent others.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER,
];
const OTHER: &str = "other";

/// A part of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Exchanges, which are many and short.
    Exchange,
    /// The other paths for programs.
    Interface,
    /// The pages that people see.
    Page,
}

impl Kind {
    /// Every kind, in the order of the variants.
    pub const ALL: [Self; 3] = [Self::Exchange, Self::Interface, Self::Page];

    /// The name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Interface => "interface",
            Self::Page => "page",
        }
    }
}

/// A route, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteId(u16);

/// How many requests got the same kind of answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCount {
    /// The method, or `other`.
    pub method: &'static str,
    /// The template of the route, without any id.
    pub route: String,
    /// The HTTP status of the answers.
    pub status: u16,
    /// The response code. 0 if the answer has none.
    pub code: u16,
    /// How many requests got such an answer.
    pub count: u64,
}

/// The requests so far.
pub struct Traffic {
    routes: RwLock<Vec<String>>,
    requests: Counts,
    durations: [Times; Kind::ALL.len()],
}

impl Traffic {
    pub(crate) fn new() -> Self {
        Self {
            routes: RwLock::default(),
            requests: Counts::new(COMBINATIONS),
            durations: [
                Times::new(Times::SHORT),
                Times::new(Times::LONG),
                Times::new(Times::LONG),
            ],
        }
    }

    /// Makes a route known by its template. Call it before requests come.
    pub fn route(&self, template: &str) -> RouteId {
        let mut routes = self.routes.write();
        let known = routes.iter().position(|known| known == template);
        let number = known.unwrap_or_else(|| {
            routes.push(template.to_owned());
            routes.len() - 1
        });
        RouteId(u16::try_from(number).unwrap_or(u16::MAX))
    }

    /// Counts a request that was answered after this time. `code` is 0 if the answer has none.
    pub(crate) fn count(
        &self,
        kind: Kind,
        (method, route): (&Method, RouteId),
        (status, code): (StatusCode, u32),
        took: Duration,
    ) {
        self.durations[kind as usize].note(took);
        self.requests.add(packed(route, method, status, code));
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<RequestCount> {
        let counts = self.requests.so_far().into_iter();
        counts
            .map(|(key, count)| self.unpacked(key, count))
            .collect()
    }

    /// How long the requests of each kind took, from their head to the answer.
    pub fn durations(&self) -> [(Kind, Measured); Kind::ALL.len()] {
        Kind::ALL.map(|kind| (kind, self.durations[kind as usize].so_far()))
    }

    /// The template of a route.
    pub(crate) fn name(&self, RouteId(number): RouteId) -> String {
        let routes = self.routes.read();
        routes
            .get(usize::from(number))
            .map_or_else(|| OTHER.to_owned(), Clone::clone)
    }

    fn unpacked(&self, key: u64, count: u64) -> RequestCount {
        let [_, _, route @ .., method_and_status, status, code, code_low] = key.to_be_bytes();
        if key == Counts::OTHERS {
            return RequestCount {
                method: OTHER,
                route: OTHER.to_owned(),
                status: 0,
                code: 0,
                count,
            };
        }
        RequestCount {
            method: METHODS[usize::from(method_and_status >> 4).min(METHODS.len() - 1)],
            route: self.name(RouteId(u16::from_be_bytes(route))),
            status: u16::from_be_bytes([method_and_status & 0x0f, status]),
            code: u16::from_be_bytes([code, code_low]),
            count,
        }
    }
}

/// The method, or `other`.
pub(crate) fn method_label(method: &Method) -> &'static str {
    METHODS[method_number(method)]
}

/// Two bytes for the route, half a byte for the method, one and a half for the status, and two for
/// the code.
fn packed(RouteId(route): RouteId, method: &Method, status: StatusCode, code: u32) -> u64 {
    let method = method_number(method) as u64;
    u64::from(route) << 32
        | method << 28
        | u64::from(status.as_u16()) << 16
        | u64::from(code & 0xffff)
}

/// The place of a method in [`METHODS`].
fn method_number(method: &Method) -> usize {
    let method = method.as_str();
    let known = METHODS.iter().position(|known| *known == method);
    known.unwrap_or(METHODS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_apart() {
        let traffic = Traffic::new();
        let (first, second) = (traffic.route("/api/a"), traffic.route("/api/:id"));
        assert_eq!(traffic.route("/api/a"), first);
        let invented = Method::from_bytes(b"BREW").unwrap();
        for (route, method, status, code) in [
            (first, &Method::GET, StatusCode::OK, 1),
            (first, &Method::GET, StatusCode::OK, 1),
            (
                second,
                &Method::DELETE,
                StatusCode::SERVICE_UNAVAILABLE,
                1503,
            ),
            (second, &invented, StatusCode::METHOD_NOT_ALLOWED, 1005),
        ] {
            traffic.requests.add(packed(route, method, status, code));
        }
        let counted = traffic.requests();
        let counted: Vec<_> = counted
            .iter()
            .map(|it| (&*it.route, it.method, it.status, it.code, it.count))
            .collect();
        assert_eq!(
            counted,
            [
                ("/api/a", "GET", 200, 1, 2),
                ("/api/:id", "DELETE", 503, 1503, 1),
                ("/api/:id", "other", 405, 1005, 1),
            ]
        );
    }
}
