//! The choices for regenerating a token.

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
/// The offered overlaps, in hours. The policy may allow fewer.
const OVERLAPS: [u32; 3] = [1, 24, 7 * 24];
const HOURS_OF_A_DAY: u32 = 24;

/// The choices, and the field for the person's password.
pub struct Renewal {
    /// The overlaps: hours, label, and whether it is chosen.
    pub overlaps: Vec<(u32, String, bool)>,
    /// The offered expirations, besides the same lifetime as before.
    pub expirations: Vec<Choice>,
    /// The field for the person's password, if the sign-in is too old for a new secret.
    pub step_up: Option<PasswordField>,
}

impl Renewal {
    /// The choices that the policy allows. None is chosen.
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

    /// The same with these values of the fields chosen.
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

/// The day on which a token would expire if it were regenerated now with the same lifetime.
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
