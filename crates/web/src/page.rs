//! How pages are rendered, and what is on every page.

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

/// The part of the settings that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// A page outside the settings.
    None,
    /// The person's own tokens.
    Tokens,
    /// The service accounts that the person is responsible for, and their tokens.
    ServiceAccounts,
    /// The person's own password.
    Password,
    /// The person's own sessions.
    Sessions,
    /// All users, for administrators.
    Users,
    /// Everybody's tokens, for administrators.
    AllTokens,
    /// The keys with which programs administer, for administrators.
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

/// What is on every page.
pub struct Frame {
    /// The product's name, as the settings have it.
    pub product: String,
    /// Who is signed in.
    pub person: Option<Person>,
    /// Whether the person has a password to change.
    pub has_password: bool,
    /// Whether the person is responsible for service accounts.
    pub has_accounts: bool,
    /// The section of the page.
    pub section: Section,
    /// A message about the change before, and whether something was done.
    pub message: Option<(String, bool)>,
    /// A message about a refusal.
    pub alert: Option<String>,
    /// A sentence that names the time zone of the page.
    pub times: String,
    /// The name of that zone, if the page can be reloaded in another one.
    pub zone: Option<String>,
    /// On administrators' pages, how many rows that differ from the event log this server found.
    pub differing: usize,
    /// Whether a dialog is open from the start.
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

/// The signed-in person in the header bar.
pub struct Person {
    /// The name that pages show for the person.
    pub name: String,
    /// The name that the person signs in with.
    pub user_name: String,
    /// The initials, up to two letters.
    pub initials: String,
    /// Whether the menu has the administration.
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
    /// The frame of a page.
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
            // A page that answers a form, or says what was done, can't be reloaded.
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

    /// Adds a message about a refusal.
    pub fn refusing(mut self, alert: impl Into<String>) -> Self {
        self.message = None;
        self.alert = Some(alert.into());
        self
    }

    /// The frame of a page that may show a new secret.
    pub fn showing_secret(self, visit: &Visit<'_>, is_shown: bool) -> Self {
        if !is_shown {
            return self;
        }
        self.with_script(visit.shared.assets.address("copy.js"))
    }

    /// The same page with the script at this address.
    pub fn with_script(mut self, address: String) -> Self {
        self.scripts.push(address);
        self
    }
}

/// The initials: the first letters of the first and the last word.
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

/// Removes the spaces at the beginning of lines, because only people who edit templates need them.
/// Keeps them in preformatted text and text fields.
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

/// Redirects the browser to another of our pages, by GET.
pub fn redirect(path: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, path)
        .finish()
}

/// A page with only a message.
#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: Frame,
    text: Text,
    title: &'a str,
    sentence: String,
    /// A link: address and label.
    link: Option<(&'a str, &'a str)>,
}

/// A page with only a message and a link.
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
        // Usually this is not an attack. The person used another name of the same server.
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
