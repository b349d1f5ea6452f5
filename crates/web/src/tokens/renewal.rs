//! What there is to choose from when a token gets another secret.

use ats_pat_service::view::TokenView;
use ats_pat_service::{SignedIn, StepUp};
use ats_pat_text::Text;

use super::blade::terms;
use crate::expiry::{Choice, OWN_DAY, choices};
use crate::step_up::PasswordField;
use crate::visit::Visit;
use crate::words::short_date;

/// The field of the overlap.
pub const OVERLAP: &str = "overlap";
/// The field of the expiration.
pub const EXPIRATION: &str = "expiration";
/// The overlaps on offer, in hours, as far as the policy allows them.
const OVERLAPS: [u32; 3] = [1, 24, 7 * 24];
const HOURS_OF_A_DAY: u32 = 24;

/// The choices, and the person's password where it is asked for.
pub struct Renewal {
    /// For how many hours the current token can go on working, in words, and whether that is
    /// chosen.
    pub overlaps: Vec<(u32, String, bool)>,
    /// The expirations on offer besides a lifetime as long as before.
    pub expirations: Vec<Choice>,
    /// The person's password, where the sign-in is too old for a new secret.
    pub step_up: Option<PasswordField>,
}

impl Renewal {
    /// What the policy lets the person choose, with nothing chosen.
    pub fn new(visit: &Visit<'_>, by: &SignedIn) -> Self {
        let policy = visit.policy();
        let longest = policy.max_overlap_hours;
        let overlaps = OVERLAPS.into_iter().filter(|hours| *hours <= longest);
        let expirations = choices("", terms(visit, &policy)).into_iter();
        Self {
            overlaps: overlaps
                .map(|hours| (hours, in_words(hours, visit.text), false))
                .collect(),
            expirations: expirations
                .filter(|choice| choice.value != OWN_DAY)
                .collect(),
            step_up: PasswordField::shown(visit, by, StepUp::ByPolicy),
        }
    }

    /// The same with what was chosen, as the fields have it.
    pub fn with(self, overlap: &str, expiration: &str) -> Self {
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
            ..self
        }
    }
}

/// On which day a token would expire if it were regenerated now for as long as before.
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
