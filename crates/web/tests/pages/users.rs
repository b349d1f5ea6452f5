//! Administrators change users, erase them, and revoke all their tokens.

use std::time::Duration;

use ats_pat_service::view::UserView;
use ats_pat_test_support::world::{DAY, PASSWORD, code};

use crate::fixture::{Page, Site};

const USERS: &str = "/settings/users";
const FIELD: &str = "name=\"your_password\"";

async fn user(site: &Site, name: &str) -> UserView {
    let users = site.world.service.operator().users().await.unwrap();
    let mut users = users.into_iter();
    users.find(|user| user.user_name == name).unwrap()
}

async fn path(site: &Site, name: &str, act: &str) -> String {
    format!("{USERS}/{}/{act}", user(site, name).await.id)
}

/// What the form for a user has.
const TYPED: [(&str, &str); 4] = [
    ("user_name", "ada.l"),
    ("display_name", "Ada <L>"),
    ("email", "ada@example.com"),
    ("is_admin", "yes"),
];

fn with(field: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let fields = TYPED.into_iter();
    fields
        .map(|(name, old)| (name, if name == field { value } else { old }))
        .collect()
}

/// The open form has what was typed.
fn assert_typed(page: &Page) {
    for kept in [
        "id=\"edit-user\"",
        "id=\"edit_user_name\" name=\"user_name\" value=\"ada.l\"",
        "name=\"display_name\" value=\"Ada &#60;L&#62;\"",
        "name=\"email\" value=\"ada@example.com\"",
        "aria-describedby=\"edit_admin-hint\" checked",
    ] {
        assert!(page.text.contains(kept), "{kept}: {}", page.text);
    }
}

#[tokio::test]
async fn a_user_is_renamed_and_becomes_an_administrator() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let mut ada = site.signed_in("ada").await;
    let edit = path(&site, "ada", "edit").await;
    let list = root.get(&format!("{USERS}?search=ada")).await;
    let link = format!("<a href=\"{edit}?search=ada\">Edit</a>");
    assert!(list.text.contains(&link), "{}", list.text);
    let form = root.get(&format!("{edit}?search=ada")).await;
    assert_eq!(form.status, 200);
    assert!(form.text.contains(">Edit ada</h2>"));
    assert!(
        form.text
            .contains("id=\"edit_user_name\" name=\"user_name\" value=\"ada\"")
    );
    let action = format!("<form method=\"post\" action=\"{edit}?search=ada\"");
    assert!(form.text.contains(&action), "{}", form.text);
    assert!(!form.text.contains("operator keys that"), "ada is none yet");

    let saved = root.post_and_follow(&edit, &TYPED).await;
    assert_eq!(saved.says("status"), "ada.l is saved.");
    for part in ["Ada &#60;L&#62;", "ada@example.com", ">Administrator</td>"] {
        assert!(saved.text.contains(part), "{part}: {}", saved.text);
    }
    assert_eq!(ada.get("/").await.status, 303, "signed out");
    let mut ada = site.browser().signed_in("ada.l").await;
    assert_eq!(ada.get(USERS).await.status, 200);

    // And is none any more, without an address.
    let form = root.get(&edit).await;
    assert!(
        form.text
            .contains("operator keys that ada.l made are revoked")
    );
    let fields = [
        ("user_name", "ada.l"),
        ("display_name", "Ada"),
        ("email", ""),
    ];
    root.post_and_follow(&edit, &fields).await;
    let changed = user(&site, "ada.l").await;
    assert!(!changed.is_admin);
    assert_eq!((changed.email, &*changed.display_name), (None, "Ada"));
    let mut ada = site.browser().signed_in("ada.l").await;
    assert_eq!(ada.get(USERS).await.status, 403);
}

