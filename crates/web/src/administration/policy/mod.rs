//! The policy: the one in force, the form for another one, and its preview.

mod errors;
mod field;
mod form;
mod preview;
mod shown;
mod typed;

use ats_pat_domain::{Problem, Rule};
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{CurrentPolicy, NewPolicy, PolicySource, SignedIn, StepUp};
use poem::Response;
use poem::http::StatusCode;

use self::errors::PolicyErrors;
use self::form::{PolicyPage, Said};
use self::preview::PreviewPage;
use self::shown::ShownPage;
use self::typed::{TypedGroup, TypedPolicy};
use super::operator;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::redirect;
use crate::query::Query;
use crate::route::{Kept, POLICY, Route};
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;

/// The page, and the path that puts a policy into force.
pub const ROUTES: &[Route] = &[
    Route::page(POLICY, |visit, by, _| Box::pin(show(visit, by))).taking(
        |visit, by, _, form| Box::pin(take(visit, by, form)),
        |_, form| kept(form),
    ),
    Route::leading(APPLY, POLICY).taking_confirmed(
        StepUp::Always,
        |visit, by, _, form| Box::pin(apply(visit, by, form)),
        |_, form| kept(form),
    ),
];

const APPLY: &str = "/settings/policy/apply";

/// The policy in force.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let current = current(visit, by).await?;
    let typed = TypedPolicy::of(&current.policy, current.version);
    Ok(match current.source {
        PolicySource::File => ShownPage::new(visit, &typed).answer(),
        PolicySource::Database => {
            PolicyPage::new(visit, &typed, &Said::default()).answer(StatusCode::OK)
        }
    })
}

async fn current(visit: &Visit<'_>, by: &SignedIn) -> Result<CurrentPolicy, Problem> {
    let policies = operator(visit, by)?.policies().await;
    policies.map_err(|error| visit.problem(error))
}

/// Takes the form. Shows it again with other groups, or shows the preview.
async fn take(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let current = current(visit, by).await?;
    if current.source == PolicySource::File {
        let rule = Rule::PolicySource;
        return Err(Problem::PolicyForbids { rule });
    }
    let mut typed = TypedPolicy::read(form.pairs());
    let again = |typed: &TypedPolicy, is_added| {
        let said = Said {
            is_added,
            ..Said::default()
        };
        Ok(PolicyPage::new(visit, typed, &said).answer(StatusCode::OK))
    };
    match form.field("act").split_once(' ') {
        Some(("remove", number)) => {
            let number: Option<usize> = number.parse().ok();
            if let Some(number) = number.filter(|number| *number < typed.groups.len()) {
                typed.groups.remove(number);
            }
            return again(&typed, false);
        }
        _ if form.field("act") == "add" => {
            typed.groups.push(TypedGroup::default());
            return again(&typed, true);
        }
        _ if form.field("act") == "back" => return again(&typed, false),
        _ => {}
    }
    if typed.version != current.version {
        let current = current.version;
        let refused = Problem::VersionMismatch { current };
        return refuse(visit, typed, &refused);
    }
    match typed.document() {
        Ok(_) => {
            let asked = PasswordField::shown(visit, by, StepUp::Always);
            preview(visit, by, &typed, false, asked).await
        }
        Err(refused) => refuse(visit, typed, &refused),
    }
}

/// Shows what the policy would do.
async fn preview(
    visit: &Visit<'_>,
    by: &SignedIn,
    typed: &TypedPolicy,
    is_cutting: bool,
    asked: Option<PasswordField>,
) -> Result<Response, Problem> {
    let (_, policies) = typed.document()?;
    let check = operator(visit, by)?.check_policies(policies).await;
    let check = check.map_err(|error| visit.problem(error))?;
    Ok(PreviewPage::new(visit, typed, &check, is_cutting, asked).answer())
}

/// Puts the policy into force.
async fn apply(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let typed = TypedPolicy::read(form.pairs());
    let is_cutting = form.field("EnforceOnExisting") == "yes";
    let policy = match typed.document() {
        Ok((policy, _)) => policy,
        Err(refused) => return refuse(visit, typed, &refused),
    };
    let ask_again = async |refused: &Problem| {
        let asked = PasswordField::refused(visit, by, StepUp::Always, refused);
        let shown_again = preview(visit, by, &typed, is_cutting, asked).await?;
        Ok(step_up::answer(shown_again, refused))
    };
    if let Some(refused) = &visit.unconfirmed {
        return ask_again(refused).await;
    }
    let new = NewPolicy {
        policy,
        versions: Some(vec![typed.version.clone()]),
        enforce_on_existing: is_cutting,
    };
    let applied = operator.apply_policy(new).await;
    match applied.map_err(|error| visit.problem(error)) {
        Ok(_) => Ok(done(visit, is_cutting)),
        Err(refused @ Problem::RecentSignInRequired { .. }) => ask_again(&refused).await,
        Err(refused) => refuse(visit, typed, &refused),
    }
}

fn done(visit: &Visit<'_>, is_cutting: bool) -> Response {
    let mut response = redirect(POLICY);
    let flash = if is_cutting {
        Flash::PolicyInForceAndCut
    } else {
        Flash::PolicyInForce
    };
    flash.put(visit.settings, &mut response);
    response
}

/// The form as it was sent, with its errors.
fn refuse(
    visit: &Visit<'_>,
    mut typed: TypedPolicy,
    refused: &Problem,
) -> Result<Response, Problem> {
    let said = match refused {
        Problem::ValidationFailed(failures) => Said {
            errors: PolicyErrors::of(failures, visit.text),
            ..Said::default()
        },
        // The form now has the current version, so sending it again replaces that one.
        Problem::VersionMismatch { current } => {
            typed.version.clone_from(current);
            Said {
                is_outdated: true,
                ..Said::default()
            }
        }
        other => return Err(other.clone()),
    };
    let mut response = PolicyPage::new(visit, &typed, &said).answer(status(refused));
    problem_headers(refused, Challenge::Session, response.headers_mut());
    Ok(response)
}

fn kept(form: &Form) -> Kept {
    let pairs = TypedPolicy::read(form.pairs()).pairs();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    Kept::Form {
        page: POLICY.to_owned(),
        typed: query.finish(),
    }
}

/// The form with the entries that were kept when its session had ended.
///
/// # Errors
/// [`Problem::Forbidden`] if the user is not an administrator.
pub fn show_kept(visit: &Visit<'_>, by: &SignedIn, kept: &Query) -> Result<Response, Problem> {
    operator(visit, by)?;
    let said = Said {
        is_kept: true,
        ..Said::default()
    };
    let typed = TypedPolicy::read(kept.pairs());
    Ok(PolicyPage::new(visit, &typed, &said).answer(StatusCode::OK))
}
