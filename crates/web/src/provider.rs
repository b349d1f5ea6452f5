//! Signing in at an identity provider of the company: the way there, the way back, and how the
//! provider ends sign-ins.

use ats_pat_domain::Problem;
use ats_pat_domain::port::{IdentityError, ProviderAnswer};
use ats_pat_http::read_body;
use ats_pat_service::{LogoutRefused, NotSignedIn, causes};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};
use secrecy::ExposeSecret as _;

use crate::cookie::set_cookie;
use crate::flash::Flash;
use crate::flow_cookie::prefix;
use crate::page::{message, redirect};
use crate::query::Query;
use crate::return_path::{return_path, sign_in_path};
use crate::route::Route;
use crate::visit::Visit;

/// The way to a provider, the way back, and what the provider posts.
pub const ROUTES: &[Route] = &[
    Route::open("/signin/{id}", |visit| Box::pin(begin(visit))),
    Route::open(CALLBACK, |visit| Box::pin(finish(visit))),
    Route::leading(BACK_CHANNEL, "/signin")
        .taking_from_programs(|visit, request| Box::pin(end(visit, request))),
];

const CALLBACK: &str = "/signin/{id}/callback";
const BACK_CHANNEL: &str = "/signin/{id}/back-channel-logout";
/// The largest body of a back-channel logout, in bytes.
const MAX_LOGOUT: usize = 16 * 1024;
/// How many sign-ins that were begun a browser keeps. More would make its requests too long.
const MOST_FLOWS: usize = 5;

/// The way to a provider, which leads back to `next`. With `confirms` the sign-in confirms the
/// session.
pub fn address(provider: &str, next: &str, confirms: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if confirms {
        query.append_key_only("confirm");
    }
    if next != "/" {
        query.append_pair("next", next);
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/signin/{provider}{mark}{query}")
}

/// The provider in a path of these routes.
fn named<'a>(visit: &'a Visit<'_>) -> &'a str {
    visit.uri.path().split('/').nth(2).unwrap_or_default()
}

/// Sends the browser to the provider.
async fn begin(visit: &mut Visit<'_>) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let next = return_path(query.get("next").unwrap_or("/"));
    let confirms = if query.all("confirm").next().is_some() {
        match visit.signed_in().await {
            Ok(by) => Some(by),
            Err(Problem::SignInRequired) => return Ok(redirect(&sign_in_path(next))),
            Err(refused) => return Err(refused),
        }
    } else {
        None
    };
    let begun = visit
        .service
        .begin_provider_sign_in(named(visit), next, confirms.as_ref())
        .await;
    let begun = match begun {
        Ok(begun) => begun,
        Err(refused) => return refusal(visit, refused),
    };
    let mut response = redirect(&begun.url);
    if visit.flows.len() >= MOST_FLOWS {
        for (name, _) in &visit.flows {
            clear(visit, name, &mut response);
        }
    }
    let name = flow_cookie(visit, &begun.state);
    let value = begun.flow.expose_secret();
    set(visit, &name, value, "; Max-Age=600", &mut response);
    Ok(response)
}

/// Takes the answer that the browser brings back.
async fn finish(visit: &mut Visit<'_>) -> Result<Response, Problem> {
    // Somebody who is signed in may come back to confirm the session.
    let by = visit.signed_in().await.ok();
    let Some(answer) = answer(&Query::of(&visit.uri)) else {
        return refusal(visit, NotSignedIn::NotBegun);
    };
    let state = answer.state.as_deref().unwrap_or_default();
    let cookie = flow_cookie(visit, state);
    let mut flows = visit.flows.iter().filter(|(name, _)| *name == cookie);
    let flow = match (flows.next(), flows.next()) {
        (Some((_, flow)), None) => flow.clone(),
        _ => return refusal(visit, NotSignedIn::NotBegun),
    };
    let client = visit.context.client();
    let finished = visit
        .service
        .finish_provider_sign_in(named(visit), &flow, &answer, by.as_ref(), client)
        .await;
    let answered = match finished {
        Ok(signed_in) => {
            visit.end_sessions().await;
            let mut response = redirect(return_path(&signed_in.next));
            set_cookie(&mut response, &visit.cookie().set(&signed_in.session_id));
            if signed_in.confirmed {
                Flash::Confirmed.put(visit.settings, &mut response);
            }
            Ok(response)
        }
        Err(refused) => refusal(visit, refused),
    };
    // A flow is used once, whatever comes of it.
    let mut response = match answered {
        Ok(response) => response,
        Err(problem) => crate::page::problem(visit, &problem),
    };
    clear(visit, &cookie, &mut response);
    Ok(response)
}

/// The answer in the query. `None` if a part of it is there twice (RFC 6749, section 3.1).
fn answer(query: &Query) -> Option<ProviderAnswer> {
    let one = |name: &str| {
        let mut values = query.all(name).filter(|value| !value.is_empty());
        let first = values.next().map(ToOwned::to_owned);
        values.next().is_none().then_some(first)
    };
    Some(ProviderAnswer {
        state: one("state")?,
        code: one("code")?,
        issuer: one("iss")?,
        error: one("error")?,
    })
}

/// The provider ends sign-ins (OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8). No
/// browser sends this, so the cross-site rule doesn't apply: the token says who asks.
async fn end(visit: &Visit<'_>, request: &mut Request) -> Result<Response, Problem> {
    let body = read_body(request).await?;
    if body.len() > MAX_LOGOUT {
        return Err(Problem::BodyTooLarge { limit: MAX_LOGOUT });
    }
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return Ok(bare(StatusCode::BAD_REQUEST, INVALID_REQUEST));
    };
    let provider = named(visit);
    match visit.service.end_by_provider(provider, &token).await {
        Ok(()) => Ok(bare(StatusCode::OK, "")),
        Err(LogoutRefused::UnknownProvider) => Err(Problem::PathNotFound),
        Err(LogoutRefused::Failed(error)) => Err(visit.problem(error)),
        Err(LogoutRefused::Provider(error @ IdentityError::Unavailable(_))) => {
            tracing::warn!(provider, cause = %causes(&error), "a logout token can't be judged now");
            Ok(bare(StatusCode::SERVICE_UNAVAILABLE, ""))
        }
        Err(refused) => {
            tracing::warn!(provider, cause = %causes(&refused), "a logout token was refused");
            Ok(bare(StatusCode::BAD_REQUEST, INVALID_REQUEST))
        }
    }
}

