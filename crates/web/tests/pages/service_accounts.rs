//! Service accounts: the responsible person manages their tokens beside their own, and
//! administrators manage the accounts.

use ats_pat_service::{Acting, NewToken, Owner};
use ats_pat_test_support::world::{DAY, PASSWORD};

use crate::fixture::{Browser, Page, Site, TOKENS};

const ACCOUNTS: &str = "/settings/service-accounts";
const NAVIGATION: &str = ">Service accounts</a>";

struct Scene {
    site: Site,
    ada: Browser,
    /// The path of the account's tokens.
    tokens: String,
}

/// Ada, who is responsible for the account `deploy`.
async fn scene() -> Scene {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    let account = site.world.add_service_account("deploy", "ada").await;
    let tokens = format!("{ACCOUNTS}/{}/tokens", account.id);
    Scene { site, ada, tokens }
}

impl Scene {
    /// Makes a token of the account, and gives the page that shows it.
    async fn create(&mut self, name: &str) -> Page {
        let key = self
            .ada
            .get(&self.tokens)
            .await
            .value("form_key")
            .to_owned();
        let fields = [
            ("form_key", key.as_str()),
            ("name", name),
            ("expiration", "30"),
            ("rights", "all"),
        ];
        self.ada.post(&self.tokens, &fields).await
    }
}

/// The id of the only token in a table.
fn id_in(page: &Page, tokens: &str) -> String {
    let start = format!("<a class=\"title\" id=\"t1\" href=\"{tokens}/");
    let (_, rest) = page
        .text
        .split_once(&start)
        .unwrap_or_else(|| panic!("{}", page.text));
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn accounts_are_in_the_navigation_of_who_is_responsible() {
    let mut scene = scene().await;
    let own = scene.ada.get(TOKENS).await;
    assert!(own.text.contains(NAVIGATION));
    let list = scene.ada.get(ACCOUNTS).await;
    assert_eq!(list.status, 200);
    let link = format!("href=\"{}\">deploy</a>", scene.tokens);
    assert!(list.text.contains(&link), "{}", list.text);
    let mut bob = scene.site.signed_in("bob").await;
    assert!(!bob.get(TOKENS).await.text.contains(NAVIGATION));
    assert!(
        bob.get(ACCOUNTS)
            .await
            .text
            .contains("You are not responsible")
    );
}

#[tokio::test]
async fn the_tokens_of_an_account_are_managed_as_ones_own() {
    let mut scene = scene().await;
    let empty = scene.ada.get(&scene.tokens).await;
    assert!(
        empty.text.contains("<h1>Tokens of deploy</h1>"),
        "{}",
        empty.text
    );
    let page = scene.create("ci").await;
    let secret = page.secret().unwrap().to_owned();
    assert!(page.text.contains("New token of deploy"));
    let exchanged = scene.site.world.exchange(&secret.as_str().into()).await;
    let bearer = exchanged.unwrap().token;
    let identity = scene
        .site
        .world
        .service
        .identity(secrecy::ExposeSecret::expose_secret(&bearer));
    assert_eq!(identity.await.unwrap().user_name, "deploy");

    let list = scene.ada.get(&scene.tokens).await;
    let id = id_in(&list, &scene.tokens);
    let page = format!("{}/{id}", scene.tokens);
    let shown = scene.ada.get(&page).await;
    assert!(shown.text.contains("<dd>deploy</dd>"), "{}", shown.text);
    assert!(
        shown.text.contains("<td data-label=\"By\">You</td>"),
        "{}",
        shown.text
    );
    let edit = format!("{page}/edit");
    assert!(shown.text.contains(&format!("href=\"{edit}\"")));
    let last_day = scene
        .ada
        .get(&edit)
        .await
        .value("last_day\" type=\"date")
        .to_owned();
    let fields = [
        ("name", "ci"),
        ("description", "builds"),
        ("last_day", &last_day),
    ];
    let saved = scene.ada.post_and_follow(&edit, &fields).await;
    assert!(saved.text.contains("builds"), "{}", saved.text);
    let regenerated = scene
        .ada
        .post(
            &format!("{page}/regenerate"),
            &[("generation", "1"), ("overlap", "24")],
        )
        .await;
    assert!(regenerated.secret().is_some(), "{}", regenerated.text);
    let ended = scene.ada.post(&format!("{page}/end-overlap"), &[]).await;
    assert_eq!((ended.status, ended.leads_to()), (303, page.as_str()));
    let revoked = scene
        .ada
        .post(&format!("{page}/revoke?status=Active"), &[])
        .await;
    assert_eq!(
        revoked.leads_to(),
        format!("{}?status=Active", scene.tokens)
    );
    let list = scene.ada.get(&scene.tokens).await;
    assert!(list.text.contains("Revoked"));
    let like = scene
        .ada
        .get(&format!("{}/new?like={id}", scene.tokens))
        .await;
    assert_eq!(like.value("name"), "ci");
    // None of it is about the person's own tokens.
    for page in [&list, &like, &shown] {
        assert_eq!(
            page.text.matches(TOKENS).count(),
            1,
            "the navigation alone: {}",
            page.text
        );
    }
    assert!(scene.ada.get(TOKENS).await.text.contains("No tokens yet"));
}

#[tokio::test]
async fn another_persons_account_is_not_found() {
    let mut scene = scene().await;
    scene.create("ci").await;
    let list = scene.ada.get(&scene.tokens).await;
    let id = id_in(&list, &scene.tokens);
    let mut bob = scene.site.signed_in("bob").await;
    let tokens = scene.tokens.clone();
    for path in [
        tokens.clone(),
        format!("{tokens}/new"),
        format!("{tokens}/{id}"),
        format!("{tokens}/{id}/edit"),
    ] {
        let page = bob.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text.contains("Service account not found"), "{path}");
    }
    let key = bob.get(TOKENS).await.value("form_key").to_owned();
    let new = [
        ("form_key", key.as_str()),
        ("name", "x"),
        ("expiration", "30"),
        ("rights", "all"),
    ];
    for (path, fields) in [
        (tokens.clone(), new.as_slice()),
        (format!("{tokens}/{id}/regenerate"), &[("generation", "1")]),
        (format!("{tokens}/{id}/end-overlap"), &[]),
        (format!("{tokens}/{id}/revoke"), &[]),
        (format!("{tokens}/{id}/edit"), &[("name", "x")]),
    ] {
        assert_eq!(bob.post(&path, fields).await.status, 404, "{path}");
    }
    let table = |page: &Page| {
        let (table, _) = page.text.split_once("</table>").unwrap();
        table.to_owned()
    };
    let after = scene.ada.get(&scene.tokens).await;
    assert_eq!(table(&after), table(&list), "nothing has changed");
}