#[tokio::test]
async fn ones_own_account_and_service_accounts_have_no_right_to_choose() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    site.world.add_administrator("ada").await;
    site.world.add_service_account("deploy", "ada").await;
    for name in ["root", "deploy"] {
        let edit = path(&site, name, "edit").await;
        let form = root.get(&edit).await;
        assert!(!form.text.contains("id=\"edit_admin-hint\""), "{name}");
        let fields = [
            ("user_name", name),
            ("display_name", "Other"),
            ("email", ""),
            ("is_admin", "yes"),
        ];
        root.post_and_follow(&edit, &fields).await;
        let changed = user(&site, name).await;
        assert_eq!(changed.display_name, "Other");
        assert_eq!(changed.is_admin, name == "root");
    }
    assert_eq!(root.get(USERS).await.status, 200, "still signed in");
    let own = path(&site, "root", "erase").await;
    let list = root.get(USERS).await;
    assert!(!list.text.contains(&own), "{}", list.text);
    assert_eq!(root.post(&own, &[]).await.status, 403);
    assert_eq!(root.get(USERS).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    site.signed_in("ada").await;
    let edit = path(&site, "ada", "edit").await;
    for (field, value, status, error) in [
        ("user_name", "", 400, "Enter a user name."),
        ("user_name", "Root", 409, "There is a user named Root"),
        ("user_name", "a\u{202e}b", 400, "The user name has"),
        ("display_name", "", 400, "Enter a display name."),
        ("email", "home", 400, "Enter an address such as"),
        ("email", "a b@example.com", 400, "Enter an address such as"),
    ] {
        let page = root.post(&edit, &with(field, value)).await;
        assert_eq!(page.status, status, "{field} {value}");
        let said = page.error_at(&format!("edit_{field}"));
        assert!(said.starts_with(error), "{said}");
        assert!(
            page.text
                .contains("aria-describedby=\"edit_admin-hint\" checked")
        );
        assert!(page.text.contains(">Edit ada</h2>"));
    }
    assert_eq!(user(&site, "ada").await.display_name, "ada");
    assert!(site.world.told("user.updated").await.is_empty());
}

#[tokio::test]
async fn an_old_sign_in_asks_for_the_password_before_anything_is_changed_or_erased() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    site.signed_in("ada").await;
    let edit = path(&site, "ada", "edit").await;
    let erase = path(&site, "ada", "erase").await;
    for path in [&edit, &erase] {
        assert!(!root.get(path).await.text.contains(FIELD), "{path}");
    }
    site.world.clock.advance(Duration::from_mins(16));
    for path in [&edit, &erase] {
        assert!(root.get(path).await.text.contains(FIELD), "{path}");
    }
    for (password, status) in [("", 403), ("wrong-horse-1", 401)] {
        let mut fields = TYPED.to_vec();
        fields.push(("your_password", password));
        let late = root.post(&edit, &fields).await;
        assert_eq!(late.status, status);
        assert_typed(&late);
        assert!(!late.error_at("edit_your_password").is_empty());
        let late = root.post(&erase, &[("your_password", password)]).await;
        assert_eq!(late.status, status);
        assert!(late.text.contains("<h1>Erase ada?</h1>"));
        assert!(!late.error_at("your_password").is_empty());
    }
    assert_eq!(user(&site, "ada").await.kind, "Person");
    let mut fields = TYPED.to_vec();
    fields.push(("your_password", PASSWORD));
    let saved = root.post_and_follow(&edit, &fields).await;
    assert_eq!(saved.says("status"), "ada.l is saved.");
    site.world.clock.advance(Duration::from_mins(16));
    let erased = [("your_password", PASSWORD)];
    let erased = root.post_and_follow(&erase, &erased).await;
    assert!(erased.says("status").starts_with("The user is erased."));
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    site.signed_in("ada").await;
    let edit = path(&site, "ada", "edit").await;
    root.post("/signout", &[]).await;
    let ended = root.post_and_follow(&edit, &TYPED).await;
    let next = ended.value("next").replace("&#38;", "&");
    let answer = root.sign_in("root", PASSWORD, &next).await;
    let next = answer.leads_to().to_owned();
    assert_typed(&root.get(&next).await);
    assert_eq!(user(&site, "ada").await.display_name, "ada");
}

