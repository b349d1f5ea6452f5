//! Administrators make a key.

use ats_pat_domain::operator_key::Right;
use ats_pat_test_support::world::DAY;

use super::scene::{KEYS, NAVIGATION, assert_typed, form_key, keys, secret, typed, with, works};
use crate::fixture::{Page, Site};

#[tokio::test]
async fn an_administrator_makes_a_key_that_is_shown_once_and_works() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let empty = root.get(KEYS).await;
    assert!(empty.text.contains(NAVIGATION));
    assert!(empty.text.contains("No operator keys yet"));
    for right in Right::ALL {
        let choice = format!("name=\"rights\" value=\"{}\"> <span>", right.as_str());
        assert!(empty.text.contains(&choice), "{choice}: {}", empty.text);
    }
    let key = empty.value("form_key").to_owned();
    let made = root.post(KEYS, &typed(&key)).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let shown = secret(&made).expect("a key").to_owned();
    assert!(made.text.contains("id=\"copy\""));
    assert!(made.text.contains("/api/administration/users"));
    assert!(works(&site, &shown).await);

    let list = root.get(KEYS).await;
    assert!(!list.text.contains(&shown), "shown once");
    for part in [
        "SIEM &#60;east&#62;",
        "<span class=\"sub\">users, audit</span>",
        "<span class=\"sub\">only from 10.0.0.0/8, 192.0.2.7</span>",
        "data-label=\"Made by\">root</td>",
        "<span class=\"badge active\">Active</span>",
        "from 192.0.2.7",
    ] {
        assert!(list.text.contains(part), "{part}: {}", list.text);
    }
    let listed = keys(&site).await.remove(0);
    assert_eq!(listed.name, "SIEM <east>");
    assert_eq!(listed.expires_at, site.world.now().after(DAY * 60));
    assert_eq!(
        listed.allowed_networks.unwrap(),
        ["10.0.0.0/8", "192.0.2.7/32"]
    );
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_key() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let key = form_key(&mut root).await;
    root.post(KEYS, &typed(&key)).await;
    let again = root.post(KEYS, &typed(&key)).await;
    assert_eq!((again.status, secret(&again)), (409, None));
    let alert = again.says("alert");
    assert!(alert.starts_with("SIEM &#60;east&#62; exists"), "{alert}");
    assert!(alert.contains("revoke it and add another"), "{alert}");
    assert_eq!(keys(&site).await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let past = ("expiration", "date", "last_day", "2020-01-01");
    let far = ("expiration", "date", "last_day", "2027-11-26");
    let long = "x".repeat(101);
    let many = (0..51).map(|part| format!("10.{part}.0.0/16\n"));
    let many: String = many.collect();
    for (field, value, error, said) in [
        ("name", "", "name", "Enter a name."),
        ("name", &long, "name", "Use at most 100 characters."),
        ("name", "a\u{202e}b", "name", "Leave out control characters"),
        ("expiration", "367", "expiration", "Choose a day from today"),
        ("expiration", "0", "expiration", "Choose a day from today"),
        ("expiration", "soon", "expiration", "Choose the last day."),
        ("expiration", "date", "last-day", "Choose the last day."),
        ("networks", "home", "networks", "home is not a network."),
        ("networks", &many, "networks", "Enter at most 50 networks."),
    ] {
        let key = form_key(&mut root).await;
        let page = root.post(KEYS, &with(&key, field, value)).await;
        assert_eq!(page.status, 400, "{field} {value}");
        assert_said(&page, error, said);
        if field != "name" {
            assert_eq!(page.value("name"), "SIEM &#60;east&#62;");
        }
        if field != "networks" {
            assert_typed(&page);
        }
        // The form can be sent once it is right.
        let key = page.value("form_key").to_owned();
        assert!(!key.is_empty());
    }
    for (field, value, more, day) in [past, far] {
        let key = form_key(&mut root).await;
        let mut fields = with(&key, field, value);
        fields.push((more, day));
        let page = root.post(KEYS, &fields).await;
        assert_eq!(page.status, 400, "{day}");
        assert_said(
            &page,
            "last-day",
            "Choose a day from today until Thursday, 25 November 2027.",
        );
        assert!(page.text.contains(&format!("value=\"{day}\"")));
        assert_typed(&page);
    }
    for wrong in [&[][..], &["root"]] {
        let key = form_key(&mut root).await;
        let mut fields = typed(&key);
        fields.retain(|(name, _)| *name != "rights");
        fields.extend(wrong.iter().map(|right| ("rights", *right)));
        let page = root.post(KEYS, &fields).await;
        assert_eq!(page.status, 400, "{wrong:?}");
        assert_said(&page, "rights", "Choose at least one.");
    }
    assert!(keys(&site).await.is_empty());

    let key = form_key(&mut root).await;
    let fixed = root.post(KEYS, &with(&key, "name", "")).await;
    let key = fixed.value("form_key").to_owned();
    let made = root.post(KEYS, &typed(&key)).await;
    assert!(secret(&made).is_some(), "{}", made.text);
}

fn assert_said(page: &Page, field: &str, said: &str) {
    let error = format!("<p class=\"error\" id=\"{field}-error\">");
    let (_, rest) = page
        .text
        .split_once(&error)
        .unwrap_or_else(|| panic!("{field}: {}", page.text));
    assert!(rest.starts_with(said), "{said}: {}", &rest[..80]);
    assert!(page.text.contains("aria-invalid=\"true\""), "{field}");
    let mut focused = page
        .text
        .split('<')
        .filter(|tag| tag.contains(" autofocus"));
    let name = format!("name=\"{}\"", field.replace('-', "_"));
    assert!(focused.next().unwrap().contains(&name), "{field}");
    assert_eq!(focused.next(), None);
}

#[tokio::test]
async fn a_last_day_counts_to_its_end_in_the_persons_zone() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let key = form_key(&mut root).await;
    let mut fields = with(&key, "expiration", "date");
    fields.extend([("last_day", "2026-12-24"), ("zone", "Europe/Berlin")]);
    let made = root.post(KEYS, &fields).await;
    assert!(secret(&made).is_some(), "{}", made.text);
    let until = keys(&site).await[0].expires_at.to_string();
    assert_eq!(until, "2026-12-24T22:59:59.999Z");
}
