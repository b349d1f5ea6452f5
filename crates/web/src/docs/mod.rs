//! The page on which the interface for programs is read and tried.
//!
//! It is written from the OpenAPI document. Only of the endpoints of the OAuth standards, which the document leaves
//! to their RFCs, the page's own template tells.

mod prose;
mod reference;
mod schema;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use self::reference::Credential;
pub use self::reference::Reference;
use crate::page::{Frame, Section, render};
use crate::return_path::sign_in_path;
use crate::route::{DOCS, Route};
use crate::visit::Visit;

/// The page.
pub const ROUTES: &[Route] = &[Route::open(DOCS, |visit| Box::pin(show(visit)))];

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    reference: &'a Reference,
    /// Where whoever is not signed in can change that.
    sign_in: String,
}

/// The page, for whoever looks: nothing on it is anybody's.
async fn show(visit: &mut Visit<'_>) -> Result<Response, Problem> {
    // Only for the header bar: anybody may read this.
    let _ = visit.signed_in().await;
    let script = visit.shared.assets.address("docs.js");
    let page = DocsPage {
        frame: Frame::new(visit, Section::None).with_script(script),
        text: visit.text,
        style: visit.shared.assets.address("docs.css"),
        reference: &visit.shared.reference,
        sign_in: sign_in_path(DOCS),
    };
    Ok(render(&page, StatusCode::OK))
}
