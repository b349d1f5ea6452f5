//! The pages a person sees.
//!
//! This crate owns templates, styles and the little script there is. [`endpoint`] answers every path that
//! is not the interface's; one that is no page's gets a page that says so.
//!
//! Invariants held here:
//!
//! - no inline script or style: the pages' Content-Security-Policy allows own files only;
//! - a form's post is taken only if the browser says that it comes from our own page;
//! - text from people and from the service is escaped by the template.
//!
//! It deliberately knows nothing of the interface under `/api/`, and decides nothing: it reads a form,
//! calls one use case, shows a page.

mod assets;
mod form;
mod page;
mod setup;
mod site;

pub use site::{Pages, endpoint};
