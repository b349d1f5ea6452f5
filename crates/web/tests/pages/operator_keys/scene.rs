//! The form for a key with everything typed, and the keys that there are.

use ats_pat_domain::operator_key::Right;
use ats_pat_service::NewOperatorKey;
use ats_pat_service::view::OperatorKeyView;
use ats_pat_test_support::world::{ADDRESS, DAY};

use crate::fixture::{Browser, Page, Site};

pub const KEYS: &str = "/settings/operator-keys";
pub const NAVIGATION: &str = ">Operator keys</a>";
pub const FIELD: &str = "name=\"your_password\"";

/// The secret that the page shows.
pub fn secret(page: &Page) -> Option<&str> {
    let (_, rest) = page.text.split_once("value=\"atsop_")?;
    let length = rest.find('"')?;
    let start = page.text.len() - rest.len() - "atsop_".len();
    page.text.get(start..start + "atsop_".len() + length)
}

pub async fn form_key(browser: &mut Browser) -> String {
    browser.get(KEYS).await.value("form_key").to_owned()
}

/// A form with something in every field.
pub fn typed(key: &str) -> Vec<(&str, &str)> {
    vec![
        ("form_key", key),
        ("name", "SIEM <east>"),
        ("rights", "users"),
        ("rights", "audit"),
        ("expiration", "60"),
        ("networks", "10.0.0.0/8\n192.0.2.7"),
    ]
}

/// The same with another value of a field.
pub fn with<'a>(key: &'a str, field: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = typed(key);
    for (name, old) in &mut fields {
        if *name == field {
            *old = value;
        }
    }
    fields
}

/// The form is there again with all that was typed.
pub fn assert_typed(page: &Page) {
    for kept in [
        "value=\"users\" checked",
        "value=\"audit\" checked",
        "10.0.0.0/8\n192.0.2.7</textarea>",
        "open data-modal",
    ] {
        assert!(page.text.contains(kept), "{kept}: {}", page.text);
    }
    assert!(!page.text.contains("value=\"keys\" checked"));
    assert_eq!(secret(page), None);
}

pub async fn keys(site: &Site) -> Vec<OperatorKeyView> {
    site.world.service.operator().operator_keys().await.unwrap()
}

pub async fn works(site: &Site, secret: &str) -> bool {
    let service = &site.world.service;
    let found = service.authenticate_operator_key(secret.as_bytes(), ADDRESS);
    found.await.is_ok()
}

/// A key that is made on the command line; gives its id.
pub async fn add(site: &Site, name: &str, rights: &[Right]) -> String {
    let new = NewOperatorKey {
        name: Some(name.to_owned()),
        rights: rights
            .iter()
            .map(|right| right.as_str().to_owned())
            .collect(),
        expires_at: Some(site.world.now().after(DAY * 30).to_string()),
        allowed_networks: None,
    };
    let operator = site.world.service.operator();
    let issued = operator.create_operator_key(new).await.unwrap();
    issued.key.id.to_string()
}
