//! The types of the document are written like the views that they mirror.

use ats_pat_domain::group::Groups;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{MayCreate, Status, Timestamp, TokenId, UserId};
use ats_pat_service::{CreatedOnce, view};
use poem_openapi::types::ToJSON;
use serde::Serialize;
use serde_json::json;

use super::identity::Identity;
use super::list::PersonalAccessTokenPage;
use super::policy::PersonalAccessTokenPolicy;
use super::service_account::ServiceAccountList;
use crate::schema::{IssuedPersonalAccessToken, Nothing, PersonalAccessToken, SessionUser};

const AT: Timestamp = Timestamp::from_millis(1_800_000_000_123);

fn token(status: Status, at: Option<Timestamp>) -> view::TokenView {
    view::TokenView {
        id: TokenId::new(AT, [1; 10]),
        name: "ci".to_owned(),
        description: "build".to_owned(),
        status,
        scopes: vec!["all".to_owned()],
        allowed_networks: at.map(|_| vec!["10.0.0.0/8".to_owned()]),
        generation: 1,
        created_at: AT,
        expires_at: AT,
        regenerated_at: at,
        previous_secret_valid_until: at,
        may_regenerate_itself: at.is_some(),
        regenerates_until: at,
        revoked_at: at,
        last_used_at: at,
        last_used_from: at.map(|_| "10.1.2.3".to_owned()),
        ended_secret_used_at: at,
    }
}

/// Requires that serde and poem-openapi write a mirror the same, and like the view itself.
fn assert_mirrors<M: Serialize + ToJSON, V: Serialize>(mirror: &M, view: V) {
    let sent = serde_json::to_value(mirror).unwrap();
    assert_eq!(sent, serde_json::to_value(view).unwrap());
    assert_eq!(Some(sent), mirror.to_json());
}

#[test]
fn tokens_and_pages_mirror_their_views() {
    for status in Status::ALL {
        for at in [None, Some(AT)] {
            assert_mirrors(
                &PersonalAccessToken::from(token(status, at)),
                token(status, at),
            );
        }
    }
    let page = view::TokenPageView {
        items: vec![token(Status::Active, None)],
        page: 2,
        page_size: 25,
        total: 26,
    };
    assert_mirrors(&PersonalAccessTokenPage::from(page.clone()), page);
}

#[test]
fn users_identities_and_policies_mirror_their_views() {
    let user = view::SessionUser {
        id: UserId::new(AT, [2; 10]),
        user_name: "ada".to_owned(),
        display_name: "Ada L.".to_owned(),
        is_admin: true,
    };
    assert_mirrors(&SessionUser::from(user.clone()), user);
    let identity = view::Identity {
        id: UserId::new(AT, [2; 10]),
        user_name: "ada".to_owned(),
        display_name: "Ada L.".to_owned(),
        scopes: vec!["orders:read".to_owned()],
        token_id: TokenId::new(AT, [1; 10]),
        expires_at: AT,
    };
    assert_mirrors(&Identity::from(identity.clone()), identity);
    let policy = view::PolicyView {
        max_lifetime_days: 366,
        default_lifetime_days: 30,
        max_active_tokens: 100,
        max_overlap_hours: 168,
        self_regenerate_allowed: true,
        scopes: vec![Scope::new("orders:read", "Read orders").unwrap()],
        may_create: MayCreate::Nobody,
        all_scope_allowed: false,
        required_networks: vec![AllowedNetworks::parse(&["10.0.0.1".to_owned()]).unwrap()],
        revoke_unused_after_days: 90,
        recent_sign_in_minutes: 15,
    };
    assert_mirrors(&PersonalAccessTokenPolicy::from(policy.clone()), policy);
}

#[test]
fn service_accounts_mirror_their_views() {
    let account = view::ServiceAccountView {
        id: UserId::new(AT, [2; 10]),
        user_name: "deploy".to_owned(),
        display_name: "Deploy".to_owned(),
        responsible_id: UserId::new(AT, [3; 10]),
        disabled: true,
        created_at: AT,
        groups: Groups::default(),
    };
    let list = ServiceAccountList::from(vec![account.clone()]);
    assert_mirrors(&list, json!({"Items": [account]}));
}

#[test]
fn a_secret_stands_beside_its_token() {
    let issued = view::IssuedToken {
        token: token(Status::Active, None),
        secret: "atspat_x".to_owned().into(),
    };
    let expected = json!({"Token": token(Status::Active, None), "Secret": "atspat_x"});
    assert_mirrors(&IssuedPersonalAccessToken::from(issued), expected);
    let again = CreatedOnce {
        token: token(Status::Active, None),
        secret: None,
    };
    let expected = json!({"Token": token(Status::Active, None), "Secret": null});
    assert_mirrors(&IssuedPersonalAccessToken::from(again), expected);
}

#[test]
fn nothing_is_null() {
    assert_eq!(serde_json::to_value(Nothing).unwrap(), json!(null));
}
