//! What can be done to an active token, by forms on the page.

use ats_pat_domain::Status;
use ats_pat_service::view::TokenView;
use ats_pat_service::{SignedIn, StepUp};
use ats_pat_text::Text;

use super::blade::terms;
use super::form::{Choice, OWN_DAY, TokenForm, choices};
use crate::form::Form;
use crate::step_up::PasswordField;
use crate::visit::Visit;
use crate::words::short_date;

/// The overlaps on offer, in hours, as far as the policy allows them.
const OVERLAPS: [u32; 3] = [1, 24, 7 * 24];
const HOURS_OF_A_DAY: u32 = 24;

/// The forms that end a token or give it a new secret.
pub struct Acts {
    /// The token's name.
    pub name: String,
    /// Where the forms are posted to, without the action.
    pub address: String,
    /// The generation that the person sees; nothing for a token that only its owner can regenerate.
    pub generation: Option<u32>,
    /// On which day a new token would expire, if nothing else is chosen.
    pub renewed: String,
    /// The other expirations on offer.
    pub expirations: Vec<Choice>,
    /// For how many hours the current token can go on working, in words, and whether that is
    /// chosen.
    pub overlaps: Vec<(u32, String, bool)>,
    /// Whether an old token still works.
    pub is_in_overlap: bool,
    /// The query of the part of the table to come back to, with its question mark, or nothing.
    pub suffix: String,
    /// The person's password, where the sign-in is too old for a new secret.
    pub step_up: Option<PasswordField>,
}

impl Acts {
    /// The forms for a token of the table at `path`; none for one that has ended.
    pub fn of(
        visit: &Visit<'_>,
        by: &SignedIn,
        token: &TokenView,
        path: &str,
        is_own: bool,
    ) -> Option<Self> {
        let policy = visit.policy();
        let longest = policy.max_overlap_hours;
        let offered = OVERLAPS.into_iter().filter(|hours| *hours <= longest);
        let expirations = choices(&TokenForm::default(), terms(visit, &policy));
        (token.status == Status::Active).then(|| Self {
            name: token.name.clone(),
            address: format!("{path}/{}", token.id),
            generation: is_own.then_some(token.generation),
            renewed: renewed(visit, token),
            expirations: expirations
                .into_iter()
                .filter(|choice| choice.value != OWN_DAY)
                .collect(),
            overlaps: offered
                .map(|hours| (hours, in_words(hours, visit.text), false))
                .collect(),
            is_in_overlap: token.previous_secret_valid_until.is_some(),
            suffix: String::new(),
            step_up: PasswordField::shown(visit, by, StepUp::ByPolicy),
        })
    }

    /// The same as it was posted, with what is wrong with the person's password.
    pub fn posted(self, suffix: String, form: &Form, step_up: Option<PasswordField>) -> Self {
        let (overlap, expiration) = (form.field("overlap"), form.field("expiration"));
        let overlaps = self.overlaps.into_iter();
        let expirations = self.expirations.into_iter();
        Self {
            overlaps: overlaps
                .map(|(hours, words, _)| (hours, words, hours.to_string() == overlap))
                .collect(),
            expirations: expirations
                .map(|choice| Choice {
                    is_chosen: choice.value == expiration,
                    ..choice
                })
                .collect(),
            suffix,
            step_up,
            ..self
        }
    }

    /// Whether the form for a new secret is shown again for the person's password.
    pub fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }
}

/// On which day a token would expire if it were regenerated now.
pub fn renewed(visit: &Visit<'_>, token: &TokenView) -> String {
    short_date(
        visit.service.renewed(&visit.policy(), token),
        &visit.zone,
        visit.text,
    )
}

fn in_words(hours: u32, text: Text) -> String {
    if hours > HOURS_OF_A_DAY {
        text.token_overlap_days(hours / HOURS_OF_A_DAY)
    } else {
        text.token_overlap_hours(hours)
    }
}
