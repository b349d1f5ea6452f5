//! The scope that only administrators may give.

use crate::fixture::{Browser, Page, Site, TOKENS};

const CHOICE: &str = "name=\"scopes\" value=\"introspect\"";

async fn create(browser: &mut Browser) -> Page {
    let key = browser.get(TOKENS).await.value("form_key").to_owned();
    let fields = [
        ("form_key", key.as_str()),
        ("name", "gateway"),
        ("description", ""),
        ("expiration", "30"),
        ("last_day", ""),
        ("rights", "chosen"),
        ("scopes", "introspect"),
        ("networks", ""),
    ];
    browser.post(TOKENS, &fields).await
}

#[tokio::test]
async fn administrators_are_offered_it_and_may_give_it() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let form = root.get(TOKENS).await;
    assert!(form.text.contains(CHOICE), "{}", form.text);
    assert!(form.text.contains("Ask whether tokens are valid"));
    let page = create(&mut root).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let issued = page.secret().unwrap().to_owned();
    let exchanged = site.world.exchange(&issued.into()).await.unwrap();
    assert_eq!(exchanged.scope(), "introspect");
}

#[tokio::test]
async fn others_are_neither_offered_it_nor_can_they_ask_for_it() {
    let site = Site::start().await;
    let mut eve = site.signed_in("eve").await;
    assert!(!eve.get(TOKENS).await.text.contains(CHOICE));
    let linked = eve.get(&format!("{TOKENS}/new?scopes=introspect")).await;
    assert!(linked.text.contains("There is no scope introspect"));
    let page = create(&mut eve).await;
    assert_eq!((page.status, page.secret()), (400, None));
    assert!(page.text.contains("There is no scope introspect"));
}
