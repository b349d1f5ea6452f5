//! A route: a path, who may see its page, and what a form that is posted to it does.

use std::pin::Pin;

use ats_pat_domain::Problem;
use ats_pat_service::{SignedIn, StepUp, Work};
use poem::{Request, Response};

use crate::form::Form;
pub use crate::place::{SERVICE_ACCOUNTS, TOKENS};
use crate::visit::Visit;

/// A person's own tokens, with the open form for a new one.
pub const NEW_TOKEN: &str = "/settings/personal-access-tokens/new";
/// The pages that describe the API.
pub const DOCS: &str = "/docs";
/// The operations of administrators.
pub const DOCS_OF_ADMINISTRATION: &str = "/docs/administration";
/// The operations of administrators on users.
pub const DOCS_OF_USERS: &str = "/docs/administration/users";
/// A person's own password.
pub const PASSWORD: &str = "/settings/password";
/// A person's own sessions.
pub const SESSIONS: &str = "/settings/sessions";
/// The list of all users, for administrators.
pub const USERS: &str = "/settings/users";
/// The table of everybody's tokens, for administrators.
pub const ALL_TOKENS: &str = "/settings/all-tokens";
/// The keys with which programs administer.
pub const OPERATOR_KEYS: &str = "/settings/operator-keys";
/// The policy of the deployment.
pub const POLICY: &str = "/settings/policy";
/// The audit trail, for administrators.
pub const AUDIT: &str = "/settings/audit";

/// The segment of a path that has an id.
const ID: &str = "{id}";

/// The answer of a page.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send + 'a>>;
/// A page for anybody.
pub type ShowToAnybody = for<'a> fn(&'a mut Visit<'_>) -> Answer<'a>;
/// A form from anybody.
pub type TakeFromAnybody = for<'a> fn(&'a mut Visit<'_>, &'a Form) -> Answer<'a>;
/// What a program posts. The cross-site rule doesn't apply to it.
pub type TakePosted = for<'a> fn(&'a Visit<'_>, &'a mut Request) -> Answer<'a>;
/// A page for a person who is signed in, with the id in its path.
pub type Show = for<'a> fn(&'a Visit<'_>, &'a SignedIn, &'a str) -> Answer<'a>;
/// A form from a person who is signed in, with the id in its path.
pub type Take = for<'a> fn(&'a Visit<'_>, &'a SignedIn, &'a str, &'a Form) -> Answer<'a>;
/// What the pages do with a form whose session has ended.
pub type AfterSession = fn(&Visit<'_>, &Form) -> Kept;

/// What is kept of a form whose session has ended.
pub enum Kept {
    /// The page to come back to after signing in. Nothing was done.
    Page(String),
    /// The sign-in page keeps the entries of the form.
    Form {
        /// The path of the page.
        page: String,
        /// The entries, as a query.
        typed: String,
    },
}

/// A path with its page and its form.
pub struct Route {
    /// The path. The segment `{id}` has an id.
    pub path: &'static str,
    /// What GET answers, and to whom.
    pub shows: Shows,
    /// What POST does. `None` if it is not allowed.
    pub takes: Option<Takes>,
}

/// What GET answers, and to whom.
pub enum Shows {
    /// A page that anybody may see.
    ToAnybody(ShowToAnybody),
    /// A page for those who are signed in.
    ToSignedIn(Show),
    /// A redirect to another page. A person may request a form's path by GET, for example after
    /// signing in again.
    Elsewhere(&'static str),
}

/// The forms that POST accepts.
pub enum Takes {
    /// A form from anybody.
    FromAnybody(TakeFromAnybody),
    /// What programs post, which is not a form.
    Posted(TakePosted),
    /// A form from a person who is signed in. Some need a recent sign-in.
    FromSignedIn(Take, AfterSession, Option<StepUp>),
}

impl Route {
    /// A page for anybody.
    pub const fn open(path: &'static str, show: ShowToAnybody) -> Self {
        Self::new(path, Shows::ToAnybody(show))
    }

    /// A page for those who are signed in.
    pub const fn page(path: &'static str, show: Show) -> Self {
        Self::new(path, Shows::ToSignedIn(show))
    }

    /// A path that leads to another page.
    pub const fn leading(path: &'static str, page: &'static str) -> Self {
        Self::new(path, Shows::Elsewhere(page))
    }

    const fn new(path: &'static str, shows: Shows) -> Self {
        Self {
            path,
            shows,
            takes: None,
        }
    }

    /// Accepts forms from anybody.
    pub const fn taking_from_anybody(self, take: TakeFromAnybody) -> Self {
        Self {
            takes: Some(Takes::FromAnybody(take)),
            path: self.path,
            shows: self.shows,
        }
    }

    /// Accepts what programs post.
    pub const fn taking_from_programs(self, take: TakePosted) -> Self {
        Self {
            takes: Some(Takes::Posted(take)),
            path: self.path,
            shows: self.shows,
        }
    }

    /// Accepts forms from persons who are signed in.
    pub const fn taking(self, take: Take, after: AfterSession) -> Self {
        Self {
            takes: Some(Takes::FromSignedIn(take, after, None)),
            path: self.path,
            shows: self.shows,
        }
    }

    /// Accepts forms that need a recent sign-in. If it is too old, the form must have the password.
    /// The handler must check [`Visit::unconfirmed`] before it does anything.
    pub const fn taking_confirmed(self, step_up: StepUp, take: Take, after: AfterSession) -> Self {
        Self {
            takes: Some(Takes::FromSignedIn(take, after, Some(step_up))),
            path: self.path,
            shows: self.shows,
        }
    }

    /// What its form asks for. Only a form that gives a secret or a right may be refused because of
    /// other work.
    pub fn work(&self) -> Work {
        let gives = [
            TOKENS,
            USERS,
            OPERATOR_KEYS,
            "/settings/personal-access-tokens/{id}/regenerate",
            "/settings/users/enable",
            "/settings/users/new-service-account",
        ];
        if gives.contains(&self.path) {
            Work::Change
        } else {
            Work::Free
        }
    }

    /// The id in `path`, empty for a route without an id. `None` if the path belongs to another
    /// route.
    pub fn id_in<'a>(&self, path: &'a str) -> Option<&'a str> {
        let mut id = "";
        let mut given = path.split('/');
        for segment in self.path.split('/') {
            let text = given.next()?;
            if segment == ID && !text.is_empty() {
                id = text;
            } else if segment != text {
                return None;
            }
        }
        given.next().is_none().then_some(id)
    }
}
