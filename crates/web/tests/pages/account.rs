//! Password and sessions.

use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, code};

use crate::fixture::Site;

const NEW: &str = "copper-lantern-river-17";

fn change<'a>(current: &'a str, new: &'a str, repeated: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("current_password", current),
        ("password", new),
        ("password_repeat", repeated),
    ]
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session_and_keeps_this_one() {
    let site = Site::start().await;
    let mut here = site.signed_in("ada").await;
    let mut there = site.browser().signed_in("ada").await;
    let before = here.cookie("__Host-ats_session").unwrap().to_owned();
    let page = here
        .post_and_follow("/settings/password", &change(PASSWORD, NEW, NEW))
        .await;
    assert!(page.says("status").starts_with("Your password is changed"));
    assert_eq!(there.get("/").await.status, 303);
    assert_ne!(here.cookie("__Host-ats_session"), Some(before.as_str()));
    let mut thief = site.browser();
    thief.set_cookie("__Host-ats_session", &before);
    assert_eq!(thief.get("/").await.status, 303);
    assert_eq!(
        site.browser().sign_in("ada", PASSWORD, "").await.status,
        401
    );
    assert_eq!(site.browser().sign_in("ada", NEW, "").await.status, 303);
}

#[tokio::test]
async fn tokens_outlive_a_changed_password_unless_asked() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    browser
        .post_and_follow("/settings/password", &change(PASSWORD, NEW, NEW))
        .await;
    assert_eq!(code(site.world.exchange(&issued.secret).await), 1);
    let mut fields = change(NEW, PASSWORD, PASSWORD).to_vec();
    fields.push(("revoke_tokens", "yes"));
    browser.post_and_follow("/settings/password", &fields).await;
    assert_eq!(code(site.world.exchange(&issued.secret).await), 1203);
}

#[tokio::test]
async fn a_refused_change_says_why_and_changes_nothing() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    for (fields, status, field, error) in [
        (
            change("wrong-horse-1", NEW, NEW),
            401,
            "current_password",
            "The current password is wrong.",
        ),
        (
            change(PASSWORD, NEW, PASSWORD),
            400,
            "password_repeat",
            "The two passwords are not the same.",
        ),
        (
            change(PASSWORD, "brief", "brief"),
            400,
            "password",
            "The password is too short",
        ),
        (
            change(PASSWORD, "password1234", "password1234"),
            400,
            "password",
            "The password is easy to guess",
        ),
        (
            change(PASSWORD, PASSWORD, PASSWORD),
            400,
            "password",
            "The password is the one that you have",
        ),
    ] {
        let page = browser.post("/settings/password", &fields).await;
        assert_eq!(page.status, status, "{error}");
        let said = page.error_at(field);
        assert!(said.starts_with(error), "{said}");
        for (_, password) in fields {
            assert!(!page.text.contains(password), "{error}");
        }
    }
    let signed_in = site
        .world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await;
    assert!(signed_in.is_ok());
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let site = Site::start().await;
    let mut here = site.signed_in("ada").await;
    let mut there = site.browser().signed_in("ada").await;
    let mut elsewhere = site.browser().signed_in("ada").await;
    let page = here.get("/settings/sessions").await;
    assert_eq!(page.text.matches("This session").count(), 1);
    assert!(page.text.matches("from 127.0.0.1").count() >= 3);
    let id = page.value("session").to_owned();
    let ended = here
        .post_and_follow("/settings/sessions/end", &[("session", &id)])
        .await;
    assert_eq!(ended.says("status"), "The session is ended.");
    let left = [there.get("/").await.status, elsewhere.get("/").await.status];
    assert_eq!(left.iter().filter(|status| **status == 303).count(), 1);
    for unclear in [
        &[][..],
        &[("session", "a"), ("session", "b")],
        &[("session", "")],
    ] {
        assert_eq!(
            here.post("/settings/sessions/end", unclear).await.status,
            400
        );
    }
    let gone = here
        .post_and_follow("/settings/sessions/end", &[("session", &id)])
        .await;
    assert_eq!(gone.says("status"), "That session had already ended.");
    here.post_and_follow("/settings/sessions/end", &[("others", "yes")])
        .await;
    assert_eq!(there.get("/").await.status, 303);
    assert_eq!(elsewhere.get("/").await.status, 303);
    assert_eq!(here.get("/").await.status, 200);
}

#[tokio::test]
async fn ending_all_other_sessions_is_asked_on_a_page_of_its_own() {
    let site = Site::start().await;
    let mut here = site.signed_in("ada").await;
    let mut there = site.browser().signed_in("ada").await;
    let list = here.get("/settings/sessions").await;
    assert!(list.text.contains("href=\"/settings/sessions/end\""));
    let question = here.get("/settings/sessions/end").await;
    assert!(question.text.contains("<h1>Sign out everywhere else?</h1>"));
    assert_eq!(
        there.get("/").await.status,
        200,
        "nothing is done by asking"
    );
    let others = question.value("others").to_owned();
    here.post_and_follow("/settings/sessions/end", &[("others", &others)])
        .await;
    assert_eq!(there.get("/").await.status, 303);
}

#[tokio::test]
async fn nobody_ends_anothers_session() {
    let site = Site::start().await;
    let mut ada = site.signed_in("ada").await;
    site.world.sign_in("ada").await;
    let id = ada
        .get("/settings/sessions")
        .await
        .value("session")
        .to_owned();
    let mut eve = site.signed_in("eve").await;
    eve.post("/settings/sessions/end", &[("session", &id)])
        .await;
    assert_eq!(ada.get("/settings/sessions").await.value("session"), id);
}
