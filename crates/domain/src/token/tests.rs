use super::*;

const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn token() -> Token {
    Token {
        id: TokenId::new(T0, [1; 10]),
        owner_id: UserId::new(T0, [2; 10]),
        name: TokenName::new("ci").unwrap(),
        description: Description::default(),
        scopes: Scopes::all(),
        allowed_networks: None,
        generation: 1,
        created_at: T0,
        expires_at: T0.after(HOUR),
        regenerated_at: None,
        regenerates_until: None,
        revoked_at: None,
    }
}

#[test]
fn a_token_is_expired_at_the_instant_of_its_expiry() {
    let token = token();
    assert_eq!(
        token.status(Timestamp::from_millis(token.expires_at.as_millis() - 1)),
        Status::Active
    );
    assert_eq!(token.status(token.expires_at), Status::Expired);
}

#[test]
fn an_expired_token_can_be_revoked_once() {
    let mut token = token();
    assert!(token.revoke(token.expires_at.after(HOUR)));
    let once = token.clone();
    assert!(!token.revoke(token.expires_at.after(DAY)));
    assert_eq!(token, once);
    assert_eq!(token.status(T0), Status::Revoked);
}

#[test]
fn regenerating_keeps_the_lifetime_of_the_last_secret() {
    let mut token = token();
    let policy = Policy::default();
    token
        .regenerate(Some(T0.after(DAY)), 2, &policy, T0.after(HOUR / 2))
        .unwrap();
    assert_eq!(token.expires_at, T0.after(DAY));
    let now = T0.after(HOUR);
    let lifetime = token.lifetime();
    token.regenerate(None, 4, &policy, now).unwrap();
    assert_eq!(
        (token.expires_at, token.generation, token.regenerated_at),
        (now.after(lifetime), 4, Some(now))
    );
}

#[test]
fn a_cut_shortens_a_token_to_what_the_policy_allows() {
    let policy = Policy {
        max_lifetime_days: 7,
        ..Policy::default()
    };
    let of = |lifetime, renews| Token {
        expires_at: T0.after(lifetime),
        regenerates_until: Some(T0.after(renews)),
        ..token()
    };
    for (lifetime, renews, now, left) in [
        (DAY * 7, DAY * 7, T0, None),
        (DAY * 8, DAY, T0, Some((DAY * 7, None))),
        (
            DAY * 90,
            DAY * 90,
            T0.after(DAY),
            Some((DAY * 7, Some(DAY * 7))),
        ),
        (DAY * 90, DAY * 90, T0.after(DAY * 8), Some((DAY * 8, None))),
    ] {
        let mut token = of(lifetime, renews);
        if left == Some((DAY * 7, None)) {
            token.regenerates_until = None;
        }
        assert_eq!(token.cut(&policy, now), left.is_some());
        if let Some((lifetime, renews)) = left {
            assert_eq!(token.expires_at, T0.after(lifetime));
            assert_eq!(
                token.regenerates_until,
                renews.map(|renews| T0.after(renews))
            );
        }
        assert!(!token.cut(&policy, now), "once is enough");
    }
    let mut regenerated = of(DAY * 100, DAY * 100);
    regenerated.regenerated_at = Some(T0.after(DAY * 90));
    assert!(regenerated.cut(&policy, T0.after(DAY * 90)));
    assert_eq!(regenerated.expires_at, T0.after(DAY * 97));
    assert_eq!(regenerated.regenerates_until, None);
    let mut revoked = of(DAY * 90, DAY);
    revoked.revoke(T0);
    assert!(!revoked.cut(&policy, T0));
}

#[test]
fn an_edit_changes_only_the_fields_it_names_and_says_whether_it_did() {
    let mut token = token();
    assert_eq!(token.edit(&Edit::default(), T0), Ok(false));
    let edit = Edit {
        name: Some(TokenName::new("nightly").unwrap()),
        description: Some(Description::new("builds").unwrap()),
        expires_at: Some(T0.after(HOUR / 2)),
    };
    assert_eq!(token.edit(&edit, T0), Ok(true));
    let once = token.clone();
    assert_eq!(
        (
            token.name.as_str(),
            token.description.as_str(),
            token.expires_at
        ),
        ("nightly", "builds", T0.after(HOUR / 2))
    );
    assert_eq!(token.edit(&edit, T0), Ok(false));
    assert_eq!(token, once);
}

