//! The question before a token of the table is regenerated, in a dialog and on a page of its own:
//! when the new one expires, and how long the old one works on.

use ats_pat_service::{Acting, Owner, Settings};
use ats_pat_test_support::world::{DAY, PASSWORD, code};
use secrecy::ExposeSecret as _;

use crate::fixture::{Browser, Page, Site, TOKENS};

struct Scene {
    site: Site,
    browser: Browser,
    /// The path of the table.
    tokens: String,
    /// The path of the question.
    question: String,
    old: String,
}

/// A token of ada's, or one of the service account that she is responsible for.
async fn scene(is_account: bool, change: impl FnOnce(&mut Settings)) -> Scene {
    let site = Site::start_with(change).await;
    let browser = site.signed_in("ada").await;
    let account = site.world.add_service_account("deploy", "ada").await.id;
    let by = site.world.sign_in("ada").await;
    let (owner, tokens) = if is_account {
        let tokens = format!("/settings/service-accounts/{account}/tokens");
        (Owner::ServiceAccount(account), tokens)
    } else {
        (Owner::Own, TOKENS.to_owned())
    };
    let acting = Acting::on(&by, owner);
    let issued = site.world.create(acting, "gateways", DAY).await.unwrap();
    Scene {
        question: format!("{tokens}/{}/regenerate", issued.token.id),
        old: issued.secret.expose_secret().to_owned(),
        site,
        browser,
        tokens,
    }
}

impl Scene {
    async fn works(&self, secret: &str) -> bool {
        code(self.site.world.exchange(&secret.into()).await) == 1
    }
}

/// The dialog of the table that asks.
fn dialog(page: &Page) -> &str {
    let (_, dialog) = page
        .text
        .split_once("<dialog id=\"regenerate\"")
        .unwrap_or_else(|| panic!("{}", page.text));
    dialog.split_once("</dialog>").unwrap().0
}

fn assert_offers(question: &str) {
    for offer in [
        "Regenerate “gateways”?",
        "<option value=\"0\">stops working at once</option>",
        "<option value=\"1\">works for 1 hour more</option>",
        "<option value=\"24\">works for 24 hours more</option>",
        "<option value=\"168\">works for 7 days more</option>",
        ">on 25 Nov 2026, as long as before</option>",
        "<option value=\"90\">after 90 days: Monday, 22 February 2027</option>",
        "name=\"generation\" value=\"1\"",
    ] {
        assert!(question.contains(offer), "{offer}: {question}");
    }
    assert!(!question.contains("value=\"date\""), "{question}");
}

async fn offered_and_done(is_account: bool) {
    let mut scene = scene(is_account, |_| {}).await;
    let list = scene
        .browser
        .get(&format!("{}?search=gate", scene.tokens))
        .await;
    let link = format!(
        "<a href=\"{}?search=gate\" data-command=\"show-modal\" data-commandfor=\"regenerate\"",
        scene.question
    );
    assert!(list.text.contains(&link), "{}", list.text);
    assert_offers(dialog(&list));

    let path = format!("{}?search=gate", scene.question);
    let page = scene.browser.get(&path).await;
    assert_eq!(page.status, 200);
    assert_offers(&page.text);
    let cancel = format!(
        "<a class=\"button\" href=\"{}?search=gate\">Cancel</a>",
        scene.tokens
    );
    assert!(page.text.contains(&cancel), "{}", page.text);
    let form = format!("<form method=\"post\" action=\"{path}\"");
    assert!(page.text.contains(&form), "{}", page.text);
    assert!(scene.works(&scene.old).await, "nothing was done");

    let fields = [("generation", "1"), ("overlap", "24"), ("expiration", "90")];
    let done = scene.browser.post(&path, &fields).await;
    let Some(new) = done.secret().map(ToOwned::to_owned) else {
        panic!("there is a new token");
    };
    assert!(done.text.contains("The old one works for a while."));
    assert!(done.text.contains("Monday, 22 February 2027"));
    assert_eq!(done.value("search"), "gate");
    let list = scene.browser.get(&scene.tokens).await;
    assert!(list.text.contains("The old token works until"));
    assert!(scene.works(&scene.old).await && scene.works(&new).await);
}

#[tokio::test]
async fn the_question_names_the_new_date_and_offers_others_and_an_overlap() {
    offered_and_done(false).await;
}

#[tokio::test]
async fn the_tokens_of_a_service_account_ask_the_same() {
    offered_and_done(true).await;
}

#[tokio::test]
async fn the_policy_limits_the_overlaps_on_offer() {
    for (most, offered) in [(0, &[][..]), (24, &["0", "1", "24"][..])] {
        let change = |settings: &mut Settings| settings.policy.base.max_overlap_hours = most;
        let mut scene = scene(false, change).await;
        let list = scene.browser.get(TOKENS).await;
        let page = scene.browser.get(&scene.question).await;
        for question in [dialog(&list), &page.text] {
            let overlaps: Vec<_> = ["0", "1", "24", "168"]
                .into_iter()
                .filter(|hours| {
                    let option = format!("<option value=\"{hours}\">");
                    question.contains(&option)
                })
                .collect();
            assert_eq!(overlaps, offered, "{most}: {question}");
            let at_once = "The current token stops working at once.";
            assert_eq!(question.contains(at_once), most == 0, "{question}");
        }
    }
}

#[tokio::test]
async fn what_was_chosen_when_the_session_had_ended_is_chosen_again() {
    let mut scene = scene(true, |_| {}).await;
    scene.browser.post("/signout", &[]).await;
    let path = format!("{}?search=gate", scene.question);
    let fields = [("generation", "1"), ("overlap", "24"), ("expiration", "90")];
    let ended = scene.browser.post_and_follow(&path, &fields).await;
    assert!(ended.text.contains("Your session ended before this"));
    let next = ended.value("next").replace("&#38;", "&");
    let answer = scene.browser.sign_in("ada", PASSWORD, &next).await;
    let next = answer.leads_to().to_owned();
    let page = scene.browser.get(&next).await;
    assert_eq!(page.status, 200);
    for chosen in ["24", "90"] {
        let option = format!("<option value=\"{chosen}\" selected>");
        assert!(page.text.contains(&option), "{chosen}: {}", page.text);
    }
    let form = format!("<form method=\"post\" action=\"{path}\"");
    assert!(page.text.contains(&form), "{}", page.text);
    assert!(scene.works(&scene.old).await, "nothing was done");
}

#[tokio::test]
async fn only_an_active_token_of_ones_own_is_asked_about() {
    let mut scene = scene(false, |_| {}).await;
    let mut eve = scene.site.signed_in("eve").await;
    let unknown = format!("{TOKENS}/0198c0de-0000-7000-8000-000000000000/regenerate");
    for path in [scene.question.as_str(), &unknown] {
        let page = eve.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(
            page.says("alert"),
            "You have no such personal access token."
        );
        assert!(!page.text.contains("gateways"), "{path}");
    }
    scene.site.world.clock.advance(DAY);
    let mut ada = scene.site.browser().signed_in("ada").await;
    let page = ada.get(&scene.question).await;
    assert_eq!(page.status, 409);
    assert_eq!(
        page.says("alert"),
        "gateways is expired: only an active token can be regenerated."
    );
    assert!(!page.text.contains("<dialog id=\"regenerate\""));
    scene.browser.post("/signout", &[]).await;
    let page = scene.browser.get(&scene.question).await;
    assert!(
        page.leads_to().starts_with("/signin?next="),
        "{}",
        page.text
    );
}
