//! A policy that can't be changed on this page, because it is in the settings.

use askama::Template;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::field::PolicyField;
use super::typed::{TypedPolicy, TypedRules};
use crate::page::{Frame, Section, render};
use crate::visit::Visit;

/// The page with the policy in force, for reading.
#[derive(Template)]
#[template(path = "policy_shown.html")]
pub struct ShownPage {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    /// A table for everybody, and one for each group.
    tables: Vec<(String, Vec<FieldRow>)>,
}

struct FieldRow {
    label: &'static str,
    /// The value, a line for each part. An empty list has no line.
    lines: Vec<String>,
    /// The text for an empty list.
    empty: &'static str,
}

impl ShownPage {
    /// The page about a policy.
    pub fn new(visit: &Visit<'_>, policy: &TypedPolicy) -> Self {
        let text = visit.text;
        let everybody = (
            text.policy_for_everybody().to_owned(),
            rows(&policy.base, true, text),
        );
        let groups = policy.groups.iter();
        let groups = groups.map(|group| (group.name.clone(), rows(&group.rules, false, text)));
        Self {
            frame: Frame::new(visit, Section::Policy),
            text,
            style: visit.shared.assets.address("policy.css"),
            tables: std::iter::once(everybody).chain(groups).collect(),
        }
    }

    /// The answer with this page.
    pub fn answer(&self) -> Response {
        render(self, StatusCode::OK)
    }
}

/// All fields, or those that a group sets.
fn rows(rules: &TypedRules, is_base: bool, text: Text) -> Vec<FieldRow> {
    let fields = PolicyField::of(is_base)
        .filter(|field| is_base || rules.is_emptied(*field) || !rules.value(*field).is_empty());
    let row = |field: PolicyField| FieldRow {
        label: field.label(text),
        lines: field.lines(rules.value(field), text),
        empty: field.empty_list(text),
    };
    fields.map(row).collect()
}
