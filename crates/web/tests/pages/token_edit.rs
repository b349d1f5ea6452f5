//! The page of a token: editing it, and what happened to it.

use ats_pat_domain::{Status, Timestamp};
use ats_pat_service::SignedIn;
use ats_pat_service::view::TokenView;
use ats_pat_test_support::world::{DAY, PASSWORD};

use crate::fixture::{Browser, Site, TOKENS};

/// Ada, and one of her tokens that lasts until 24 December.
struct Scene {
    site: Site,
    browser: Browser,
    ada: SignedIn,
    token: TokenView,
    /// The page of the token.
    page: String,
    /// The form.
    edit: String,
}

async fn scene() -> Scene {
    let site = Site::start().await;
    let browser = site.signed_in("ada").await;
    let ada = site.world.sign_in("ada").await;
    let token = site.world.create(&ada, "ci", 30 * DAY).await.unwrap().token;
    let page = format!("{TOKENS}/{}", token.id);
    Scene {
        edit: format!("{page}/edit"),
        site,
        browser,
        ada,
        token,
        page,
    }
}

impl Scene {
    async fn now(&self) -> TokenView {
        let id = self.token.id.to_string();
        self.site.world.service.token(&self.ada, &id).await.unwrap()
    }
}

fn fields<'a>(name: &'a str, description: &'a str, last_day: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("name", name),
        ("description", description),
        ("last_day", last_day),
    ]
}