#[test]
fn an_edit_shortens_a_token_and_never_extends_it() {
    let to = |expires_at| Edit {
        expires_at: Some(expires_at),
        ..Edit::default()
    };
    let mut token = token();
    let refused = Err(Problem::ExpirationNotAllowed {
        latest: T0.after(HOUR),
    });
    for expires_at in [T0, T0.before(HOUR), T0.after(HOUR * 2)] {
        assert_eq!(token.edit(&to(expires_at), T0), refused);
    }
    assert_eq!(token.edit(&to(T0.after(HOUR)), T0), Ok(false));
    assert_eq!(token.edit(&to(T0.after(HOUR / 2)), T0), Ok(true));
}

#[test]
fn only_the_description_of_an_ended_token_can_change() {
    let description = Edit {
        description: Some(Description::new("was for the old builds").unwrap()),
        ..Edit::default()
    };
    let name = Edit {
        name: Some(TokenName::new("ci").unwrap()),
        ..description.clone()
    };
    let expires_at = Edit {
        expires_at: Some(T0.after(HOUR)),
        ..Edit::default()
    };
    let mut revoked = token();
    revoked.revoke(T0);
    for (mut ended, status, now) in [
        (token(), Status::Expired, T0.after(HOUR)),
        (revoked, Status::Revoked, T0),
    ] {
        for edit in [&name, &expires_at] {
            assert_eq!(
                ended.edit(edit, now),
                Err(Problem::TokenNotActive { status })
            );
        }
        assert_eq!(ended.edit(&description, now), Ok(true));
        assert_eq!(ended.status(now), status);
    }
}

#[test]
fn regenerating_never_reaches_beyond_the_policy_and_never_revives() {
    let mut long = token();
    long.expires_at = T0.after(DAY * 300);
    let policy = Policy {
        max_lifetime_days: 10,
        ..Policy::default()
    };
    long.regenerate(None, 2, &policy, T0).unwrap();
    assert_eq!(long.expires_at, T0.after(DAY * 10));
    let beyond = Some(T0.after(DAY * 11));
    assert_eq!(
        long.regenerate(beyond, 3, &policy, T0),
        Err(Problem::ExpirationNotAllowed {
            latest: T0.after(DAY * 10)
        })
    );
    let mut expired = token();
    assert_eq!(
        expired.regenerate(None, 2, &policy, T0.after(HOUR)),
        Err(Problem::TokenNotActive {
            status: Status::Expired
        })
    );
}

#[test]
fn a_token_renews_itself_only_until_it_may() {
    let mut token = token();
    let policy = Policy::default();
    let refused = Err(Problem::SelfRegenerateNotAllowed);
    assert_eq!(token.renewed_expiry(None, &policy, T0), refused);
    let until = T0.after(HOUR * 3);
    token.regenerates_until = Some(until);
    let now = T0.after(HOUR / 2);
    assert_eq!(
        token.renewed_expiry(None, &policy, now),
        Ok(now.after(HOUR))
    );
    assert_eq!(token.renewed_expiry(Some(until), &policy, now), Ok(until));
    for beyond in [until.after(HOUR), now, T0] {
        assert_eq!(
            token.renewed_expiry(Some(beyond), &policy, now),
            Err(Problem::ExpirationNotAllowed { latest: until })
        );
    }
    token.expires_at = T0.after(DAY);
    assert_eq!(token.renewed_expiry(None, &policy, now), Ok(until));
    assert_eq!(token.renewed_expiry(None, &policy, until), refused);
    let strict = Policy {
        self_regenerate_allowed: false,
        ..Policy::default()
    };
    assert_eq!(token.renewed_expiry(None, &strict, now), refused);
}
