//! The scenes: the steps before each picture. A new one needs a line in [`SCENES`] and a function.

use std::pin::Pin;
use std::time::Duration;

use ats_pat_service::{NewToken, NewUser};
use ats_pat_test_support::browser::{Browser, Key};
use ats_pat_test_support::world::{DAY, PASSWORD};

use crate::person::{TOKENS, add, choose, sign_in};
use crate::site::Site;

/// What a picture shows.
pub struct Scene {
    /// The start of the file's name.
    pub name: &'static str,
    /// Takes a new browser at a new site to the place of the picture.
    pub act: for<'a> fn(&'a Browser, &'a Site) -> Act<'a>,
}

type Act<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! scenes {
    ($($name:literal $act:ident)*) => {
        &[$(Scene { name: $name, act: |browser, site| Box::pin($act(browser, site)) }),*]
    };
}

/// All scenes.
pub const SCENES: &[Scene] = scenes! {
    "set-up" set_up
    "sign-in" sign_in_page
    "sign-in-mistake" sign_in_mistake
    "start" start
    "user-options" user_options
    "tokens-empty" tokens_empty
    "tokens" tokens
    "token-actions" token_actions
    "new-token" new_token
    "new-token-mistake" new_token_mistake
    "new-token-renewal" new_token_renewal
    "new-token-late" new_token_late
    "issued" issued
    "issued-question" issued_question
    "regenerate" regenerate
    "regenerate-late" regenerate_late
    "revoke" revoke
    "revoked" revoked
    "token-details" token_details
    "token-regenerate" token_regenerate
    "ended-token-used" ended_token_used
    "token-edit" token_edit
    "token-edit-mistake" token_edit_mistake
    "password" password
    "sessions" sessions
    "users" users
    "new-user" new_user
    "new-user-mistake" new_user_mistake
    "new-user-late" new_user_late
    "user-password" user_password
    "service-accounts" service_accounts
    "service-account-tokens" service_account_tokens
    "new-service-account" new_service_account
    "all-tokens" all_tokens
    "policy" policy
    "policy-group-mistake" policy_group_mistake
    "policy-question" policy_question
    "audit" audit
    "not-found" not_found
    "docs" docs
};

const LINE: &str = "Nightly build";
/// After this time a sign-in is no longer recent.
const LATE: Duration = Duration::from_mins(16);

/// A site with three users, and an administrator's browser.
async fn at_home(browser: &Browser, site: &Site) {
    people(site).await;
    enter(browser, site).await;
}

/// The same with tokens of every status that were created over the last months.
async fn furnished(browser: &Browser, site: &Site) {
    people(site).await;
    let made = [
        ("ada", "Old laptop", "", 60, None, 90),
        (
            "ada",
            "Report export",
            "Monthly figures for the plant managers",
            30,
            None,
            60,
        ),
        ("grace", "Label printer", "", 30, None, 25),
        ("ada", "Line 4 telemetry", "", 365, Some("10.4.0.0/16"), 21),
        (
            "ada",
            "Deploy pipeline",
            "Rolls releases out to the test plant",
            90,
            None,
            7,
        ),
        ("ada", LINE, "", 15, Some("192.0.2.7"), 2),
    ];
    let now = site.world.now().after(DAY * 90);
    let mut in_use = None;
    for (owner, name, description, days, network, ago) in made {
        site.world.clock.set(now.before(DAY * ago));
        let by = site.world.sign_in(owner).await;
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(site.world.now().after(DAY * days).to_string()),
            description: Some(description.to_owned()),
            scopes: network.map(|_| vec!["orders:read".to_owned()]),
            allowed_networks: network.map(|network| vec![network.to_owned()]),
            ..NewToken::default()
        };
        let issued = site.world.service.create_token(&by, new).await;
        let issued = issued.expect("the token is made");
        if name == "Old laptop" {
            let id = issued.token.id.to_string();
            let revoked = site.world.service.revoke_token(&by, &id).await;
            revoked.expect("the token is revoked");
            // Somebody has a copy of the token.
            let refused = site.world.exchange(&issued.secret).await;
            assert!(refused.is_err());
        }
        if name == "Deploy pipeline" {
            in_use = Some(issued.secret);
        }
    }
    site.world.add_service_account("deploy", "ada").await;
    site.world.clock.set(now.before(Duration::from_mins(3)));
    if let Some(secret) = in_use {
        site.world.exchange(&secret).await.expect("it works");
    }
    site.world.service.flush().await;
    site.world.sign_in("ada").await;
    site.world.clock.set(now);
    enter(browser, site).await;
    browser.goto(&site.url(TOKENS)).await;
}