#[tokio::test]
async fn a_token_is_edited_and_its_page_tells_what_happened() {
    let mut scene = scene().await;
    let page = scene.browser.get(&scene.page).await;
    assert!(page.text.contains(&format!("href=\"{}\"", scene.edit)));
    assert!(page.text.contains("Token created"));
    assert!(!page.text.contains("Token changed"));
    let form = scene.browser.get(&scene.edit).await;
    assert_eq!(form.value("name"), "ci");
    assert!(form.text.contains("value=\"2026-12-24\""), "{}", form.text);
    let typed = fields("nightly <build>", "deploys", "2026-12-01");
    let page = scene.browser.post_and_follow(&scene.edit, &typed).await;
    assert_eq!(page.says("status"), "nightly &#60;build&#62; is saved.");
    for shown in [
        "Token changed",
        "Name before: ci",
        "Description: deploys",
        "Expires at before: 24 Dec 2026",
        "You",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let now = scene.now().await;
    assert_eq!(
        (now.name.as_str(), now.description.as_str(), now.expires_at),
        (
            "nightly <build>",
            "deploys",
            Timestamp::parse("2026-12-01T23:59:59.999Z").unwrap()
        )
    );
    // Saved as it is, nothing is another than before: the day on which it expires is no change.
    let same = fields("nightly <build>", "deploys", "2026-12-01");
    scene.browser.post_and_follow(&scene.edit, &same).await;
    assert_eq!(scene.now().await, now);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost() {
    let mut scene = scene().await;
    scene
        .site
        .world
        .create(&scene.ada, "other", DAY)
        .await
        .unwrap();
    let until = "Choose a day from today until Thursday, 24 December 2026.";
    for (name, last_day, status, field, said) in [
        (
            "OTHER",
            "2026-12-24",
            409,
            "name",
            "You already have an active token named “OTHER”, in capital or small letters: choose another name.",
        ),
        (" ", "2026-12-24", 400, "name", "Enter a name."),
        ("nightly", "2026-12-25", 400, "last_day", until),
        ("nightly", "2026-11-01", 400, "last_day", until),
        ("nightly", "", 400, "last_day", "Choose the last day."),
    ] {
        let typed = fields(name, "typed before", last_day);
        let page = scene.browser.post(&scene.edit, &typed).await;
        assert_eq!(page.status, status, "{name} {last_day}");
        assert_eq!(page.error_at(field), said);
        assert_eq!(page.value("name"), name);
        assert!(page.text.contains(">typed before</textarea>"));
        assert!(page.text.contains(&format!("value=\"{last_day}\"")));
    }
    assert_eq!(scene.now().await, scene.token);
}

#[tokio::test]
async fn what_was_typed_is_there_again_after_signing_in() {
    for description in ["typed before", "", &"長".repeat(500)] {
        let mut scene = scene().await;
        scene.site.world.clock.advance(DAY);
        let typed = fields("nightly", description, "2026-12-01");
        let sign_in = scene.browser.post(&scene.edit, &typed).await;
        assert_eq!(sign_in.status, 401);
        assert!(sign_in.says("status").contains("Your entries are kept"));
        let kept = sign_in.value("kept").replace("&#38;", "&");
        let form = [
            ("user_name", "ada"),
            ("password", PASSWORD),
            ("next", sign_in.value("next")),
            ("kept", kept.as_str()),
        ];
        let form = scene.browser.post("/signin", &form).await;
        assert_eq!(form.status, 200, "{}", form.text);
        assert!(form.text.contains("Your entries are here again."));
        assert_eq!(form.value("name"), "nightly");
        assert!(form.text.contains(&format!(">{description}</textarea>")));
        assert!(form.text.contains("value=\"2026-12-01\""));
        assert_eq!(scene.now().await, scene.token);
        scene.browser.post_and_follow(&scene.edit, &typed).await;
        assert_eq!(scene.now().await.name, "nightly");
    }
}

#[tokio::test]
async fn a_person_who_signs_in_instead_is_signed_in() {
    let mut scene = scene().await;
    scene.site.world.add_user("eve").await;
    scene.site.world.clock.advance(DAY);
    let typed = fields("hers", "", "2026-12-01");
    let sign_in = scene.browser.post(&scene.edit, &typed).await;
    let form = [
        ("user_name", "eve"),
        ("password", PASSWORD),
        ("next", sign_in.value("next")),
        ("kept", "name=hers"),
    ];
    let answer = scene.browser.post("/signin", &form).await;
    assert_eq!((answer.status, answer.leads_to()), (303, &*scene.edit));
    assert_eq!(scene.browser.get(&scene.edit).await.status, 404);
    assert_eq!(scene.browser.get(TOKENS).await.status, 200);
}

#[tokio::test]
async fn nothing_is_saved_of_a_form_whose_token_has_ended_since() {
    let mut scene = scene().await;
    let id = scene.token.id.to_string();
    let revoked = scene.site.world.service.revoke_token(&scene.ada, &id);
    let revoked = revoked.await.unwrap();
    let typed = fields("nightly", "typed before", "2026-12-01");
    let page = scene.browser.post(&scene.edit, &typed).await;
    assert_eq!(page.status, 409);
    assert_eq!(page.value("name"), "nightly");
    assert_eq!(scene.now().await, revoked);
}

#[tokio::test]
async fn a_day_is_that_of_the_zone_that_the_form_named() {
    let mut scene = scene().await;
    let form = scene.browser.get(&scene.edit).await;
    assert_eq!(form.value("zone"), "UTC");
    // Another page has found out where the person is, on the other side of the date line.
    scene
        .browser
        .set_cookie("__Host-ats_zone", "Pacific/Kiritimati");
    let mut typed = fields("ci", "", "2026-12-24").to_vec();
    typed.push(("zone", "UTC"));
    scene.browser.post_and_follow(&scene.edit, &typed).await;
    assert_eq!(scene.now().await, scene.token);
    typed[2].1 = "2026-12-01";
    scene.browser.post_and_follow(&scene.edit, &typed).await;
    let end = Timestamp::parse("2026-12-01T23:59:59.999Z").unwrap();
    assert_eq!(scene.now().await.expires_at, end);
}

#[tokio::test]
async fn of_a_token_that_ended_the_description_can_be_edited() {
    let mut scene = scene().await;
    let id = scene.token.id.to_string();
    let service = &scene.site.world.service;
    let _ = service.revoke_token(&scene.ada, &id).await.unwrap();
    let form = scene.browser.get(&scene.edit).await;
    assert!(!form.text.contains("name=\"name\""));
    assert!(!form.text.contains("name=\"last_day\""));
    let typed = [("description", "was for the old builds")];
    let page = scene.browser.post_and_follow(&scene.edit, &typed).await;
    assert_eq!(page.says("status"), "ci is saved.");
    let now = scene.now().await;
    assert_eq!(
        (now.description.as_str(), now.status),
        ("was for the old builds", Status::Revoked)
    );
}

#[tokio::test]
async fn another_user_s_token_can_neither_be_seen_nor_edited() {
    let scene = scene().await;
    let mut eve = scene.site.signed_in("eve").await;
    assert_eq!(eve.get(&scene.page).await.status, 404);
    assert_eq!(eve.get(&scene.edit).await.status, 404);
    let typed = fields("hers", "", "2026-12-01");
    assert_eq!(eve.post(&scene.edit, &typed).await.status, 404);
    assert_eq!(scene.now().await, scene.token);
}
