//! The pages on which the interface for programs is read and tried: the operations, those of
//! administrators, and what answers consist of. One page of all would be too heavy for a slow line.
//!
//! They are written from the OpenAPI document. Only of the endpoints of the OAuth standards, which
//! the document leaves to their RFCs, the page's own template tells.

mod prose;
mod reference;
mod schema;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

pub use self::reference::Reference;
use self::reference::{Credential, Group};
use crate::page::{Frame, Section, render};
use crate::return_path::sign_in_path;
use crate::route::{DOCS, DOCS_OF_ADMINISTRATION, Route};
use crate::visit::Visit;

/// The pages.
pub const ROUTES: &[Route] = &[
    Route::open(DOCS, |visit| Box::pin(show(visit, DOCS))),
    Route::open(DOCS_OF_ADMINISTRATION, |visit| {
        Box::pin(show(visit, DOCS_OF_ADMINISTRATION))
    }),
    Route::open("/docs/types", |visit| Box::pin(types(visit))),
];

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    reference: &'a Reference,
    /// The operations of this page.
    groups: &'a [Group],
    /// Whether they are those of administrators.
    is_administration: bool,
    /// Where whoever is not signed in can change that.
    sign_in: String,
}

impl DocsPage<'_> {
    fn title(&self) -> &'static str {
        if self.is_administration {
            self.text.docs_administration()
        } else {
            self.text.docs_title()
        }
    }

    /// Whether an operation of this page asks callers for this.
    fn asks_for(&self, credential: Credential) -> bool {
        let mut groups = self.groups.iter();
        groups.any(|group| group.asks_for(credential))
    }
}

#[derive(Template)]
#[template(path = "docs_types.html")]
struct TypesPage<'a> {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    reference: &'a Reference,
}

/// A page of operations, for whoever looks: nothing on it is anybody's.
async fn show(visit: &mut Visit<'_>, path: &str) -> Result<Response, Problem> {
    // Only for the header bar: anybody may read this.
    let _ = visit.signed_in().await;
    let script = visit.shared.assets.address("docs.js");
    let reference = &visit.shared.reference;
    let is_administration = path == DOCS_OF_ADMINISTRATION;
    let page = DocsPage {
        frame: Frame::new(visit, Section::None).with_script(script),
        text: visit.text,
        style: visit.shared.assets.address("docs.css"),
        reference,
        groups: if is_administration {
            &reference.administration
        } else {
            &reference.groups
        },
        is_administration,
        sign_in: sign_in_path(path),
    };
    Ok(render(&page, StatusCode::OK))
}

/// The page of data types.
async fn types(visit: &mut Visit<'_>) -> Result<Response, Problem> {
    let _ = visit.signed_in().await;
    let page = TypesPage {
        frame: Frame::new(visit, Section::None),
        text: visit.text,
        style: visit.shared.assets.address("docs.css"),
        reference: &visit.shared.reference,
    };
    Ok(render(&page, StatusCode::OK))
}