/// The error of section 2.8.
const INVALID_REQUEST: &str = r#"{"error":"invalid_request"}"#;

fn bare(status: StatusCode, body: &'static str) -> Response {
    let response = Response::builder()
        .status(status)
        .header(header::CACHE_CONTROL, "no-store");
    if body.is_empty() {
        response.finish()
    } else {
        response.content_type("application/json").body(body)
    }
}

/// The page for a person whom the provider did not sign in here.
fn refusal(visit: &Visit<'_>, refused: NotSignedIn) -> Result<Response, Problem> {
    let (text, provider) = (visit.text, named(visit));
    let label = visit.service.provider_label(provider);
    let tell = |refused: &NotSignedIn| {
        tracing::warn!(provider, cause = %causes(refused), "a sign-in at an identity provider failed");
    };
    let (status, sentence) = match refused {
        NotSignedIn::UnknownProvider => return Err(Problem::PathNotFound),
        NotSignedIn::Failed(error) => return Err(visit.problem(error)),
        NotSignedIn::NotBegun => (
            StatusCode::BAD_REQUEST,
            text.provider_not_begun().to_owned(),
        ),
        NotSignedIn::Provider(IdentityError::Unavailable(_)) => {
            tell(&refused);
            let sentence = text.provider_unavailable(label);
            (StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
        NotSignedIn::Provider(IdentityError::Refused { .. }) => {
            (StatusCode::FORBIDDEN, text.provider_refused(label))
        }
        NotSignedIn::Provider(IdentityError::Untrusted(_)) => {
            tell(&refused);
            (StatusCode::BAD_REQUEST, text.provider_untrusted(label))
        }
        NotSignedIn::Provider(IdentityError::NotRecent) => {
            (StatusCode::FORBIDDEN, text.provider_not_recent(label))
        }
        NotSignedIn::GroupsMissing => {
            tell(&refused);
            (StatusCode::FORBIDDEN, text.provider_groups_missing(label))
        }
        NotSignedIn::NotAllowed => (StatusCode::FORBIDDEN, text.provider_not_allowed(label)),
        NotSignedIn::Disabled => (StatusCode::FORBIDDEN, text.sign_in_disabled().to_owned()),
        NotSignedIn::OtherIdentity => (
            StatusCode::FORBIDDEN,
            text.provider_other_identity().to_owned(),
        ),
        NotSignedIn::SubjectIsNoId
        | NotSignedIn::IdInUse
        | NotSignedIn::DirectoryIdMissing
        | NotSignedIn::TwoUsers => {
            tell(&refused);
            (StatusCode::CONFLICT, text.provider_id_in_use().to_owned())
        }
    };
    let link = ("/signin", text.provider_back());
    let mut response = message(visit, text.provider_not_signed_in(), sentence, Some(link));
    response.set_status(status);
    Ok(response)
}

/// The cookie of the sign-in with this state. Each sign-in has its own, so that a person can begin
/// several.
fn flow_cookie(visit: &Visit<'_>, state: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    let start: String = state.chars().filter(kept).take(11).collect();
    format!("{}{start}", prefix(visit.settings.is_https()))
}

fn clear(visit: &Visit<'_>, name: &str, response: &mut Response) {
    set(visit, name, "", "; Max-Age=0", response);
}

fn set(visit: &Visit<'_>, name: &str, value: &str, lifetime: &str, response: &mut Response) {
    let is_https = visit.settings.is_https();
    let line = ats_pat_http::cookie_line(name, value, is_https, lifetime);
    set_cookie(response, &line);
}

/// The page after signing out of a session that began at a provider. It goes on to the provider, to
/// sign out there too: by the page, because browsers let no form of ours lead to another site.
pub fn signed_out(visit: &Visit<'_>, provider: &str, url: &str) -> Response {
    let text = visit.text;
    let label = visit.service.provider_label(provider);
    let name = text.provider_sign_out(label);
    let sentence = text.provider_signed_out(label);
    let mut response = message(visit, text.signed_out(), sentence, Some((url, &name)));
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={url}")) {
        response.headers_mut().insert("refresh", refresh);
    }
    response
}
