//! A question on a page of its own: where the browser can't open the dialog that asks it.

use askama::Template;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use crate::page::{Frame, Section, render};

/// The question, and the form that is posted for *Yes*.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// What is on every page.
    pub frame: Frame,
    /// The texts in the person's language.
    pub text: Text,
    /// The question.
    pub question: String,
    /// What happens then.
    pub consequence: &'static str,
    /// Where the form is posted to.
    pub action: String,
    /// The name and the value of its field, where the path does not say all.
    pub field: Option<(&'static str, String)>,
    /// Whether it takes something away.
    pub is_danger: bool,
    /// Where *Cancel* leads.
    pub back: String,
}

impl ConfirmPage {
    /// The page.
    pub fn answer(&self) -> Response {
        render(self, StatusCode::OK)
    }
}
