//! The password once more: forms ask for it where the session's sign-in is too old for what they
//! do.

use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{SignedIn, StepUp};
use poem::Response;
use secrecy::SecretString;

use crate::form::Form;
use crate::provider;
use crate::route::SESSIONS;
use crate::visit::Visit;

/// The name of the field.
const FIELD: &str = "your_password";

/// The field *Your password* of a form.
pub struct PasswordField {
    /// Why it is asked for.
    pub why: String,
    /// Whose password it is: password stores fill it in by that.
    pub user_name: String,
    /// What was wrong with it.
    pub error: Option<String>,
    /// Where a person without a password confirms the session: the identity provider that it began
    /// by, and the way there.
    pub provider: Option<(String, String)>,
}

impl PasswordField {
    /// The field of a form that is shown; nothing where the sign-in is recent enough.
    pub fn shown(visit: &Visit<'_>, by: &SignedIn, step_up: StepUp) -> Option<Self> {
        match visit.require_recent_sign_in(by, step_up) {
            Err(Problem::RecentSignInRequired { minutes }) => Some(Self {
                why: match by.provider() {
                    None => visit.text.step_up_why(minutes),
                    Some(_) => visit.text.step_up_why_elsewhere(minutes),
                },
                user_name: by.user().user_name,
                error: None,
                provider: by.provider().map(|name| {
                    let label = visit.service.provider_label(name).to_owned();
                    (label, provider::address(name, SESSIONS, true))
                }),
            }),
            _ => None,
        }
    }

    /// The field of a form that was posted, and not taken because of it.
    pub fn refused(
        visit: &Visit<'_>,
        by: &SignedIn,
        step_up: StepUp,
        refused: &Problem,
    ) -> Option<Self> {
        let text = visit.text;
        let error = match refused {
            _ if by.provider().is_some() => text.step_up_not_yet().to_owned(),
            Problem::RecentSignInRequired { .. } => text.sign_in_without_password().to_owned(),
            Problem::InvalidCredentials => text.step_up_wrong().to_owned(),
            other => other.message(text),
        };
        Self::shown(visit, by, step_up).map(|shown| Self {
            error: Some(error),
            ..shown
        })
    }

    /// Whether the form is shown again for the password alone. The field then has the focus.
    pub fn is_wrong(asked: Option<&Self>) -> bool {
        asked.is_some_and(|asked| asked.error.is_some())
    }
}

/// Confirms the session by the password in a form that asks for it, before anything is done by the
/// form. Gives the session that holds from here. Where the form has no password, or a wrong one,
/// [`Visit::unconfirmed`] says so.
///
/// # Errors
/// [`Problem::SignInRequired`] where the session ended meanwhile.
pub async fn confirm(
    visit: &mut Visit<'_>,
    by: SignedIn,
    step_up: StepUp,
    form: &Form,
) -> Result<SignedIn, Problem> {
    let Err(too_old) = visit.require_recent_sign_in(&by, step_up) else {
        return Ok(by);
    };
    let password = SecretString::from(form.field(FIELD));
    if form.field(FIELD).is_empty() {
        visit.unconfirmed = Some(too_old);
        return Ok(by);
    }
    let client = visit.context.client();
    match visit.service.confirm_session(&by, &password, client).await {
        Ok(confirmed) => visit.go_on_in(confirmed.session_id).await,
        Err(error) => match visit.problem(error) {
            Problem::SignInRequired => Err(Problem::SignInRequired),
            refused => {
                visit.unconfirmed = Some(refused);
                Ok(by)
            }
        },
    }
}

/// A form that is shown again, with the status of what was refused.
pub fn answer(mut shown_again: Response, refused: &Problem) -> Response {
    shown_again.set_status(status(refused));
    problem_headers(refused, Challenge::Session, shown_again.headers_mut());
    shown_again
}