#[tokio::test]
async fn a_form_of_an_account_is_kept_while_its_person_signs_in_again() {
    let mut scene = scene().await;
    let key = scene
        .ada
        .get(&scene.tokens)
        .await
        .value("form_key")
        .to_owned();
    scene.ada.post("/signout", &[]).await;
    let fields = [
        ("form_key", key.as_str()),
        ("name", "kept"),
        ("expiration", "30"),
        ("rights", "all"),
    ];
    let sign_in = scene.ada.post(&scene.tokens, &fields).await;
    assert_eq!(sign_in.status, 401);
    let (next, kept) = (
        sign_in.value("next").to_owned(),
        sign_in.value("kept").replace("&#38;", "&"),
    );
    assert_eq!(next, format!("{}/new", scene.tokens));
    let fields = [
        ("user_name", "ada"),
        ("password", PASSWORD),
        ("next", &next),
        ("kept", &kept),
    ];
    let form = scene.ada.post("/signin", &fields).await;
    assert_eq!(form.value("name"), "kept");
    assert!(form.text.contains("New token of deploy"));
    assert!(form.text.contains(&format!("action=\"{}\"", scene.tokens)));
    assert!(
        scene
            .ada
            .get(&format!("{}/1/end-overlap", scene.tokens))
            .await
            .leads_to()
            == scene.tokens
    );
}

#[tokio::test]
async fn a_disabled_account_says_so() {
    let mut scene = scene().await;
    scene.create("ci").await;
    let id = id_in(&scene.ada.get(&scene.tokens).await, &scene.tokens);
    let operator = scene.site.world.service.operator();
    operator.disable_user("deploy").await.unwrap();
    let says = "This service account is disabled";
    assert!(scene.ada.get(&scene.tokens).await.text.contains(says));
    let made = scene.create("more").await;
    assert_eq!((made.status, made.secret()), (401, None));
    assert!(made.text.contains(says));
    let path = format!("{}/{id}/regenerate", scene.tokens);
    let refused = scene.ada.post(&path, &[("generation", "1")]).await;
    assert!(refused.says("alert").contains(says), "{}", refused.text);
    let revoked = scene
        .ada
        .post(&format!("{}/{id}/revoke", scene.tokens), &[])
        .await;
    assert_eq!(revoked.status, 303);
}