async fn people(site: &Site) {
    for (name, display_name, administrator) in [
        ("ada", "Ada Lovelace", true),
        ("grace", "Grace Hopper", false),
        ("alan", "Alan Turing", false),
    ] {
        let new = NewUser {
            name: name.to_owned(),
            id: None,
            display_name: Some(display_name.to_owned()),
            email: None,
            administrator,
            password: Some(PASSWORD.into()),
        };
        let added = site.world.service.operator().add_user(new).await;
        added.expect("the user is added");
    }
    let disabled = site.world.service.operator().disable_user("alan").await;
    disabled.expect("the user is disabled");
}

async fn enter(browser: &Browser, site: &Site) {
    browser.goto(&site.url("/")).await;
    sign_in(browser, "ada").await;
    browser.wait_for_path("/").await;
}

async fn set_up(browser: &Browser, site: &Site) {
    browser.goto(&site.setup_link().await).await;
    browser.wait_for_path("/setup").await;
    browser.field("User name").await.type_text("ada").await;
}

async fn sign_in_page(browser: &Browser, site: &Site) {
    people(site).await;
    browser.goto(&site.url("/signin")).await;
}

async fn sign_in_mistake(browser: &Browser, site: &Site) {
    sign_in_page(browser, site).await;
    browser.field("User name").await.type_text("ada").await;
    browser.field("Password").await.type_text("lovelace").await;
    browser.button("Sign in").await.click().await;
    browser.wait_for_text("password is wrong").await;
}

async fn start(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/")).await;
}

async fn user_options(browser: &Browser, site: &Site) {
    start(browser, site).await;
    browser
        .button("User options Ada Lovelace")
        .await
        .click()
        .await;
    browser.link("Settings").await;
}

async fn tokens_empty(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url(TOKENS)).await;
}

async fn tokens(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
}

async fn token_actions(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser
        .button("Actions for Nightly build")
        .await
        .click()
        .await;
    browser.button("Revoke").await;
}

async fn new_token(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade
        .field("Token name")
        .await
        .type_text("Backup of the archive")
        .await;
    browser
        .script("document.querySelector('.restrict').open = true", vec![])
        .await;
    browser.radio("Only these scopes").await.click().await;
}

async fn new_token_renewal(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    let name = blade.field("Token name").await;
    name.type_text("Release pipeline").await;
    let open = "document.querySelectorAll('.restrict')[1].open = true";
    browser.script(open, vec![]).await;
}

/// The form was open for too long. It asks for the password, and keeps all entries.
async fn new_token_late(browser: &Browser, site: &Site) {
    new_token(browser, site).await;
    site.world.clock.advance(LATE);
    let blade = browser.dialog("New token").await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("Enter your password.").await;
}

async fn new_token_mistake(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade
        .field("Token name")
        .await
        .type_text("nightly BUILD")
        .await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("choose another name").await;
}

async fn issued(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    add(browser, "Backup of the archive").await;
}

async fn issued_question(browser: &Browser, site: &Site) {
    issued(browser, site).await;
    browser.button("Done").await.click().await;
    browser.alert_dialog("Have you kept the token?").await;
}

async fn regenerate(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    choose(browser, LINE, "Regenerate").await;
}

async fn revoke(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    choose(browser, LINE, "Revoke").await;
}

async fn revoked(browser: &Browser, site: &Site) {
    revoke(browser, site).await;
    browser.button("Yes").await.click().await;
    browser.status().await;
}

