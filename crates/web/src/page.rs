//! How a page is written, and what stands on every one.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_http::{Challenge, problem_headers, status};
use ats_pat_service::Owner;
use ats_pat_service::view::SessionUser;
use ats_pat_text::Text;
use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};

use crate::route::{SERVICE_ACCOUNTS, TOKENS};
use crate::visit::Visit;

/// Which part of the settings a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// None: a page of its own.
    None,
    /// One's personal access tokens.
    Tokens,
    /// The service accounts that one is responsible for, and their tokens.
    ServiceAccounts,
    /// One's password.
    Password,
    /// One's sessions.
    Sessions,
    /// Everybody, for administrators.
    Users,
    /// Everybody's tokens, for administrators.
    AllTokens,
    /// The keys by which programs administer, for administrators.
    OperatorKeys,
    /// The policy of the deployment, for administrators.
    Policy,
    /// The audit trail, for administrators.
    Audit,
}

impl Section {
    /// The section of the tokens that a page is about.
    pub fn of_tokens(visit: &Visit<'_>) -> Self {
        match visit.place.owner {
            Owner::Own => Self::Tokens,
            Owner::ServiceAccount(_) | Owner::Nobody => Self::ServiceAccounts,
        }
    }

    /// Whether it is for administrators only.
    pub fn is_administration(self) -> bool {
        matches!(
            self,
            Self::Users | Self::AllTokens | Self::OperatorKeys | Self::Policy | Self::Audit
        )
    }
}

/// What stands on every page.
pub struct Frame {
    /// The product's name.
    pub product: String,
    /// Who is signed in.
    pub person: Option<Person>,
    /// Whether the person has a password to change.
    pub has_password: bool,
    /// Whether the person is responsible for service accounts.
    pub has_accounts: bool,
    /// Where the person is.
    pub section: Section,
    /// What there is to say of what was before, and whether it is good.
    pub message: Option<(String, bool)>,
    /// What was refused.
    pub alert: Option<String>,
    /// What zone its times are in, as a sentence.
    pub times: String,
    /// The name of that zone, where the page can be loaded anew in another one.
    pub zone: Option<String>,
    /// On administrators' pages: how many rows the running server found that differ from the event
    /// log.
    pub differing: usize,
    /// Whether a dialog stands before the page from the start.
    pub is_behind: bool,
    /// The address of the style sheet.
    pub style: String,
    /// The address of the colours.
    pub theme: String,
    /// The address of the icon.
    pub icon: String,
    /// The addresses of the scripts.
    pub scripts: Vec<String>,
}

/// Who is signed in, as the header bar shows it.
pub struct Person {
    /// The name to show.
    pub name: String,
    /// What the person signs in with.
    pub user_name: String,
    /// Up to two letters.
    pub initials: String,
    /// Whether the administration is shown.
    pub is_admin: bool,
}

impl From<SessionUser> for Person {
    fn from(user: SessionUser) -> Self {
        Self {
            initials: initials(&user.display_name),
            name: user.display_name,
            user_name: user.user_name,
            is_admin: user.is_admin,
        }
    }
}

impl Frame {
    /// The frame of a page for whoever is there.
    pub fn new(visit: &Visit<'_>, section: Section) -> Self {
        let assets = &visit.shared.assets;
        let scripts: &[&str] = match &visit.person {
            None => &["zone.js", "dialogs.js"],
            Some(_) => &["zone.js", "dialogs.js", "menus.js"],
        };
        let differing = if section.is_administration() {
            visit.service.count_of_rows_that_differ()
        } else {
            0
        };
        Self {
            product: visit.shared.product.clone(),
            person: visit.person.clone().map(Person::from),
            has_password: visit.has_password,
            has_accounts: !visit.accounts.is_empty(),
            section,
            message: visit
                .flash
                .as_ref()
                .map(|flash| (flash.sentence(visit.text), flash.is_good())),
            alert: None,
            times: visit.zone.sentence(visit.now(), visit.text),
            // A page that answers a form, or says what was done, is there only once.
            zone: (!visit.is_post && visit.flash.is_none() && visit.person.is_some())
                .then(|| visit.zone.name().to_owned()),
            differing,
            is_behind: false,
            style: assets.address("site.css"),
            theme: assets.address("theme.css"),
            icon: assets.address("icon.svg"),
            scripts: scripts.iter().map(|name| assets.address(name)).collect(),
        }
    }

