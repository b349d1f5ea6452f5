//! The page of a token lets the current one work on for a while when it gets another.

use ats_pat_test_support::world::{DAY, code};
use secrecy::ExposeSecret as _;

use crate::fixture::{Browser, Site, TOKENS};

struct Scene {
    site: Site,
    browser: Browser,
    /// The path of the token's page.
    page: String,
    old: String,
}

async fn scene() -> Scene {
    let site = Site::start().await;
    let browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    let issued = site.world.create(&by, "gateways", DAY).await.unwrap();
    Scene {
        page: format!("{TOKENS}/{}", issued.token.id),
        old: issued.secret.expose_secret().to_owned(),
        site,
        browser,
    }
}

impl Scene {
    async fn works(&self, secret: &str) -> bool {
        code(self.site.world.exchange(&secret.into()).await) == 1
    }
}

#[tokio::test]
async fn the_page_offers_an_overlap_says_when_it_ends_and_ends_it() {
    let mut scene = scene().await;
    let page = scene.browser.get(&scene.page).await;
    for offer in [
        "<option value=\"0\">stops working at once</option>",
        "<option value=\"1\">works for 1 hour more</option>",
        "<option value=\"24\">works for 24 hours more</option>",
        "<option value=\"168\">works for 7 days more</option>",
    ] {
        assert!(page.text.contains(offer), "{offer}: {}", page.text);
    }
    assert!(!page.text.contains("End the old token now"));
    let path = format!("{}/regenerate", scene.page);
    let fields = [("generation", "1"), ("overlap", "1")];
    let regenerated = scene.browser.post(&path, &fields).await;
    let new = regenerated.secret().unwrap().to_owned();
    assert!(regenerated.text.contains("The old one works for a while."));
    assert!(scene.works(&scene.old).await && scene.works(&new).await);

    let list = scene.browser.get(TOKENS).await;
    assert!(list.text.contains("The old token works until"));
    let page = scene.browser.get(&scene.page).await;
    assert!(page.text.contains("The old token works until"));
    let path = format!("{}/end-overlap", scene.page);
    let form = format!("<form method=\"post\" action=\"{path}\" data-once>");
    assert!(page.text.contains(&form), "{}", page.text);
    let ended = scene.browser.post_and_follow(&path, &[]).await;
    assert_eq!(ended.says("status"), "gateways is saved.");
    assert!(!ended.text.contains("The old token works until"));
    assert!(!scene.works(&scene.old).await && scene.works(&new).await);
}

#[tokio::test]
async fn the_page_offers_another_expiration_for_the_new_token() {
    let mut scene = scene().await;
    let page = scene.browser.get(&scene.page).await;
    for offer in [
        "<option value=\"\" data-fill=\"renewed\">on 25 Nov 2026, as long as before</option>",
        "<option value=\"7\">after 7 days: Tuesday, 1 December 2026</option>",
        "<option value=\"365\">after 1 year: Wednesday, 24 November 2027</option>",
    ] {
        assert!(page.text.contains(offer), "{offer}: {}", page.text);
    }
    let path = format!("{}/regenerate", scene.page);
    for (expiration, status) in [("soon", 400), ("367", 400)] {
        let fields = [("generation", "1"), ("expiration", expiration)];
        let refused = scene.browser.post(&path, &fields).await;
        assert_eq!((refused.status, refused.secret()), (status, None));
    }
    let fields = [("generation", "1"), ("expiration", "7")];
    let regenerated = scene.browser.post(&path, &fields).await;
    assert!(regenerated.secret().is_some());
    let day = "Tuesday, 1 December 2026";
    assert!(regenerated.text.contains(day), "{}", regenerated.text);
}

#[tokio::test]
async fn an_overlap_that_is_none_or_too_long_is_refused_in_words() {
    let mut scene = scene().await;
    let path = format!("{}/regenerate", scene.page);
    for (overlap, status) in [("soon", 400), ("-1", 400), ("169", 403)] {
        let fields = [("generation", "1"), ("overlap", overlap)];
        let page = scene.browser.post(&path, &fields).await;
        assert_eq!((page.status, page.secret()), (status, None), "{overlap}");
        if overlap == "169" {
            assert!(page.text.contains("allows only a shorter overlap"));
        }
    }
    assert!(scene.works(&scene.old).await);
}
