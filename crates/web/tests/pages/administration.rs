//! What administrators see, and nobody else.

use ats_pat_service::view::NamedEventView;
use ats_pat_service::{EventQuery, NewUser};
use ats_pat_test_support::world::{DAY, PASSWORD, code, person};

use crate::fixture::{Page, Site};

#[tokio::test]
async fn nobody_but_administrators_gets_there() {
    let site = Site::start().await;
    let mut eve = site.signed_in("eve").await;
    site.world.add_user("lovelace").await;
    let by = site.world.sign_in("lovelace").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    for path in [
        "/settings/users",
        "/settings/all-tokens",
        "/settings/policy",
        "/settings/audit",
        "/settings/audit.csv",
    ] {
        let page = eve.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(!page.text.contains("lovelace"), "{path}");
    }
    let revoke = format!("/settings/all-tokens/{}/revoke", issued.token.id);
    for (path, fields) in [
        (
            "/settings/users",
            &[
                ("user_name", "mallory"),
                ("password", PASSWORD),
                ("password_repeat", PASSWORD),
                ("is_admin", "yes"),
            ][..],
        ),
        ("/settings/users/disable", &[("user_name", "lovelace")]),
        ("/settings/users/enable", &[("user_name", "lovelace")]),
        (
            "/settings/users/password",
            &[
                ("user_name", "lovelace"),
                ("password", PASSWORD),
                ("password_repeat", PASSWORD),
            ],
        ),
        (revoke.as_str(), &[]),
    ] {
        assert_eq!(eve.post(path, fields).await.status, 403, "{path}");
    }
    assert!(!eve.get("/").await.text.contains("Administration"));
    assert_eq!(code(site.world.exchange(&issued.secret).await), 1);
    let users = site.world.service.operator().users().await.unwrap();
    assert_eq!(users.len(), 2);
}

#[tokio::test]
async fn users_are_added_disabled_enabled_and_given_passwords() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let new = [
        ("user_name", "Ada"),
        ("display_name", "Ada <L>"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("password_repeat", PASSWORD),
    ];
    let page = root.post_and_follow("/settings/users", &new).await;
    assert_eq!(page.says("status"), "The user Ada is added.");
    assert!(page.text.contains("Ada &#60;L&#62;") && page.text.contains("ada@example.com"));
    let again = root.post("/settings/users", &new).await;
    assert_eq!(again.status, 409);
    assert!(
        again
            .text
            .contains("There is a user named Ada: choose another name.")
            && again.text.contains("open data-modal")
    );
    assert_eq!(again.value("display_name"), "Ada &#60;L&#62;");
    let mut ada = site.browser().signed_in("ada").await;
    let page = root
        .post_and_follow("/settings/users/disable", &[("user_name", "Ada")])
        .await;
    assert!(page.says("status").starts_with("Ada is disabled"));
    assert_eq!(ada.get("/").await.status, 303);
    assert_eq!(
        site.browser().sign_in("ada", PASSWORD, "").await.status,
        401
    );
    root.post_and_follow("/settings/users/enable", &[("user_name", "Ada")])
        .await;
    let other = "copper-lantern-river-17";
    let fields = [
        ("user_name", "Ada"),
        ("password", other),
        ("password_repeat", other),
    ];
    let form = root.get("/settings/users/password?user=Ada").await;
    assert_eq!(form.value("user_name"), "Ada");
    let page = root
        .post_and_follow("/settings/users/password", &fields)
        .await;
    assert!(page.says("status").starts_with("Ada has a new password"));
    assert_eq!(site.browser().sign_in("ada", other, "").await.status, 303);
    let query = EventQuery {
        limit: 20,
        ..EventQuery::default()
    };
    let events = site.world.service.operator().event_page(query).await;
    let events = events.unwrap();
    let by_root = |event: &&NamedEventView| {
        event.actor_name.as_deref() == Some("root") && event.event.kind.starts_with("user.")
    };
    assert_eq!(events.iter().filter(by_root).count(), 4, "{events:?}");
}

#[tokio::test]
async fn an_administrator_does_not_lock_oneself_out() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let page = root
        .post("/settings/users/disable", &[("user_name", "ROOT")])
        .await;
    assert_eq!(page.status, 409);
    assert!(page.says("alert").contains("You can’t disable yourself"));
    assert_eq!(root.get("/").await.status, 200);
    let page = root
        .post("/settings/users/disable", &[("user_name", "nobody")])
        .await;
    assert_eq!(
        (page.status, page.says("alert")),
        (404, "There is no user nobody.")
    );
}

