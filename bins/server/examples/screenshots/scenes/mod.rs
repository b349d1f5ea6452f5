//! The scenes: what is done before each picture. A new one is a line in [`SCENES`] and a function.

mod administration;
mod furniture;
mod tokens;

use std::pin::Pin;

use ats_pat_domain::{Issuer, ProviderName};
use ats_pat_service::ProviderRules;
use ats_pat_test_support::browser::Browser;

use self::administration::{
    all_tokens, all_tokens_filtered, all_tokens_found, audit, new_operator_key,
    new_operator_key_mistake, new_service_account, new_user, new_user_late, new_user_mistake,
    operator_key_issued, operator_key_revoke, operator_keys, policy, policy_group_mistake,
    policy_question, revocation_of_many, user_edit, user_erase, user_password, users,
};
use self::furniture::{at_home, furnished, people};
use self::tokens::{
    ended_token_used, issued, issued_question, new_token, new_token_late, new_token_mistake,
    new_token_renewal, regenerate, regenerate_late, revoke, revoked, service_account_tokens,
    service_accounts, token_actions, token_details, token_edit, token_edit_mistake,
    token_regenerate, tokens, tokens_empty,
};
use crate::site::Site;

/// What is to be seen.
pub struct Scene {
    /// What the file's name begins with.
    pub name: &'static str,
    /// Brings a new browser before a new site to where the picture is taken.
    pub act: for<'a> fn(&'a Browser, &'a Site) -> Act<'a>,
}

type Act<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! scenes {
    ($($name:literal $act:ident)*) => {
        &[$(Scene { name: $name, act: |browser, site| Box::pin($act(browser, site)) }),*]
    };
}

/// Every scene, in the order of the pictures.
pub const SCENES: &[Scene] = scenes! {
    "set-up" set_up
    "sign-in" sign_in_page
    "sign-in-mistake" sign_in_mistake
    "sign-in-company" sign_in_page
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
    "user-edit" user_edit
    "user-erase" user_erase
    "user-password" user_password
    "service-accounts" service_accounts
    "service-account-tokens" service_account_tokens
    "new-service-account" new_service_account
    "all-tokens" all_tokens
    "all-tokens-filtered" all_tokens_filtered
    "all-tokens-found" all_tokens_found
    "revocation-of-many" revocation_of_many
    "operator-keys" operator_keys
    "new-operator-key" new_operator_key
    "new-operator-key-mistake" new_operator_key_mistake
    "operator-key-issued" operator_key_issued
    "operator-key-revoke" operator_key_revoke
    "policy" policy
    "policy-group-mistake" policy_group_mistake
    "policy-question" policy_question
    "audit" audit
    "not-found" not_found
    "docs" docs
};

/// The identity providers that people can sign in at.
pub fn providers(scene: &Scene) -> Vec<ProviderRules> {
    if scene.name != "sign-in-company" {
        return Vec::new();
    }
    let provider = |name: &str, label: &str| ProviderRules {
        name: ProviderName::new(name).expect("a name"),
        label: label.to_owned(),
        issuer: Issuer::new(&format!("https://{name}.example.com")).expect("an issuer"),
        allowed_groups: Vec::new(),
        administrator_groups: Vec::new(),
        subject_is_id: false,
        sign_in_every_days: None,
    };
    vec![
        provider("contoso", "Contoso"),
        provider("partners", "Contoso for suppliers and partners"),
    ]
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

async fn password(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url("/settings/password")).await;
}

async fn sessions(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/sessions")).await;
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
