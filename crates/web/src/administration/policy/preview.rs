//! The preview: what another policy would do.

use askama::Template;
use ats_pat_service::view::PolicyCheck;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::typed::TypedPolicy;
use crate::page::{Frame, Section, render};
use crate::step_up::PasswordField;
use crate::visit::Visit;

/// The page that says what a policy would do, before it is put into force.
#[derive(Template)]
#[template(path = "policy_preview.html")]
pub struct PreviewPage {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    /// The entries of the form, to be sent again.
    fields: Vec<(String, String)>,
    /// The effect on tokens as a whole.
    lead: String,
    /// The effects in detail.
    effects: Vec<String>,
    /// Whether longer-lived tokens are cut. `None` if there are none.
    cuts: Option<bool>,
    /// The field for the administrator's own password, if the sign-in is too old.
    step_up: Option<PasswordField>,
}

impl PreviewPage {
    /// The preview of these entries.
    pub fn new(
        visit: &Visit<'_>,
        typed: &TypedPolicy,
        check: &PolicyCheck,
        is_cutting: bool,
        step_up: Option<PasswordField>,
    ) -> Self {
        let text = visit.text;
        Self {
            frame: Frame::new(visit, Section::Policy),
            text,
            style: visit.shared.assets.address("policy.css"),
            fields: typed.pairs(),
            lead: if check.affected_tokens == 0 {
                text.policy_changes_nothing(check.active_tokens)
            } else {
                text.policy_affects(check.affected_tokens, check.active_tokens)
            },
            effects: effects(check, text),
            cuts: (check.longer_than_allowed > 0).then_some(is_cutting),
            step_up,
        }
    }

    /// The answer with this page.
    pub fn answer(&self) -> Response {
        render(self, StatusCode::OK)
    }
}

fn effects(check: &PolicyCheck, text: Text) -> Vec<String> {
    let counts: [(u64, &dyn Fn(u64) -> String); 6] = [
        (check.longer_than_allowed, &|count| {
            text.policy_longer(count)
        }),
        (check.with_all_scope, &|count| text.policy_with_all(count)),
        (check.from_other_networks, &|count| {
            text.policy_elsewhere(count)
        }),
        (check.unused, &|count| text.policy_not_used(count)),
        (check.owners_over_limit, &|count| {
            text.policy_over_limit(count)
        }),
        (check.users_who_may_not_create, &|count| {
            text.policy_may_not_create(count)
        }),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, words)| words(count)).collect()
}
