//! Signing in and out.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::list::UserQuery;
use ats_pat_domain::problem::Reason;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::{LocalPasswords, ProviderRules, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::SecretString;

use crate::administration::{operator_keys, policy};
use crate::cookie::set_cookie;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::place::Place;
use crate::provider;
use crate::query::Query;
use crate::return_path::return_path;
use crate::route::{OPERATOR_KEYS, POLICY, Route, SESSIONS};
use crate::tokens;
use crate::visit::Visit;

/// The page, and where the person signs out.
pub const ROUTES: &[Route] = &[
    Route::open("/signin", |visit| Box::pin(show(visit)))
        .taking_from_anybody(|visit, form| Box::pin(take(visit, form))),
    Route::leading("/signout", "/").taking_from_anybody(|visit, _| Box::pin(sign_out(visit))),
];

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    text: Text,
    /// The identity providers to sign in at, with the ways there.
    providers: Vec<ProviderButton>,
    /// Whether somebody can sign in with a password.
    takes_passwords: bool,
    user_name: &'a str,
    /// Where to go afterwards.
    next: &'a str,
    /// What was typed into a form that came after its session had ended.
    kept: &'a str,
}

/// The button of an identity provider.
struct ProviderButton {
    address: String,
    label: String,
}

impl<'a> SignInPage<'a> {
    fn new(visit: &Visit<'_>, frame: Frame, next: &'a str) -> Self {
        let providers = visit.service.providers().iter();
        let button = |rules: &ProviderRules| ProviderButton {
            address: provider::address(rules.name.as_str(), next, false),
            label: rules.label.clone(),
        };
        Self {
            frame,
            text: visit.text,
            providers: providers.map(button).collect(),
            takes_passwords: visit.service.local_passwords() != LocalPasswords::Off,
            user_name: "",
            next,
            kept: "",
        }
    }

    /// The page with what was typed into another form. Providers open in a new tab, because only
    /// this page has it.
    fn keeping(visit: &Visit<'_>, frame: Frame, next: &'a str, kept: &'a str) -> Self {
        let leads_to = if kept.is_empty() { next } else { SESSIONS };
        Self {
            next,
            kept,
            ..Self::new(visit, frame, leads_to)
        }
    }
}

/// Nobody can sign in yet: how the first administrator is made.
#[derive(Template)]
#[template(path = "not_set_up.html")]
struct NotSetUp {
    frame: Frame,
    text: Text,
}

/// The form. Whoever is signed in already goes on at once. While there is no user, the page says
/// how to make one.
async fn show(visit: &mut Visit<'_>) -> Result<Response, Problem> {
    let query = Query::of(&visit.uri);
    let next = return_path(query.get("next").unwrap_or("/"));
    match visit.signed_in().await {
        Ok(_) => return Ok(redirect(next)),
        Err(Problem::SignInRequired) => {}
        Err(refused) => return Err(refused),
    }
    let mut frame = Frame::new(visit, Section::None);
    if !has_users(visit).await? {
        let page = NotSetUp {
            frame,
            text: visit.text,
        };
        return Ok(render(&page, StatusCode::OK));
    }
    if visit.session_ids().count() > 1 {
        // Whoever just signed in and comes back here would try for ever.
        frame = frame.refusing(visit.text.sign_in_twins());
    }
    let page = SignInPage::new(visit, frame, next);
    Ok(render(&page, StatusCode::OK))
}

/// Whether anybody could sign in. Where there is an administrator, no page of users is read.
async fn has_users(visit: &Visit<'_>) -> Result<bool, Problem> {
    if !visit.service.providers().is_empty() {
        return Ok(true);
    }
    let is_set_up = visit.service.is_set_up().await;
    if is_set_up.map_err(|error| visit.problem(error))? {
        return Ok(true);
    }
    let one = UserQuery {
        page_size: 1,
        ..UserQuery::default()
    };
    let users = visit.service.operator().user_page(one).await;
    Ok(users.map_err(|error| visit.problem(error))?.total > 0)
}

/// The form for a person who sent another form after the session had ended: that one is kept in
/// this page, and shown again after signing in.
pub fn keep(visit: &Visit<'_>, page: &str, kept: &str) -> Response {
    let message = visit.text.sign_in_entries_kept().to_owned();
    let frame = Frame {
        message: Some((message, false)),
        ..Frame::new(visit, Section::None)
    };
    let page = SignInPage::keeping(visit, frame, page, kept);
    let refused = Problem::SignInRequired;
    let mut response = render(&page, status(&refused));
    problem_headers(&refused, Challenge::Session, response.headers_mut());
    response
}

