//! The pages that people see.
//!
//! This crate owns templates, styles and scripts. [`endpoint`] answers every path that is not the
//! API's. An unknown path gets a page that says so. Each page is a folder or a file. `route` and
//! `routes` say which path leads to which page, and `site` who may see it.
//!
//! Invariants:
//!
//! - No page has an inline script or style. Its Content-Security-Policy allows only files of this
//!   service.
//! - A posted form is accepted only if the browser says that it comes from our own page. If it is
//!   sent twice, nothing is changed twice.
//! - A secret is only in the answer that issued it. It is in no address, no cookie, and no page
//!   that is cached.
//! - No page sends a person to another site, except to an identity provider of the settings. After
//!   signing in, the person comes back to one of our pages.
//! - Templates escape every text from people and from the service.
//!
//! This crate deliberately knows nothing of the API under `/api/`, except for the document that it
//! gets to make the pages under `/docs`. It decides nothing: it reads a form, calls one use case,
//! and shows a page. Without script, everything works by forms, except copying and trying
//! operations on `/docs`.

mod account;
mod administration;
mod assets;
mod confirm;
mod cookie;
mod docs;
mod expiry;
mod fault;
mod flash;
mod flow_cookie;
mod form;
mod home;
mod networks;
mod page;
mod place;
mod provider;
mod query;
mod return_path;
mod route;
mod routes;
mod setup;
mod sign_in;
mod site;
mod step_up;
mod table;
mod theme;
mod tokens;
mod user_agent;
mod visit;
mod words;
mod zone;

pub use site::{Pages, endpoint};
pub use theme::Branding;