#[tokio::test]
async fn everybodys_tokens_are_found_and_revoked() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    for name in ["ada", "eve"] {
        let by = site.world.signed_in(name).await;
        site.world
            .create(&by, &format!("{name}s token"), DAY)
            .await
            .unwrap();
    }
    let all = root.get("/settings/all-tokens").await;
    assert!(all.text.contains("adas token") && all.text.contains("eves token"));
    let hers = root.get("/settings/all-tokens?owner=ADA").await;
    assert!(hers.text.contains("adas token") && !hers.text.contains("eves token"));
    let nobody = root.get("/settings/all-tokens?owner=nobody").await;
    assert_eq!(nobody.status, 200);
    assert!(nobody.text.contains("Nothing found"));
    let (_, dialogs) = hers.text.split_once("<dialog").unwrap();
    let (_, rest) = dialogs
        .split_once("action=\"/settings/all-tokens/")
        .unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    let page = root
        .post_and_follow(&format!("/settings/all-tokens/{path}"), &[])
        .await;
    assert!(page.says("status").starts_with("“adas token” is revoked"));
    assert!(page.text.contains("value=\"ADA\""), "the view stays");
    let none = root.post("/settings/all-tokens/nonsense/revoke", &[]).await;
    assert_eq!(
        (none.status, none.says("alert")),
        (404, "There is no such token.")
    );
}

#[tokio::test]
async fn ones_own_password_is_changed_only_by_who_knows_it() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let other = "copper-lantern-river-17";
    let fields = [
        ("user_name", "ROOT"),
        ("password", other),
        ("password_repeat", other),
    ];
    let page = root.post("/settings/users/password", &fields).await;
    assert_eq!(page.status, 409);
    assert!(page.says("alert").contains("your own account"));
    assert_eq!(root.get("/").await.status, 200, "still signed in");
    assert_eq!(site.browser().sign_in("root", other, "").await.status, 401);
    let form = root.get("/settings/users/password?user=root").await;
    assert_eq!(form.leads_to(), "/settings/password");
}

#[tokio::test]
async fn a_new_password_can_end_the_tokens_too() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let by = site.world.signed_in("ada").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    let mut fields = vec![
        ("user_name", "ada"),
        ("password", PASSWORD),
        ("password_repeat", PASSWORD),
    ];
    root.post_and_follow("/settings/users/password", &fields)
        .await;
    assert_eq!(code(site.world.exchange(&issued.secret).await), 1);
    fields.push(("revoke_tokens", "yes"));
    root.post_and_follow("/settings/users/password", &fields)
        .await;
    assert_eq!(code(site.world.exchange(&issued.secret).await), 1203);
}

#[tokio::test]
async fn a_user_to_be_added_is_kept_over_signing_in_but_for_the_password() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    root.set_cookie("__Host-ats_session", "gone");
    let new = [
        ("user_name", "ada"),
        ("display_name", "Ada L"),
        ("email", "ada@example.com"),
        ("is_admin", "yes"),
        ("password", PASSWORD),
        ("password_repeat", PASSWORD),
    ];
    let page = root.post_and_follow("/settings/users", &new).await;
    assert!(page.says("status").contains("before this was done"));
    let next = page.value("next").replace("&#38;", "&");
    assert!(!next.contains(PASSWORD), "{next}");
    root.sign_in("root", PASSWORD, &next).await;
    let page = root.get(&next).await;
    assert_eq!(page.value("display_name"), "Ada L");
    assert_eq!(page.value("email"), "ada@example.com");
    assert!(page.text.contains("value=\"yes\" checked") && page.text.contains("open data-modal"));
}

