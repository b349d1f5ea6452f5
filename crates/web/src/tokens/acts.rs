//! What can be done to an active token, by forms on the page.

use ats_pat_domain::Status;
use ats_pat_service::view::TokenView;
use ats_pat_text::Text;

use super::blade::terms;
use super::form::{Choice, OWN_DAY, TokenForm, choices};
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
    /// For how many hours the current token can go on working, and in words.
    pub overlaps: Vec<(u32, String)>,
    /// Whether an old token still works.
    pub is_in_overlap: bool,
}

impl Acts {
    /// The forms for a token of the table at `path`; none for one that has ended.
    pub fn of(visit: &Visit<'_>, token: &TokenView, path: &str, is_own: bool) -> Option<Self> {
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
                .map(|hours| (hours, in_words(hours, visit.text)))
                .collect(),
            is_in_overlap: token.previous_secret_valid_until.is_some(),
        })
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
