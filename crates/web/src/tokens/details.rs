//! The page of one token.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_service::SignedIn;
use ats_pat_service::view::TokenView;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::acts::Acts;
use super::events::{Happened, of_token};
use crate::page::{Frame, Section, render};
use crate::route::Route;
use crate::table::Badge;
use crate::visit::Visit;
use crate::words::When;

/// The page of a person's own token.
pub const ROUTES: &[Route] = &[Route::page(
    "/settings/personal-access-tokens/{id}",
    |visit, by, id| Box::pin(show(visit, by, id)),
)];

#[derive(Template)]
#[template(path = "token_details.html")]
struct DetailsPage {
    frame: Frame,
    text: Text,
    name: String,
    badge: Badge,
    /// The name of the owner. `None` for the person's own token.
    owner: Option<String>,
    description: String,
    scopes: Vec<String>,
    networks: Vec<String>,
    /// The times of the token, with labels.
    times: Vec<(&'static str, When)>,
    last_used: Option<When>,
    last_used_from: String,
    /// When somebody last used a secret that had ended.
    ended_used: Option<When>,
    id: String,
    /// Whether the reader may edit it.
    is_own: bool,
    /// The events of the token, for its owner.
    events: Vec<Happened>,
    /// The forms for it.
    acts: Option<Acts>,
    /// The path of the table.
    back: String,
}

/// The reader of a token's page.
pub enum Reader {
    /// Its owner, or the person who is responsible for the service account that owns it.
    Owner {
        /// The name of the account.
        account: Option<String>,
        /// The events of the token.
        events: Vec<Happened>,
    },
    /// An administrator, who sees whose token it is.
    Administrator {
        /// The name of the token's owner.
        owner: String,
    },
}

/// Shows a token to its owner.
async fn show(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    Ok(render(&own(visit, by, id).await?, StatusCode::OK))
}

async fn own(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<DetailsPage, Problem> {
    let token = visit.service.token(visit.acting(by), id).await;
    let token = token.map_err(|error| visit.problem(error))?;
    let events = of_token(visit, by, id).await?;
    let place = (Section::of_tokens(visit), visit.place.tokens.clone());
    let reader = Reader::Owner {
        account: visit.account().map(|account| account.display_name.clone()),
        events,
    };
    Ok(details(visit, by, place, token, reader))
}

/// The page of a token in a section, whose table is at a path.
pub fn page(
    visit: &Visit<'_>,
    by: &SignedIn,
    (section, back): (Section, String),
    token: TokenView,
    reader: Reader,
) -> Response {
    let page = details(visit, by, (section, back), token, reader);
    render(&page, StatusCode::OK)
}

fn details(
    visit: &Visit<'_>,
    by: &SignedIn,
    (section, back): (Section, String),
    token: TokenView,
    reader: Reader,
) -> DetailsPage {
    let text = visit.text;
    let (owner, is_own, events) = match reader {
        Reader::Owner { account, events } => (account, true, events),
        Reader::Administrator { owner } => (Some(owner), false, Vec::new()),
    };
    let times = [
        (text.tokens_created(), Some(token.created_at)),
        (text.token_regenerated_at(), token.regenerated_at),
        (text.tokens_old_until(), token.previous_secret_valid_until),
        (text.tokens_expires(), Some(token.expires_at)),
        (text.token_renews_until(), token.regenerates_until),
        (text.status_revoked(), token.revoked_at),
    ];
    DetailsPage {
        frame: Frame::new(visit, section),
        text,
        badge: Badge::of(token.status, token.expires_at, visit.now(), text),
        is_own,
        events,
        acts: Acts::of(visit, by, &token, &back, is_own),
        owner,
        times: times
            .into_iter()
            .filter_map(|(what, time)| Some((what, When::exactly(time?, &visit.zone, text))))
            .collect(),
        last_used: token
            .last_used_at
            .map(|time| When::exactly(time, &visit.zone, text)),
        ended_used: token
            .ended_secret_used_at
            .map(|time| When::exactly(time, &visit.zone, text)),
        last_used_from: token.last_used_from.unwrap_or_default(),
        id: token.id.to_string(),
        name: token.name,
        description: token.description,
        scopes: token.scopes,
        networks: token.allowed_networks.unwrap_or_default(),
        back,
    }
}