/// Takes the posted form: a new session each time.
async fn take(visit: &mut Visit<'_>, form: &Form) -> Result<Response, Problem> {
    let kept = form.field("kept");
    let (user_name, next) = (form.field("user_name"), return_path(form.field("next")));
    if form.field("go_on") == "yes" {
        return go_on(visit, next, kept).await;
    }
    let password = SecretString::from(form.field("password"));
    let signed_in = visit
        .service
        .sign_in(user_name, &password, visit.context.client())
        .await;
    match signed_in {
        Ok(signed_in) => {
            visit.end_sessions().await;
            let mut response = if kept.is_empty() {
                redirect(next)
            } else {
                let by = visit.signed_in_as(&signed_in.session_id).await?;
                show_kept(visit, &by, next, kept).await
            };
            set_cookie(&mut response, &visit.cookie().set(&signed_in.session_id));
            Ok(response)
        }
        Err(error) => {
            let refused = visit.problem(error);
            let frame = Frame::new(visit, Section::None).refusing(alert(&refused, visit.text));
            let page = SignInPage {
                user_name,
                ..SignInPage::keeping(visit, frame, next, kept)
            };
            let mut response = render(&page, status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
    }
}

/// The form that was kept, for the person who has signed in now.
async fn show_kept(visit: &mut Visit<'_>, by: &SignedIn, next: &str, kept: &str) -> Response {
    (visit.place, _) = Place::split(next);
    let kept = Query::parse(kept);
    let shown = match next {
        POLICY => policy::show_kept(visit, by, &kept),
        OPERATOR_KEYS => operator_keys::show_kept(visit, by, &kept).await,
        _ => tokens::show_kept(visit, by, next, &kept).await,
    };
    // The token may be somebody else's than the person's who signed in: the page says so.
    shown.unwrap_or_else(|_| redirect(next))
}

/// Goes on with a kept form after the person signed in at a provider, in another tab.
async fn go_on(visit: &mut Visit<'_>, next: &str, kept: &str) -> Result<Response, Problem> {
    match visit.signed_in().await {
        Ok(by) => Ok(show_kept(visit, &by, next, kept).await),
        Err(refused @ Problem::SignInRequired) => {
            let alert = visit.text.sign_in_not_yet().to_owned();
            let frame = Frame::new(visit, Section::None).refusing(alert);
            let page = SignInPage::keeping(visit, frame, next, kept);
            let mut response = render(&page, status(&refused));
            problem_headers(&refused, Challenge::Session, response.headers_mut());
            Ok(response)
        }
        Err(refused) => Err(refused),
    }
}

/// Ends the session, here and in the browser, and goes on to the provider that it began by.
async fn sign_out(visit: &mut Visit<'_>) -> Result<Response, Problem> {
    let by = visit.signed_in().await.ok();
    for id in visit.session_ids() {
        let ended = visit.service.sign_out(Some(id)).await;
        ended.map_err(|error| visit.problem(error))?;
    }
    // The page is for nobody any more.
    visit.person = None;
    if let Some(by) = &by
        && let Some(provider) = by.provider()
        && let Some(url) = visit.service.provider_sign_out_url(by).await
    {
        let mut response = provider::signed_out(visit, provider, &url);
        set_cookie(&mut response, &visit.cookie().clear());
        return Ok(response);
    }
    let mut response = redirect("/signin");
    set_cookie(&mut response, &visit.cookie().clear());
    Flash::SignedOut.put(visit.settings, &mut response);
    Ok(response)
}

fn alert(problem: &Problem, text: Text) -> String {
    match problem {
        Problem::ValidationFailed(failures)
            if failures
                .iter()
                .all(|failure| failure.field == "Password" && failure.reason == Reason::Empty) =>
        {
            text.sign_in_without_password().to_owned()
        }
        // Which of the two is wrong is nobody's to know.
        Problem::ValidationFailed(_) => Problem::InvalidCredentials.message(text),
        Problem::OwnerDisabled => text.sign_in_disabled().to_owned(),
        Problem::Forbidden => text.sign_in_elsewhere().to_owned(),
        other => other.message(text),
    }
}