async fn token_details(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.link("Deploy pipeline").await.click().await;
    browser.heading("Deploy pipeline").await;
}

async fn regenerate_late(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    site.world.clock.advance(LATE);
    browser.reload().await;
    choose(browser, LINE, "Regenerate").await;
}

async fn token_regenerate(browser: &Browser, site: &Site) {
    token_details(browser, site).await;
    let open = "document.querySelector('details[name=act]').open = true";
    browser.script(open, vec![]).await;
}

async fn ended_token_used(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.link("Old laptop").await.click().await;
    browser.heading("Old laptop").await;
}

async fn token_edit(browser: &Browser, site: &Site) {
    token_details(browser, site).await;
    browser.link("Edit").await.click().await;
    browser.heading("Edit Deploy pipeline").await;
}

async fn token_edit_mistake(browser: &Browser, site: &Site) {
    token_edit(browser, site).await;
    let name = browser.field("Token name").await;
    name.clear().await;
    name.type_text("nightly BUILD").await;
    browser.button("Save").await.click().await;
    browser.wait_for_text("choose another name").await;
}

async fn service_accounts(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.link("Service accounts").await.click().await;
    browser.heading("Service accounts").await;
}

async fn service_account_tokens(browser: &Browser, site: &Site) {
    service_accounts(browser, site).await;
    browser.link("deploy").await.click().await;
    browser.heading("Tokens of deploy").await;
}

async fn new_service_account(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    let form = site.url("/settings/users/new-service-account");
    browser.goto(&form).await;
}

async fn new_user_late(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    site.world.clock.advance(LATE);
    browser.goto(&site.url("/settings/users?add=yes")).await;
    browser.wait_for_text("You signed in more than").await;
}

async fn user_password(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    let path = "/settings/users/password?user=grace";
    browser.goto(&site.url(path)).await;
}

async fn password(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url("/settings/password")).await;
}

async fn sessions(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/sessions")).await;
}

async fn users(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url("/settings/users")).await;
}

async fn new_user(browser: &Browser, site: &Site) {
    users(browser, site).await;
    browser.button("Add").await.click().await;
    browser.dialog("New user").await;
}

async fn new_user_mistake(browser: &Browser, site: &Site) {
    new_user(browser, site).await;
    let blade = browser.dialog("New user").await;
    blade.field("User name").await.type_text("grace").await;
    for field in ["Password", "Repeat the password"] {
        blade.field(field).await.type_text(PASSWORD).await;
    }
    blade.button("Save").await.click().await;
    browser.wait_for_text("There is a user").await;
}

async fn all_tokens(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/all-tokens")).await;
}

async fn policy(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/policy")).await;
}

async fn policy_group_mistake(browser: &Browser, site: &Site) {
    policy(browser, site).await;
    browser.button("Add a group").await.click().await;
    let group = browser.field("Group").await;
    group.type_text("builders").await;
    browser.press(Key::Enter).await;
    browser
        .wait_for_text("Write the name of the provider")
        .await;
}

async fn policy_question(browser: &Browser, site: &Site) {
    policy(browser, site).await;
    for (label, value) in [
        ("Longest lifetime, in days", "30"),
        ("Required networks", "192.0.2.0/24"),
    ] {
        let field = browser.field(label).await;
        field.clear().await;
        field.type_text(value).await;
    }
    let all = browser.field("Tokens with all rights").await;
    all.select("Not allowed").await;
    site.world.clock.advance(LATE);
    let lifetime = browser.field("Longest lifetime, in days").await;
    lifetime.click().await;
    browser.press(Key::Enter).await;
    browser.wait_for_text("Put this policy into force?").await;
}

async fn audit(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser
        .goto(&site.url("/settings/audit?kind=token.created"))
        .await;
}

async fn not_found(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url("/settings/nothing")).await;
}

async fn docs(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/docs#getIdentity")).await;
    let script = "document.querySelector('.try').open = true";
    browser.script(script, vec![]).await;
}
