//! A question on a page of its own, for browsers that can't open the dialog with the question.

use askama::Template;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use crate::page::{Frame, Section, render};

/// The question, and the form that is posted for *Yes*.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// The frame of the page.
    pub frame: Frame,
    /// The texts in the person's language.
    pub text: Text,
    /// The question, as the heading of the page.
    pub question: String,
    /// What *Yes* does, in words.
    pub consequence: &'static str,
    /// The path that the form is posted to.
    pub action: String,
    /// The name and the value of the form's field. `None` if the path says everything.
    pub field: Option<(&'static str, String)>,
    /// Whether the act takes rights away.
    pub is_danger: bool,
    /// The address of *Cancel*.
    pub back: String,
}

impl ConfirmPage {
    /// The page that asks.
    pub fn answer(&self) -> Response {
        render(self, StatusCode::OK)
    }
}