#[tokio::test]
async fn an_erased_user_is_gone_but_for_the_events() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    let id = user(&site, "ada").await.id;
    let erase = path(&site, "ada", "erase").await;
    let list = root.get(USERS).await;
    assert!(list.text.contains(&format!("href=\"{erase}\">Erase</a>")));
    let asked = root.get(&erase).await;
    assert!(asked.text.contains("<h1>Erase ada?</h1>"));
    assert!(asked.text.contains("The events stay in the audit trail"));
    assert!(
        asked
            .text
            .contains("<a class=\"button\" href=\"/settings/users\">Cancel</a>")
    );
    assert_eq!(code(site.world.exchange(&issued.secret).await), 1);

    let erased = root.post_and_follow(&erase, &[]).await;
    let said = "The user is erased. The events stay in the audit trail.";
    assert_eq!(erased.says("status"), said);
    assert!(!erased.text.contains(">ada<"), "{}", erased.text);
    assert!(
        erased
            .text
            .contains("<span class=\"badge expired\">Erased</span>")
    );
    assert!(
        !erased.text.contains(&format!("{USERS}/{id}/")),
        "nothing to do"
    );
    assert_ne!(code(site.world.exchange(&issued.secret).await), 1);
    assert_eq!(
        site.browser().sign_in("ada", PASSWORD, "").await.status,
        401
    );
    let trail = root.get("/settings/audit").await;
    assert!(trail.text.contains(&id.to_string()), "{}", trail.text);
    assert!(trail.text.contains("User erased"));
    let report = site.world.service.operator().verify_audit().await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);

    let unknown = "0198c0de-0000-7000-8000-000000000000";
    for id in [id.to_string().as_str(), unknown, "nonsense"] {
        for act in ["edit", "erase"] {
            let path = format!("{USERS}/{id}/{act}");
            for page in [root.get(&path).await, root.post(&path, &TYPED).await] {
                assert_eq!(page.status, 404, "{path}");
                assert_eq!(page.says("alert"), "There is no such user any more.");
            }
        }
    }
}

#[tokio::test]
async fn all_tokens_of_a_user_are_revoked_after_a_question() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    for name in ["ada", "bob"] {
        site.signed_in(name).await;
    }
    let mut secrets = Vec::new();
    for (name, token) in [("ada", "ci"), ("ada", "cd"), ("bob", "ci")] {
        let by = site.world.sign_in(name).await;
        let issued = site.world.create(&by, token, DAY).await.unwrap();
        secrets.push(issued.secret);
    }
    let path = "/settings/users/revoke-tokens";
    let list = root.get(USERS).await;
    let link = format!("href=\"{path}?user=ada\" data-command=\"show-modal\"");
    assert!(list.text.contains(&link), "{}", list.text);
    let asked = root.get(&format!("{path}?user=ada")).await;
    assert!(asked.text.contains("<h1>Revoke all tokens of ada?</h1>"));
    let fields = [("user_name", asked.value("user_name"))];
    // Taking away asks for no password.
    site.world.clock.advance(Duration::from_mins(16));
    let revoked = root.post_and_follow(path, &fields).await;
    assert!(
        revoked
            .says("status")
            .starts_with("All tokens of ada are revoked.")
    );
    for (secret, expected) in secrets.iter().zip([1203, 1203, 1]) {
        assert_eq!(code(site.world.exchange(secret).await), expected);
    }
    let nobody = root.post(path, &[("user_name", "nobody")]).await;
    assert_eq!(nobody.status, 404);
    assert_eq!(nobody.says("alert"), "There is no user nobody.");
}

#[tokio::test]
async fn whoever_is_no_administrator_changes_nothing() {
    let site = Site::start().await;
    let mut eve = site.signed_in("eve").await;
    site.signed_in("ada").await;
    let edit = path(&site, "ada", "edit").await;
    let erase = path(&site, "ada", "erase").await;
    let revoke = "/settings/users/revoke-tokens";
    let ask = format!("{revoke}?user=ada");
    for path in [&edit, &erase, &ask] {
        let page = eve.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text.contains("Administrators only"), "{path}");
    }
    site.world.clock.advance(Duration::from_mins(16));
    for (path, fields) in [
        (edit.as_str(), &TYPED[..]),
        (&erase, &[]),
        (revoke, &[("user_name", "ada")]),
    ] {
        let page = eve.post(path, fields).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(!page.text.contains(FIELD), "{path}");
    }
    let ada = user(&site, "ada").await;
    assert_eq!((ada.kind, ada.is_admin), ("Person", false));
}