#[tokio::test]
async fn administrators_add_accounts_and_choose_who_is_responsible() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    site.signed_in("ada").await;
    site.signed_in("bob").await;
    let new = "/settings/users/new-service-account";
    let users = root.get("/settings/users").await;
    assert!(users.text.contains(&format!("href=\"{new}\"")));
    for (responsible, status) in [("nobody", 404), ("", 404)] {
        let fields = [
            ("user_name", "deploy"),
            ("display_name", "Deployment"),
            ("responsible", responsible),
        ];
        let refused = root.post(new, &fields).await;
        assert_eq!(refused.status, status);
        refused.error_at("responsible");
        assert_eq!(refused.value("display_name"), "Deployment");
    }
    let fields = [("user_name", "ada"), ("responsible", "bob")];
    assert!(
        root.post(new, &fields)
            .await
            .error_at("user_name")
            .contains("ada")
    );
    let fields = [
        ("user_name", "deploy"),
        ("display_name", ""),
        ("responsible", "ada"),
    ];
    let users = root.post_and_follow(new, &fields).await;
    assert_eq!(users.says("status"), "The service account deploy is added.");
    assert!(
        users
            .text
            .contains("Service account<span class=\"sub\">Responsible: ada</span>"),
        "{}",
        users.text
    );

    let path = "/settings/users/responsible";
    let form = root.get(&format!("{path}?user=deploy")).await;
    assert!(form.text.contains("<h1>Responsible person of deploy</h1>"));
    let refused = root
        .post(path, &[("user", "deploy"), ("responsible", "deploy")])
        .await;
    assert!(
        refused
            .error_at("responsible")
            .contains("can’t be responsible")
    );
    let users = root
        .post_and_follow(path, &[("user", "deploy"), ("responsible", "bob")])
        .await;
    assert_eq!(users.says("status"), "deploy has a new responsible person.");
    let bob = [("user_name", "bob")];
    let users = root.post_and_follow("/settings/users/disable", &bob).await;
    assert!(
        users
            .says("status")
            .starts_with("bob is disabled, but is responsible")
    );
    assert!(
        users.text.contains("Responsible: bob, who is disabled."),
        "{}",
        users.text
    );
    let refused = root
        .post(path, &[("user", "ada"), ("responsible", "root")])
        .await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("is no service account"));
    let password = [
        ("user_name", "deploy"),
        ("password", "plum-velvet-orbit-92"),
        ("password_repeat", "plum-velvet-orbit-92"),
    ];
    let refused = root.post("/settings/users/password", &password).await;
    assert!(
        refused.text.contains("deploy is a service account"),
        "{}",
        refused.text
    );

    let mut eve = site.signed_in("eve").await;
    for path in [new, "/settings/users/responsible?user=deploy"] {
        assert_eq!(eve.get(path).await.status, 403, "{path}");
    }
    assert_eq!(eve.post(new, &fields).await.status, 403);
    assert_eq!(
        eve.post(path, &[("user", "deploy"), ("responsible", "eve")])
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_page_full_of_an_accounts_longest_is_under_100_kb_with_all_its_files() {
    let site = Site::start().await;
    let mut ada = site.signed_in("ada").await;
    let name = "𒀀".repeat(100);
    let account = site.world.add_service_account(&name, "ada").await.id;
    let by = site.world.sign_in("ada").await;
    let acting = Acting::on(&by, Owner::ServiceAccount(account));
    for number in 10..40 {
        let name = format!("{}{number}", "𒀀".repeat(98));
        let new = NewToken {
            description: Some("𒀀".repeat(500)),
            scopes: Some(vec!["orders:read".to_owned(), "orders:write".to_owned()]),
            ..site.world.new_token(&name, DAY * 5)
        };
        site.world.service.create_token(acting, new).await.unwrap();
    }
    let page = ada.get(&format!("{ACCOUNTS}/{account}/tokens")).await;
    let mut bytes = page.text.len();
    for part in page.text.split("\"/assets/").skip(1) {
        let (name, _) = part.split_once('"').unwrap();
        bytes += ada.get(&format!("/assets/{name}")).await.text.len();
    }
    assert!(bytes < 100_000, "{bytes}");
}
