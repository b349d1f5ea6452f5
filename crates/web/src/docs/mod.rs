//! The pages that describe the API and let people try it. One shows the operations for everybody,
//! one those of administrators, one those of administrators on users, and one the data types. A
//! single page would be too large for a slow connection.
//!
//! The pages are made from the OpenAPI document. Only the endpoints of the OAuth standards are in
//! the template, because the document leaves them to their RFCs.

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
use crate::route::{DOCS, DOCS_OF_ADMINISTRATION, DOCS_OF_USERS, Route};
use crate::visit::Visit;

/// The pages that describe the API, each with a part of it.
pub const ROUTES: &[Route] = &[
    Route::open(DOCS, |visit| Box::pin(show(visit, Part::Everybody))),
    Route::open(DOCS_OF_ADMINISTRATION, |visit| {
        Box::pin(show(visit, Part::Administration))
    }),
    Route::open(DOCS_OF_USERS, |visit| Box::pin(show(visit, Part::Users))),
    Route::open("/docs/types", |visit| Box::pin(types(visit))),
];

/// The operations of one page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The operations for everybody.
    Everybody,
    /// The operations of administrators on users.
    Users,
    /// The other operations of administrators.
    Administration,
}

impl Part {
    const fn path(self) -> &'static str {
        match self {
            Self::Everybody => DOCS,
            Self::Users => DOCS_OF_USERS,
            Self::Administration => DOCS_OF_ADMINISTRATION,
        }
    }

    fn title(self, text: Text) -> &'static str {
        match self {
            Self::Everybody => text.docs_title(),
            Self::Users => text.docs_users(),
            Self::Administration => text.docs_administration(),
        }
    }

    /// The other pages, if this one is not for everybody.
    fn others(self) -> &'static [Self] {
        match self {
            Self::Everybody => &[],
            Self::Users => &[Self::Everybody, Self::Administration],
            Self::Administration => &[Self::Everybody, Self::Users],
        }
    }
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    reference: &'a Reference,
    part: Part,
    /// The operations of this page.
    groups: &'a [Group],
    /// The address of the sign-in page, which leads back here.
    sign_in: String,
}

impl DocsPage<'_> {
    fn title(&self) -> &'static str {
        self.part.title(self.text)
    }

    /// Whether an operation of this page requires this credential.
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

/// A page of operations. Anybody may read it, because nothing on it is personal.
async fn show(visit: &mut Visit<'_>, part: Part) -> Result<Response, Problem> {
    // Only for the header bar, because anybody may read this page.
    let _ = visit.signed_in().await;
    let script = visit.shared.assets.address("docs.js");
    let reference = &visit.shared.reference;
    let page = DocsPage {
        frame: Frame::new(visit, Section::None).with_script(script),
        text: visit.text,
        style: visit.shared.assets.address("docs.css"),
        reference,
        part,
        groups: match part {
            Part::Everybody => &reference.groups,
            Part::Users => &reference.users,
            Part::Administration => &reference.administration,
        },
        sign_in: sign_in_path(part.path()),
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