#[tokio::test]
async fn people_are_found_by_a_part_of_either_name() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    for (name, display_name) in [
        ("alove", "Ada Lovelace"),
        ("ghopper", "Grace Hopper"),
        ("ada2", "Ada Byron"),
    ] {
        let new = NewUser {
            display_name: Some(display_name.to_owned()),
            ..person(name, false)
        };
        let added = site.world.service.operator().add_user(new).await;
        added.unwrap();
        let by = site.world.sign_in(name).await;
        let token = format!("token of {name}");
        site.world.create(&by, &token, DAY).await.unwrap();
    }
    let is_shown = |page: &Page| {
        ["alove", "ghopper", "ada2"].map(|name| page.text.contains(&format!(">{name}<")))
    };
    for (search, shown) in [
        ("ADA", [true, false, true]),
        ("hopp", [false, true, false]),
        ("lovelace", [true, false, false]),
        ("a%20b", [false, false, true]),
    ] {
        let users = root.get(&format!("/settings/users?search={search}")).await;
        assert_eq!(is_shown(&users), shown, "{search}: {}", users.text);
        let tokens = format!("/settings/all-tokens?owner={search}");
        let tokens = root.get(&tokens).await;
        assert_eq!(is_shown(&tokens), shown, "{search}: {}", tokens.text);
        let events = format!("/settings/audit?kind=token.created&owner={search}");
        let events = root.get(&events).await;
        assert_eq!(is_shown(&events), shown, "{search}: {}", events.text);
    }
    let nobody = root.get("/settings/all-tokens?owner=eve").await;
    assert!(
        nobody
            .text
            .contains("No user name or display name contains “eve”.")
    );
    // The menu of a user leads to the tokens of that user alone.
    let users = root.get("/settings/users?search=ghopper").await;
    let tokens = "/settings/all-tokens?owner=%22ghopper%22";
    assert!(users.text.contains(&format!("href=\"{tokens}\"")));
    let tokens = root.get(tokens).await;
    assert_eq!(is_shown(&tokens), [false, true, false]);
}

#[tokio::test]
async fn what_is_wrong_with_a_user_is_told_at_its_field_and_the_names_are_kept() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let long = "x".repeat(101);
    for (user_name, display_name, password, repeated, field, error) in [
        (
            "ROOT",
            "Ada L",
            PASSWORD,
            PASSWORD,
            "user_name",
            "There is a user named ROOT",
        ),
        (
            "",
            "Ada L",
            PASSWORD,
            PASSWORD,
            "user_name",
            "Enter a user name.",
        ),
        (
            "ada",
            &*long,
            PASSWORD,
            PASSWORD,
            "display_name",
            "at most 100 characters",
        ),
        ("ada", "Ada L", "brief", "brief", "password", "too short"),
        (
            "ada",
            "Ada L",
            PASSWORD,
            "brief",
            "password_repeat",
            "not the same",
        ),
    ] {
        let fields = [
            ("user_name", user_name),
            ("display_name", display_name),
            ("password", password),
            ("password_repeat", repeated),
            ("is_admin", "yes"),
        ];
        let page = root.post("/settings/users", &fields).await;
        let said = page.error_at(field);
        assert!(said.contains(error), "{said}");
        assert_eq!(page.value("user_name"), user_name);
        assert_eq!(page.value("display_name"), display_name);
        assert!(page.text.contains("value=\"yes\" checked"));
        assert!(!page.text.contains(password), "{error}");
    }
    let fields = [
        ("user_name", "ada"),
        ("email", "not an address"),
        ("password", PASSWORD),
        ("password_repeat", PASSWORD),
    ];
    let page = root.post("/settings/users", &fields).await;
    assert!(page.error_at("email").contains("such as ada@example.com"));
    assert_eq!(page.value("email"), "not an address");
    let fields = [
        ("user_name", "root2"),
        ("password", PASSWORD),
        ("password_repeat", "brief"),
    ];
    let page = root.post("/settings/users/password", &fields).await;
    assert!(page.error_at("password_repeat").contains("not the same"));
}

#[tokio::test]
async fn disabling_and_enabling_is_asked_on_a_page_of_its_own() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let mut ada = site.signed_in("ada").await;
    for (act, other, status) in [("disable", "enable", 303), ("enable", "disable", 303)] {
        let list = root.get("/settings/users?search=ada").await;
        let path = format!("/settings/users/{act}?user=ada&search=ada");
        let href = path.replace('&', "&#38;");
        assert!(
            list.text.contains(&format!("href=\"{href}\"")),
            "{}",
            list.text
        );
        assert!(!list.text.contains(&format!("/users/{other}")));
        let question = root.get(&path).await;
        let action = format!("action=\"/settings/users/{act}?search=ada\"");
        assert!(question.text.contains(&action), "{}", question.text);
        let name = question.value("user_name").to_owned();
        let path = format!("/settings/users/{act}?search=ada");
        let done = root.post(&path, &[("user_name", &name)]).await;
        assert_eq!(
            (done.status, done.leads_to()),
            (303, "/settings/users?search=ada")
        );
        assert_eq!(ada.get("/").await.status, status);
    }
    let mut eve = site.signed_in("eve").await;
    let page = eve.get("/settings/users/disable?user=ada").await;
    assert_eq!(page.status, 403);
}
