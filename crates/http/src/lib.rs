//! The layer between HTTP and the use cases that the interface and the pages share.
//!
//! This crate owns the session cookie ([`SessionCookie`]), the cross-site rule ([`cross_site`]),
//! the address a request comes from ([`client_address`]), the id and the origin of each request
//! ([`RequestContext`]), the limited body ([`read_body`]), the headers of pages ([`page_headers`]),
//! the status and headers of a [`Problem`](ats_pat_domain::Problem) ([`status`], [`Challenge`]),
//! the choice of the half that answers ([`Site`]), the counts of requests ([`Traffic`]), the span
//! of a request in traces ([`Tracer`]), and the loops that accept connections ([`Workers`],
//! [`serve`]).
//!
//! A binary combines the halves and serves them:
//!
//! ```ignore
//! let settings = ats_pat_http::HttpSettings::new(public_url, trusted_proxies);
//! let site = ats_pat_http::Site::new(
//!     ats_pat_api::endpoint(service.clone(), settings.clone()),
//!     ats_pat_web::endpoint(service, settings.clone(), branding, &document),
//!     settings,
//! );
//! let workers = ats_pat_http::Workers::start(listeners, site, ats_pat_http::Limits::default())?;
//! workers.serve(shutdown).await;
//! ```
//!
//! Invariants held here:
//!
//! - a forwarding header is ignored unless a trusted proxy passed it on;
//! - of several session cookies, the one with a valid session counts; cookies of two users count as
//!   none;
//! - each problem has one status, in one exhaustive `match`;
//! - a connection that sends no request, or never ends its headers, is closed; an answer that the
//!   client doesn't read is broken off.
//!
//! It deliberately knows no route, no JSON and no template.

mod answer;
mod answered;
mod body;
mod client_address;
mod context;
mod cookie;
pub mod cross_site;
mod pace;
mod page_headers;
mod panic;
mod problem;
mod serve;
mod settings;
mod site;
mod traced;
mod tracer;
mod traffic;

pub use answered::Answered;
pub use body::{BODY_LIMIT, is_form, read_body, without_body};
pub use client_address::client_address;
pub use context::RequestContext;
pub use cookie::{SessionCookie, cookie_line, cookie_value, cookies_of_prefix};
pub use page_headers::{page_headers, transport_headers};
pub use panic::caught;
pub use problem::{Challenge, problem_headers, status};
pub use serve::{Limits, Listeners, Pulse, Workers, serve};
pub use settings::{HttpSettings, NotAnOrigin};
pub use site::{Both, Half, Site};
pub use traced::REQUEST_SPAN;
pub use tracer::{Begun, Caller, TraceFigures, Tracer};
pub use traffic::{Kind, RequestCount, RouteId, Traffic};
