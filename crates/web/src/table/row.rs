//! A row of a table of tokens.

use ats_pat_domain::scope::ALL;
use ats_pat_domain::{Status, Timestamp};
use ats_pat_service::view::TokenView;
use ats_pat_text::Text;

use super::badge::Badge;
use crate::words::When;
use crate::zone::Zone;

/// How much of a description a row shows, in characters.
const SHOWN_DESCRIPTION: usize = 100;
/// How many scopes a row names.
const SHOWN_SCOPES: usize = 3;

/// A row of the table.
pub struct TokenRow {
    /// Its number on the page, from 1. The ids of its menu and dialogs have it.
    pub number: usize,
    /// The token's id, as paths have it.
    pub id: String,
    /// The token's name, as its owner wrote it.
    pub name: String,
    /// The token's description, shortened.
    pub description: String,
    /// The token's status, for display.
    pub badge: Badge,
    /// Whether it can be regenerated and revoked.
    pub is_active: bool,
    /// The generation that the person sees.
    pub generation: u32,
    /// Its scopes. `None` for all rights.
    pub scopes: Option<String>,
    /// Where it may be used from. `None` for anywhere.
    pub place: Option<String>,
    /// Until when the old secret still works.
    pub old_until: Option<When>,
    /// When somebody last used a secret that had ended.
    pub ended_used: Option<When>,
    /// The day on which it would expire if it were regenerated now, if the table offers that.
    pub renewed: String,
    /// When it was made.
    pub created: When,
    /// When it expires or expired.
    pub expires: When,
    /// When it was last used.
    pub last_used: Option<When>,
    /// The address of the last use.
    pub last_used_from: String,
}

impl TokenRow {
    /// The row of a token, the `number`th of the page.
    pub fn new(number: usize, token: TokenView, now: Timestamp, zone: &Zone, text: Text) -> Self {
        let badge = Badge::of(token.status, token.expires_at, now, text);
        Self {
            number,
            id: token.id.to_string(),
            is_active: token.status == Status::Active,
            generation: token.generation,
            scopes: scopes(&token, text),
            place: place(&token, text),
            old_until: token
                .previous_secret_valid_until
                .map(|until| When::on(until, zone, text)),
            ended_used: token
                .ended_secret_used_at
                .map(|time| When::ago(time, now, zone, text)),
            renewed: String::new(),
            created: When::on(token.created_at, zone, text),
            expires: When::on(token.expires_at, zone, text),
            last_used: token
                .last_used_at
                .map(|time| When::ago(time, now, zone, text)),
            last_used_from: token.last_used_from.clone().unwrap_or_default(),
            description: shortened(&token.description),
            name: token.name,
            badge,
        }
    }
}

fn scopes(token: &TokenView, text: Text) -> Option<String> {
    if matches!(token.scopes.as_slice(), [all] if all == ALL) {
        return None;
    }
    let mut shown = token.scopes.clone();
    if shown.len() > SHOWN_SCOPES {
        shown.truncate(SHOWN_SCOPES - 1);
        let more = token.scopes.len() - shown.len();
        shown.push(text.more_of_list(more));
    }
    Some(shown.join(", "))
}

fn place(token: &TokenView, text: Text) -> Option<String> {
    match token.allowed_networks.as_deref()? {
        [network] => Some(text.only_from_address(in_short(network))),
        networks => Some(text.only_from_networks(networks.len())),
    }
}

/// A network as people write it: a single address has no prefix length.
pub fn in_short(network: &str) -> &str {
    let address = network.strip_suffix("/32").or(network.strip_suffix("/128"));
    address.unwrap_or(network)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_DESCRIPTION {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(SHOWN_DESCRIPTION - 1).collect();
    short.push('…');
    short
}
