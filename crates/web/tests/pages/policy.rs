//! The form for a new token follows the policy of the person.

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::{GroupPolicy, MayCreate};

use crate::fixture::{Browser, Page, Site, TOKENS};

const ALL_RIGHTS: &str = "name=\"rights\" value=\"all\"";
const NONE_MAY: &str = "The policy does not let you make tokens.";

async fn site() -> Site {
    Site::start_with(|settings| {
        let group = |name: &str| GroupPolicy::of(Group::new(name).unwrap());
        settings.policy.groups = vec![
            GroupPolicy {
                may_create: Some(MayCreate::Nobody),
                ..group("corp/guests")
            },
            GroupPolicy {
                all_scope_allowed: Some(false),
                required_networks: Some(vec![
                    AllowedNetworks::parse(&["10.0.0.0/8".to_owned(), "::1".to_owned()]).unwrap(),
                ]),
                revoke_unused_after_days: Some(30),
                ..group("corp/contractors")
            },
        ];
    })
    .await
}

async fn in_group(site: &Site, name: &str, group: &str) -> Browser {
    site.world.add_user(name).await;
    let operator = site.world.service.operator();
    operator
        .set_groups(name, &[group.to_owned()])
        .await
        .unwrap();
    site.browser().signed_in(name).await
}

async fn create(browser: &mut Browser, key: &str, rights: &[(&str, &str)]) -> Page {
    let mut fields = vec![("form_key", key), ("name", "ci"), ("expiration", "30")];
    fields.extend(rights);
    browser.post(TOKENS, &fields).await
}

#[tokio::test]
async fn whoever_may_make_no_token_is_told_so_and_offered_no_form() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let key = ada.get(TOKENS).await.value("form_key").to_owned();
    let mut guest = in_group(&site, "guest", "corp/guests").await;
    let page = guest.get(TOKENS).await;
    assert!(page.text.contains(NONE_MAY), "{}", page.text);
    assert!(!page.text.contains("id=\"add\""));
    assert!(!page.text.contains("id=\"new-token\""));
    assert_eq!(guest.get(&format!("{TOKENS}/new")).await.status, 303);
    let refused = create(&mut guest, &key, &[]).await;
    assert_eq!((refused.status, refused.secret()), (403, None));
    assert!(
        refused
            .text
            .contains("The policy does not let you make tokens")
    );
    assert!(!ada.get(TOKENS).await.text.contains(NONE_MAY));
}

#[tokio::test]
async fn all_rights_are_offered_only_where_they_are_allowed() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    assert!(ada.get(TOKENS).await.text.contains(ALL_RIGHTS));
    let mut grace = in_group(&site, "grace", "corp/contractors").await;
    let page = grace.get(TOKENS).await;
    assert!(!page.text.contains(ALL_RIGHTS), "{}", page.text);
    assert!(page.text.contains("name=\"rights\" value=\"chosen\""));
    let required = "The policy lets you use tokens only from 10.0.0.0/8, ::1/128.";
    assert!(page.text.contains(required), "{}", page.text);
    assert!(page.text.contains("not used for 30 days is revoked"));
    let key = page.value("form_key").to_owned();
    let all = create(&mut grace, &key, &[("rights", "all")]).await;
    assert_eq!((all.status, all.secret()), (403, None));
    assert!(
        all.text
            .contains("does not let your tokens carry all your rights")
    );
    let chosen = [("rights", "chosen"), ("scopes", "orders:read")];
    let key = all.value("form_key").to_owned();
    let made = create(&mut grace, &key, &chosen).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.secret().is_some());
}
