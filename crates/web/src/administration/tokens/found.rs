//! Revoking all active tokens that a filter finds, after a question.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::status;
use ats_pat_service::{MatchingTokens, SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::job::address_of;
use super::{page, view};
use crate::administration::operator;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::route::{ALL_TOKENS, Kept, Route};
use crate::step_up::{self, PasswordField};
use crate::table::{ListView, owner_named};
use crate::visit::Visit;

/// The question, and the revocation.
pub const ROUTES: &[Route] = &[Route::page(FOUND, |visit, by, _| Box::pin(ask(visit, by)))
    .taking_confirmed(
        StepUp::Always,
        |visit, by, _, form| Box::pin(revoke(visit, by, form)),
        |visit, _| Kept::Page(view(visit).address_at(FOUND)),
    )];

const FOUND: &str = "/settings/all-tokens/revoke-found";
/// How many tokens the question names.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "bulk_found.html")]
struct FoundPage {
    frame: Frame,
    text: Text,
    question: String,
    action: String,
    is_danger: bool,
    back: String,
    count: u64,
    /// The filter: fields and values.
    filter: Vec<(&'static str, String)>,
    /// Names and owners of the first tokens.
    first: Vec<String>,
    step_up: Option<PasswordField>,
}

impl FoundPage {
    /// Whether every token is named.
    fn is_all(&self) -> bool {
        u64::try_from(self.first.len()) == Ok(self.count)
    }

    fn new(
        visit: &Visit<'_>,
        view: &ListView,
        matching: MatchingTokens,
        step_up: Option<PasswordField>,
    ) -> Self {
        let text = visit.text;
        let first = matching.sample.into_iter().take(SHOWN);
        Self {
            frame: Frame::new(visit, Section::AllTokens),
            text,
            question: text.bulk_found_question(matching.count),
            action: view.address_at(FOUND),
            is_danger: true,
            back: view.address(),
            count: matching.count,
            filter: [
                (text.owner(), &view.owner),
                (text.search(), &view.search),
                (text.bulk_unused_for_days(), &view.filter.unused),
                (text.bulk_created_before(), &view.filter.created_before),
                (text.bulk_expires_before(), &view.filter.expires_before),
                (text.bulk_scope(), &view.filter.scope),
            ]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| (label, value.clone()))
            .collect(),
            first: first
                .map(|owned| text.bulk_token_of(owned.token.name, owned.owner_name))
                .collect(),
            step_up,
        }
    }
}

/// The active tokens that the filter of this view finds.
async fn matching(
    visit: &Visit<'_>,
    by: &SignedIn,
    view: &ListView,
) -> Result<MatchingTokens, Problem> {
    let found = operator(visit, by)?
        .matching_tokens(owner_named(&view.owner), view.query())
        .await;
    found.map_err(|error| visit.problem(error))
}

async fn ask(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let view = view(visit);
    if !view.chooses() {
        return Ok(redirect(ALL_TOKENS));
    }
    let found = match matching(visit, by, &view).await {
        Ok(found) if found.count > 0 => found,
        Ok(_) | Err(Problem::UserNotFound) => {
            let alert = visit.text.bulk_found_none();
            return page(visit, by, Some(alert), StatusCode::NOT_FOUND).await;
        }
        Err(refused) => return Err(refused),
    };
    let asked = PasswordField::shown(visit, by, StepUp::Always);
    let asking = FoundPage::new(visit, &view, found, asked);
    Ok(render(&asking, StatusCode::OK))
}

async fn revoke(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let view = view(visit);
    if let Some(refused) = &visit.unconfirmed {
        return ask_again(visit, by, &view, refused).await;
    }
    // A text that isn't a number never matches the count.
    let confirmed = form.field("count").parse().unwrap_or(0);
    let begun = operator(visit, by)?
        .revoke_matching(owner_named(&view.owner), view.query(), confirmed)
        .await;
    match begun.map_err(|error| visit.problem(error)) {
        Ok(job) => Ok(redirect(&address_of(&job.job_id.to_string()))),
        Err(
            refused @ (Problem::RecentSignInRequired { .. }
            | Problem::CountMismatch { .. }
            | Problem::TooManyRequests { .. }),
        ) => ask_again(visit, by, &view, &refused).await,
        Err(Problem::UserNotFound | Problem::ValidationFailed(_)) => Ok(redirect(&view.address())),
        Err(refused) => Err(refused),
    }
}

/// Asks again with the current count, and says above why nothing was done.
async fn ask_again(
    visit: &Visit<'_>,
    by: &SignedIn,
    view: &ListView,
    refused: &Problem,
) -> Result<Response, Problem> {
    let found = matching(visit, by, view).await?;
    let is_of_password =
        visit.unconfirmed.is_some() || matches!(refused, Problem::RecentSignInRequired { .. });
    let asked = if is_of_password {
        PasswordField::refused(visit, by, StepUp::Always, refused)
    } else {
        PasswordField::shown(visit, by, StepUp::Always)
    };
    let mut asking = FoundPage::new(visit, view, found, asked);
    if !is_of_password {
        asking.frame = asking.frame.refusing(refused.message(visit.text));
    }
    let shown_again = render(&asking, status(refused));
    Ok(step_up::answer(shown_again, refused))
}
