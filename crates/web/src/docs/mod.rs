//! The pages on which the interface for programs is read and tried: the operations, those of
//! administrators, those of them on users, and what answers consist of. One page of all would be
//! too heavy for a slow line.
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
use crate::route::{DOCS, DOCS_OF_ADMINISTRATION, DOCS_OF_USERS, Route};
use crate::visit::Visit;

/// The pages.
pub const ROUTES: &[Route] = &[
    Route::open(DOCS, |visit| Box::pin(show(visit, Part::Everybody))),
    Route::open(DOCS_OF_ADMINISTRATION, |visit| {
        Box::pin(show(visit, Part::Administration))
    }),
    Route::open(DOCS_OF_USERS, |visit| Box::pin(show(visit, Part::Users))),
    Route::open("/docs/types", |visit| Box::pin(types(visit))),
];

/// The operations that one page tells of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those of everybody.
    Everybody,
    /// Those of administrators on users.
    Users,
    /// The others of administrators.
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

    /// The other pages, where this one is not for everybody.
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
    /// Where whoever is not signed in can change that.
    sign_in: String,
}

impl DocsPage<'_> {
    fn title(&self) -> &'static str {
        self.part.title(self.text)
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
async fn show(visit: &mut Visit<'_>, part: Part) -> Result<Response, Problem> {
    // Only for the header bar: anybody may read this.
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
