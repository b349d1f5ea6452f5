//! The pages a person sees.
//!
//! This crate owns templates, styles and the little script there is. [`endpoint`] answers every
//! path that is not the interface's; one that is no page's gets a page that says so. A page is a
//! folder or a file of its own; `route` says which path means which, `site` who may see it.
//!
//! Invariants held here:
//!
//! - no inline script or style: the pages' Content-Security-Policy allows own files only;
//! - a form's post is taken only if the browser says that it comes from our own page, and sent
//!   twice it changes nothing twice;
//! - a secret stands in the one answer that made it: in no address, no cookie, no page that is
//!   kept;
//! - nobody is led to another site but an identity provider of the settings: who signs in comes
//!   back to a page of ours;
//! - text from people and from the service is escaped by the template.
//!
//! It deliberately knows nothing of the interface under `/api/` but the document it is given, from
//! which it writes the pages under `/docs`, and decides nothing: it reads a form, calls one use
//! case, shows a page. Script is added where the platform has none; without it every step but
//! copying works by forms.

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
