//! The page on which the interface for programs is read and tried.
//!
//! It is written from the OpenAPI document. Only of the endpoints of the OAuth standards, which the document leaves
//! to their RFCs, the page's own template tells.

mod prose;
mod reference;
mod schema;

use askama::Template;
use poem::Response;
use poem::http::StatusCode;

use self::reference::Credential;
pub use self::reference::Reference;
use crate::page::{Frame, Section, render};
use crate::return_path::sign_in_path;
use crate::route::DOCS;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    frame: Frame,
    /// The address of the page's own style sheet.
    style: String,
    reference: &'a Reference,
    /// Where whoever is not signed in can change that.
    sign_in: String,
}

/// The page, for whoever looks: nothing on it is anybody's.
pub fn show(visit: &Visit<'_>, reference: &Reference) -> Response {
    let script = visit.assets.address("docs.js");
    let page = DocsPage {
        frame: Frame::new(visit, Section::None).with_script(script),
        style: visit.assets.address("docs.css"),
        reference,
        sign_in: sign_in_path(DOCS),
    };
    render(&page, StatusCode::OK)
}