    /// The same with a refusal.
    pub fn refusing(mut self, alert: impl Into<String>) -> Self {
        self.message = None;
        self.alert = Some(alert.into());
        self
    }

    /// The same of a page that shows a new secret, or not.
    pub fn showing_secret(self, visit: &Visit<'_>, is_shown: bool) -> Self {
        if !is_shown {
            return self;
        }
        self.with_script(visit.shared.assets.address("copy.js"))
    }

    /// The same with one more script.
    pub fn with_script(mut self, address: String) -> Self {
        self.scripts.push(address);
        self
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

/// Writes a template as a page.
pub fn render(template: &impl Template, status: StatusCode) -> Response {
    let Ok(html) = template.render() else {
        // Writing to memory does not fail.
        return StatusCode::INTERNAL_SERVER_ERROR.into();
    };
    let mut response = Response::from(without_indentation(&html));
    response.set_status(status);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}

/// The page without the spaces that lines begin with: people need them in templates, browsers
/// don't. What is preformatted or stands in a text field stays as it is.
fn without_indentation(html: &str) -> String {
    let mut page = String::with_capacity(html.len());
    let mut is_kept = false;
    for line in html.split_inclusive('\n') {
        page.push_str(if is_kept {
            line
        } else {
            line.trim_start_matches(' ')
        });
        let begin = line.rfind("<pre").max(line.rfind("<textarea"));
        let end = line.rfind("</pre>").max(line.rfind("</textarea>"));
        if begin.is_some() || end.is_some() {
            is_kept = begin > end;
        }
    }
    page
}

/// Sends the browser to another of our pages, by GET.
pub fn redirect(path: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, path)
        .finish()
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: Frame,
    text: Text,
    title: &'a str,
    sentence: String,
    /// Where to go on, and what that is called.
    link: Option<(&'a str, &'a str)>,
}

/// A page that only says something, with a link to go on by.
pub fn message(
    visit: &Visit<'_>,
    title: &str,
    sentence: String,
    link: Option<(&str, &str)>,
) -> Response {
    let page = Message {
        frame: Frame::new(visit, Section::None),
        text: visit.text,
        title,
        sentence,
        link,
    };
    render(&page, StatusCode::OK)
}

/// A page about a problem that has no page of its own.
pub fn problem(visit: &Visit<'_>, problem: &Problem) -> Response {
    let text = visit.text;
    let start = ("/", text.go_to_start());
    let (title, sentence, link) = match problem {
        // Most often no attack: the person came by another name of the same server.
        Problem::CrossSiteRequest => (
            text.refused(),
            text.form_from_elsewhere().to_owned(),
            Some((visit.settings.origin(), visit.settings.origin())),
        ),
        Problem::PathNotFound => (
            text.page_not_found(),
            text.page_not_found_text().to_owned(),
            Some(start),
        ),
        Problem::MethodNotAllowed { .. } => (
            text.not_possible(),
            text.not_possible_text().to_owned(),
            Some(start),
        ),
        Problem::TokenNotFound => (
            text.token_not_found(),
            problem.message(text),
            Some((TOKENS, text.show_your_tokens())),
        ),
        Problem::UserNotFound => (
            text.account_not_found(),
            problem.message(text),
            Some((SERVICE_ACCOUNTS, text.account_back())),
        ),
        Problem::InternalError { .. } => (
            text.something_went_wrong(),
            problem.message(text),
            Some(start),
        ),
        Problem::Forbidden => (
            text.administrators_only(),
            text.administrators_only_text().to_owned(),
            Some(start),
        ),
        Problem::Unavailable => (text.not_available(), problem.message(text), None),
        _ => (text.not_done(), problem.message(text), Some(start)),
    };
    let mut response = message(visit, title, sentence, link);
    response.set_status(status(problem));
    problem_headers(problem, Challenge::Session, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_templates_indentation_goes() {
        let html =
            "<div>\n  <p>a  b</p>\n  <pre>x\n  y</pre>\n  <textarea>\n  z\n</textarea>\n    <p>\n";
        let page = "<div>\n<p>a  b</p>\n<pre>x\n  y</pre>\n<textarea>\n  z\n</textarea>\n<p>\n";
        assert_eq!(without_indentation(html), page);
    }

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, letters) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Augusta Ada King Lovelace", "AL"),
            ("österreich über", "ÖÜ"),
            ("ßa", "SS"),
            ("", ""),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }
}
