//! What the interface and the pages share between HTTP and the use cases.
//!
//! This crate owns the session cookie ([`SessionCookie`]), the cross-site rule ([`cross_site`]), the
//! address a request comes from ([`client_address`]), the id and the origin of each request
//! ([`RequestContext`]), the bounded body ([`read_body`]), the headers of pages ([`page_headers`]), what a
//! [`Problem`](ats_pat_domain::Problem) is in HTTP ([`status`], [`Challenge`]), which half of the site
//! answers ([`Site`]), and the loops that accept connections ([`Workers`], [`serve`]).
//!
//! A binary combines the halves and serves them:
//!
//! ```ignore
//! let settings = ats_pat_http::HttpSettings::new(public_url, trusted_proxies);
//! let site = ats_pat_http::Site::new(
//!     ats_pat_api::endpoint(service.clone(), settings.clone()),
//!     ats_pat_web::endpoint(service, settings, branding, &document),
//! );
//! let workers = ats_pat_http::Workers::start(listeners, site, ats_pat_http::Limits::default())?;
//! workers.serve(shutdown).await;
//! ```
//!
//! Invariants held here:
//!
//! - nothing that a client writes into a forwarding header counts, unless a trusted proxy passed it on;
//! - of several session cookies the one whose session holds counts; those of two users count for nothing;
//! - each problem has one status, said in one exhaustive `match`;
//! - a connection that asks for nothing, or never ends its headers, is closed; an answer that nobody takes is
//!   broken off.
//!
//! It deliberately knows no route, no JSON and no template.

mod answer;
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

pub use body::{BODY_LIMIT, read_body, without_body};
pub use client_address::client_address;
pub use context::RequestContext;
pub use cookie::{SessionCookie, cookie_line, cookie_value};
pub use page_headers::{page_headers, transport_headers};
pub use panic::caught;
pub use problem::{Challenge, problem_headers, status};
pub use serve::{Limits, Listeners, Workers, serve};
pub use settings::{HttpSettings, NotAnOrigin};
pub use site::{Half, Site};
