//! The page Operator keys: administrators list, make and revoke the keys by which programs
//! administer.

use std::time::Duration;

use ats_pat_domain::operator_key::Right;
use ats_pat_service::NewOperatorKey;
use ats_pat_service::view::OperatorKeyView;
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD};

use crate::fixture::{Browser, Page, Site};

const KEYS: &str = "/settings/operator-keys";
const NAVIGATION: &str = ">Operator keys</a>";
const FIELD: &str = "name=\"your_password\"";

/// The secret that the page shows.
fn secret(page: &Page) -> Option<&str> {
    let (_, rest) = page.text.split_once("value=\"atsop_")?;
    let length = rest.find('"')?;
    let start = page.text.len() - rest.len() - "atsop_".len();
    page.text.get(start..start + "atsop_".len() + length)
}

async fn form_key(browser: &mut Browser) -> String {
    browser.get(KEYS).await.value("form_key").to_owned()
}

/// A form with something in every field.
fn typed(key: &str) -> Vec<(&str, &str)> {
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
fn with<'a>(key: &'a str, field: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = typed(key);
    for (name, old) in &mut fields {
        if *name == field {
            *old = value;
        }
    }
    fields
}

/// The form is there again with all that was typed.
fn assert_typed(page: &Page) {
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

async fn keys(site: &Site) -> Vec<OperatorKeyView> {
    site.world.service.operator().operator_keys().await.unwrap()
}

async fn works(site: &Site, secret: &str) -> bool {
    let service = &site.world.service;
    let found = service.authenticate_operator_key(secret.as_bytes(), ADDRESS);
    found.await.is_ok()
}

/// A key that is made on the command line; gives its id.
async fn add(site: &Site, name: &str, rights: &[Right]) -> String {
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
async fn a_key_is_revoked_after_a_question_and_its_program_refused() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let key = form_key(&mut root).await;
    let made = root.post(KEYS, &with(&key, "name", "SIEM")).await;
    let shown = secret(&made).unwrap().to_owned();
    let id = keys(&site).await[0].id;
    let path = format!("{KEYS}/{id}/revoke");
    let list = root.get(KEYS).await;
    let question = "Revoke the operator key “SIEM”?";
    assert!(list.text.contains(&format!("href=\"{path}\" data-command")));
    assert!(list.text.contains(&format!(">{question}</h2>")));
    let asked = root.get(&path).await;
    assert!(asked.text.contains(&format!("<h1>{question}</h1>")));
    assert!(
        asked
            .text
            .contains("<a class=\"button\" href=\"/settings/operator-keys\">Cancel</a>")
    );
    assert!(works(&site, &shown).await, "nothing was done");

    // Taking away asks for no password, however old the sign-in is.
    site.world.clock.advance(Duration::from_mins(16));
    let revoked = root.post_and_follow(&path, &[]).await;
    assert_eq!(
        revoked.says("status"),
        "The operator key “SIEM” is revoked. Programs that use it are refused from now on."
    );
    assert!(
        revoked
            .text
            .contains("<span class=\"badge revoked\">Revoked</span>")
    );
    assert!(!revoked.text.contains(question), "{}", revoked.text);
    assert!(!works(&site, &shown).await);
    // Asked again, there is nothing to ask.
    assert_eq!(root.get(&path).await.leads_to(), KEYS);
    assert_eq!(root.post(&path, &[]).await.status, 303);
    assert_eq!(site.world.told("operator_key.revoked").await.len(), 1);

    for unknown in ["0198c0de-0000-7000-8000-000000000000", "nonsense"] {
        let path = format!("{KEYS}/{unknown}/revoke");
        for page in [root.get(&path).await, root.post(&path, &[]).await] {
            assert_eq!(page.status, 404, "{unknown}");
            assert_eq!(page.says("alert"), "There is no such operator key.");
        }
    }
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

#[tokio::test]
async fn an_old_sign_in_asks_for_the_password_and_keeps_what_was_typed() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let page = root.get(KEYS).await;
    assert!(!page.text.contains(FIELD));
    let key = page.value("form_key").to_owned();
    site.world.clock.advance(Duration::from_mins(16));
    assert!(root.get(KEYS).await.text.contains(FIELD), "asked at once");
    for (password, status, error) in [
        ("", 403, "Enter your password."),
        ("wrong-horse-1", 401, "This is not your password."),
    ] {
        let mut fields = typed(&key);
        fields.push(("your_password", password));
        let late = root.post(KEYS, &fields).await;
        assert_eq!(late.status, status);
        assert_eq!(late.error_at("your_password"), error);
        assert_typed(&late);
        assert_eq!(late.value("name"), "SIEM &#60;east&#62;");
        assert_eq!(late.value("form_key"), key, "nothing was made with it");
        assert!(late.text.contains("value=\"60\" selected"));
        assert!(!late.text.contains("wrong-horse-1"));
    }
    assert!(keys(&site).await.is_empty());
    let mut fields = typed(&key);
    fields.push(("your_password", PASSWORD));
    let made = root.post(KEYS, &fields).await;
    assert!(secret(&made).is_some(), "{}", made.text);
    assert!(!made.text.contains(PASSWORD) && !made.text.contains(FIELD));
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let key = form_key(&mut root).await;
    root.post("/signout", &[]).await;
    let sign_in = root.post(KEYS, &typed(&key)).await;
    assert_eq!(sign_in.status, 401);
    let kept = sign_in.value("kept").replace("&#38;", "&");
    assert!(!kept.contains("your_password"), "{kept}");
    let fields = [
        ("user_name", "root"),
        ("password", PASSWORD),
        ("next", sign_in.value("next")),
        ("kept", &kept),
    ];
    let form = root.post("/signin", &fields).await;
    assert_eq!(form.status, 200);
    assert_typed(&form);
    assert_eq!(form.value("name"), "SIEM &#60;east&#62;");
    assert!(form.text.contains("Your entries are here again."));
    assert!(keys(&site).await.is_empty(), "nothing is made by itself");

    // Whoever signs in instead and is no administrator gets nothing of it.
    site.signed_in("eve").await;
    root.post("/signout", &[]).await;
    let fields = [
        ("user_name", "eve"),
        ("password", PASSWORD),
        ("next", KEYS),
        ("kept", &kept),
    ];
    let refused = root.post_and_follow("/signin", &fields).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text.contains("SIEM"));
}

