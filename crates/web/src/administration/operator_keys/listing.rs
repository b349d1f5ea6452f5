//! The list of operator keys, and what an answer shows beside it.

use askama::Template;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::{Problem, Status, Timestamp};
use ats_pat_service::view::OperatorKeyView;
use ats_pat_service::{IssuedOperatorKey, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

use super::form::KeyPanel;
use crate::administration::operator;
use crate::page::{Frame, Section, redirect, render};
use crate::query::{self, Query};
use crate::route::OPERATOR_KEYS;
use crate::table::{Badge, Pager, in_short};
use crate::visit::Visit;
use crate::words::When;
use crate::zone::Zone;

/// How many keys a page has.
const PAGE_SIZE: u32 = 15;

#[derive(Template)]
#[template(path = "operator_keys.html")]
struct OperatorKeysPage {
    frame: Frame,
    text: Text,
    /// The address of this page of the list.
    address: String,
    /// The query of the address with its question mark, or nothing.
    suffix: String,
    rows: Vec<KeyRow>,
    pager: Pager,
    /// Whether the page answers a posted form. Reloading it then shows the list.
    is_new_address: bool,
    /// The form for a new key, at the side of the list.
    panel: KeyPanel,
    /// The new key, in place of the form.
    issued: Option<Issued>,
}

impl OperatorKeysPage {
    /// The first row whose key can be revoked. The question is about it until another row asks.
    fn first_active(&self) -> Option<&KeyRow> {
        self.rows.iter().find(|row| row.is_active)
    }
}

struct KeyRow {
    number: usize,
    id: String,
    name: String,
    rights: String,
    /// Where it may be used from, if not anywhere.
    place: Option<String>,
    /// The user name of the administrator who made it, or words for the admin program.
    maker: String,
    badge: Badge,
    is_active: bool,
    created: When,
    expires: When,
    last_used: Option<When>,
    last_used_from: String,
}

impl KeyRow {
    fn new(number: usize, key: OperatorKeyView, now: Timestamp, zone: &Zone, text: Text) -> Self {
        Self {
            number,
            id: key.id.to_string(),
            rights: key.rights.join(", "),
            place: key
                .allowed_networks
                .map(|networks| only_from(&networks, text)),
            maker: key
                .made_by
                .unwrap_or_else(|| text.operator_keys_by_operator().to_owned()),
            badge: Badge::of(key.status, key.expires_at, now, text),
            is_active: key.status == Status::Active,
            created: When::on(key.created_at, zone, text),
            expires: When::on(key.expires_at, zone, text),
            last_used: key
                .last_used_at
                .map(|time| When::ago(time, now, zone, text)),
            last_used_from: key.last_used_from.unwrap_or_default(),
            name: key.name,
        }
    }
}

/// Names all networks, because no other page shows them.
fn only_from(networks: &[String], text: Text) -> String {
    let networks: Vec<&str> = networks.iter().map(|network| in_short(network)).collect();
    text.only_from_address(networks.join(", "))
}

/// The new operator key, shown once.
pub struct Issued {
    name: String,
    expires: When,
    secret: SecretString,
    /// This server's public URL, for the example.
    origin: String,
    /// The path that the example requests. `None` if no right of the key can read anything.
    example: Option<&'static str>,
}

impl Issued {
    /// A key that the use case just issued.
    pub fn new(visit: &Visit<'_>, issued: IssuedOperatorKey) -> Self {
        Self {
            name: issued.key.name,
            expires: When::in_full(issued.key.expires_at, &visit.zone, visit.text),
            secret: issued.secret,
            origin: visit.settings.origin().to_owned(),
            example: issued.key.rights.iter().find_map(|right| example(right)),
        }
    }
}

/// An operation that a right allows and that changes nothing.
fn example(right: &str) -> Option<&'static str> {
    match Right::named(right)? {
        Right::Users | Right::Administrators => Some("users"),
        Right::Tokens => Some("personalaccesstoken"),
        Right::Audit => Some("events"),
        Right::Policy => Some("policy"),
        Right::Keys => Some("signingkey"),
        Right::ServiceTokens | Right::Scim => None,
    }
}

/// The address of the page of the list that a visit names.
pub fn address(visit: &Visit<'_>) -> String {
    address_of(page_of(visit))
}

fn address_of(page: u32) -> String {
    let page = if page == 1 {
        String::new()
    } else {
        page.to_string()
    };
    query::address(OPERATOR_KEYS, &[("page", &page)])
}

fn page_of(visit: &Visit<'_>) -> u32 {
    let query = Query::of(&visit.uri);
    let page = query.get("page").and_then(|page| page.parse().ok());
    page.filter(|page| *page > 0).unwrap_or(1)
}

/// What the page shows beside the list.
pub struct Answer {
    frame: Frame,
    /// The form, if it is open.
    panel: Option<KeyPanel>,
    issued: Option<Issued>,
    status: StatusCode,
}

impl Answer {
    /// The list alone, without an open form.
    pub fn new(visit: &Visit<'_>) -> Self {
        Self {
            frame: Frame::new(visit, Section::OperatorKeys),
            panel: None,
            issued: None,
            status: StatusCode::OK,
        }
    }

    /// With the open form.
    pub fn with_form(visit: &Visit<'_>, panel: KeyPanel, status: StatusCode) -> Self {
        Self {
            panel: Some(panel),
            status,
            ..Self::new(visit)
        }
    }

    /// With a new key.
    pub fn showing(visit: &Visit<'_>, issued: Issued) -> Self {
        Self {
            issued: Some(issued),
            ..Self::new(visit)
        }
    }

    /// With the reason why nothing was done.
    pub fn refusing(visit: &Visit<'_>, alert: String, status: StatusCode) -> Self {
        Self {
            frame: Frame::new(visit, Section::OperatorKeys).refusing(alert),
            status,
            ..Self::new(visit)
        }
    }

    /// The page.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] if the user is not an administrator.
    pub async fn page(self, visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
        let keys = operator(visit, by)?.operator_keys().await;
        let keys = keys.map_err(|error| visit.problem(error))?;
        let (page, size) = (page_of(visit), u64::from(PAGE_SIZE));
        let total = keys.len() as u64;
        let before = u64::from(page - 1) * size;
        if before > 0 && before >= total && self.status == StatusCode::OK && self.issued.is_none() {
            return Ok(redirect(OPERATOR_KEYS));
        }
        let panel = match self.panel {
            Some(panel) => panel,
            None => KeyPanel::closed(visit, by)?,
        };
        let (now, text) = (visit.now(), visit.text);
        let shown = keys
            .into_iter()
            .skip(usize::try_from(before).unwrap_or(usize::MAX))
            .take(PAGE_SIZE as usize);
        let address = address_of(page);
        let page = OperatorKeysPage {
            frame: Frame {
                is_behind: panel.is_open || self.issued.is_some(),
                ..self.frame.showing_secret(visit, self.issued.is_some())
            },
            text,
            suffix: address.replacen(OPERATOR_KEYS, "", 1),
            address,
            rows: shown
                .enumerate()
                .map(|(index, key)| KeyRow::new(index + 1, key, now, &visit.zone, text))
                .collect(),
            pager: Pager::new(page, PAGE_SIZE, total, text, address_of),
            is_new_address: visit.is_post,
            panel,
            issued: self.issued,
        };
        Ok(render(&page, self.status))
    }
}