#[tokio::test]
async fn whoever_is_no_administrator_sees_and_changes_nothing() {
    let site = Site::start().await;
    let id = add(&site, "Terraform", &[Right::Administrators]).await;
    let mut eve = site.signed_in("eve").await;
    assert!(
        !eve.get("/settings/sessions")
            .await
            .text
            .contains(NAVIGATION)
    );
    let key = eve
        .get("/settings/personal-access-tokens")
        .await
        .value("form_key")
        .to_owned();
    let revoke = format!("{KEYS}/{id}/revoke");
    for path in [KEYS, "/settings/operator-keys/new", &revoke] {
        let page = eve.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text.contains("Administrators only"), "{path}");
        assert!(!page.text.contains("Terraform"), "{path}");
    }
    for (path, fields) in [(KEYS, typed(&key)), (&revoke, Vec::new())] {
        assert_eq!(eve.post(path, &fields).await.status, 403, "{path}");
    }
    // Nor is a password of eve's asked for.
    site.world.clock.advance(Duration::from_mins(16));
    let late = eve.post(KEYS, &typed(&key)).await;
    assert_eq!(late.status, 403);
    assert!(!late.text.contains(FIELD));
    let mut nobody = site.browser();
    for path in [KEYS, &revoke] {
        let page = nobody.get(path).await;
        assert!(page.leads_to().starts_with("/signin"), "{path}");
    }
    assert_eq!(keys(&site).await.len(), 1);
    assert!(site.world.told("operator_key.revoked").await.is_empty());
}

#[tokio::test]
async fn keys_of_the_command_line_are_listed_a_page_at_a_time() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    for number in 10..30 {
        add(&site, &format!("key {number}"), &[Right::Audit]).await;
        site.world.clock.advance(Duration::from_secs(1));
    }
    let names = |page: &Page| -> Vec<String> {
        let parts = page.text.split("<span class=\"title\">").skip(1);
        parts
            .map(|rest| rest.split_once('<').unwrap().0.to_owned())
            .collect()
    };
    let first = root.get(KEYS).await;
    assert_eq!(names(&first).len(), 15);
    assert_eq!(names(&first)[0], "key 29");
    assert!(first.text.contains("1–15 of 20"));
    assert!(
        first
            .text
            .contains("data-label=\"Made by\">An operator</td>")
    );
    let second = root.get(&format!("{KEYS}?page=2")).await;
    assert_eq!(
        names(&second),
        ["key 14", "key 13", "key 12", "key 11", "key 10"]
    );
    let id = keys(&site).await[15].id;
    let path = format!("{KEYS}/{id}/revoke?page=2");
    assert!(second.text.contains(&format!("href=\"{path}\"")));
    let revoked = root.post(&path, &[]).await;
    assert_eq!(revoked.leads_to(), format!("{KEYS}?page=2"));
    assert_eq!(root.get(&format!("{KEYS}?page=9")).await.leads_to(), KEYS);
    site.world.clock.advance(DAY * 31);
    let mut root = site.browser().signed_in("root").await;
    let ended = root.get(KEYS).await;
    assert!(
        ended
            .text
            .contains("<span class=\"badge expired\">Expired</span>")
    );
    assert!(!ended.text.contains("id=\"revoke\""), "nothing to revoke");
}
