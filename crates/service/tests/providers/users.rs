//! Who becomes which user, and with what rights.

use ats_pat_domain::operator_key::Right;
use ats_pat_domain::port::ProvenIdentity;
use ats_pat_service::{Error, NotSignedIn, ProviderRules, UserUpdate};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, code};
use ats_pat_test_support::{Kind, TestDatabase, on_every_database};
use secrecy::ExposeSecret as _;

use crate::scene::{Company, ISSUER, identity, partner, person};

#[on_every_database]
async fn the_first_sign_in_makes_a_user_and_the_next_finds_it(database: &TestDatabase) {
    let company = Company::new(database).await;
    let first = company.sign_in(ProvenIdentity {
        display_name: Some("Ada Lovelace".to_owned()),
        email: Some("ada@example.com".to_owned()),
        ..person("1", "ada", &["builders"])
    });
    let first = first.await.unwrap();
    assert_eq!(first.provider(), Some("corp"));
    let ada = company.user("ada").await;
    assert_eq!(ada.display_name, "Ada Lovelace");
    assert_eq!(ada.email.as_deref(), Some("ada@example.com"));
    assert_eq!(ada.groups.names(), ["corp/builders"]);
    assert!(!ada.is_admin && !ada.disabled);

    // Another name of the same identity is still the same user, and so are other details.
    let again = company.sign_in(ProvenIdentity {
        display_name: Some("Ada King".to_owned()),
        ..person("1", "countess", &["builders"])
    });
    let again = again.await.unwrap();
    assert_eq!(again.user().id, first.user().id);
    assert_eq!(company.user("ada").await.display_name, "Ada King");
    // The other session goes on.
    assert!(company.holds(&first).await && company.holds(&again).await);
    company.verified().await;
}

#[on_every_database]
async fn nobody_takes_over_a_user_by_a_name_or_an_address(database: &TestDatabase) {
    let company = Company::new(database).await;
    company.world.add_user("ada").await;
    let before = company.user("ada").await;
    for (subject, name, called) in [("1", "ada", "ada-2"), ("2", "ADA", "ADA-3")] {
        let by = company.sign_in(person(subject, name, &[])).await.unwrap();
        assert_eq!(by.user().user_name, called);
        assert_ne!(by.user().id, before.id);
    }
    // The same subject in other bytes is another person.
    let mail = ProvenIdentity {
        user_name: None,
        email: Some("ada@example.com".to_owned()),
        ..person("2 ", "", &[])
    };
    let by = company.sign_in(mail.clone()).await.unwrap();
    assert_eq!(by.user().user_name, "ada@example.com");
    let other = ProvenIdentity {
        identity: identity("3"),
        ..mail
    };
    let other = company.sign_in(other).await.unwrap();
    assert_ne!(other.user().id, by.user().id);
    // The same subject at another provider is another person.
    let theirs = company.sign_in_at(&company.partner, partner("3", "ada"), None);
    assert_ne!(theirs.await.unwrap().user().id, other.user().id);
    assert_eq!(company.user("ada").await, before);
}

#[on_every_database]
async fn who_leaves_the_allowed_groups_is_disabled_until_the_provider_says_otherwise(
    database: &TestDatabase,
) {
    let allowed = |rules: &mut ProviderRules| rules.allowed_groups = vec!["staff".to_owned()];
    let company = Company::with(database, allowed).await;
    // A stranger leaves nothing behind.
    let stranger = company.sign_in(person("9", "eve", &["guests"])).await;
    assert!(matches!(stranger, Err(NotSignedIn::NotAllowed)));
    let eve = company.service.operator().user_called("eve").await;
    assert!(matches!(eve, Err(Error::UserNotFound { .. })));

    let by = company
        .sign_in(person("1", "ada", &["staff"]))
        .await
        .unwrap();
    let token = company.world.create(&by, "ci", DAY).await.unwrap();
    assert_eq!(code(company.world.exchange(&token.secret).await), 1);
    for _ in 0..2 {
        let refused = company.sign_in(person("1", "ada", &[])).await;
        assert!(matches!(refused, Err(NotSignedIn::NotAllowed)));
        assert!(company.user("ada").await.disabled);
        assert!(!company.holds(&by).await);
        assert_eq!(code(company.world.exchange(&token.secret).await), 1205);
    }
    // No administrator takes the provider's mark back.
    let operator = company.service.operator();
    assert!(operator.enable_user("ada").await.unwrap().disabled);
    assert_eq!(code(company.world.exchange(&token.secret).await), 1205);
    // And the provider doesn't take back an administrator's.
    operator.disable_user("ada").await.unwrap();
    let refused = company.sign_in(person("1", "ada", &["staff"])).await;
    assert!(matches!(refused, Err(NotSignedIn::Disabled)));
    assert!(operator.enable_user("ada").await.unwrap().disabled);
    company
        .sign_in(person("1", "ada", &["staff"]))
        .await
        .unwrap();
    assert!(!company.user("ada").await.disabled);
    assert_eq!(code(company.world.exchange(&token.secret).await), 1);
    company.verified().await;
}

#[on_every_database]
async fn groups_that_were_not_told_are_never_no_groups(database: &TestDatabase) {
    let allowed = |rules: &mut ProviderRules| rules.allowed_groups = vec!["staff".to_owned()];
    let company = Company::with(database, allowed).await;
    let by = company
        .sign_in(person("1", "ada", &["staff"]))
        .await
        .unwrap();
    let untold = ProvenIdentity {
        groups: None,
        ..person("1", "ada", &[])
    };
    let refused = company.sign_in(untold).await;
    assert!(matches!(refused, Err(NotSignedIn::GroupsMissing)));
    assert!(company.holds(&by).await);
    assert_eq!(company.user("ada").await.groups.names(), ["corp/staff"]);
}

#[on_every_database]
async fn a_group_makes_the_session_an_administrators_and_not_the_user(database: &TestDatabase) {
    let admins = |rules: &mut ProviderRules| {
        rules.administrator_groups = vec!["admins".to_owned()];
    };
    let company = Company::with(database, admins).await;
    // Nobody needs a set-up link, because the provider says who administers.
    assert!(company.service.make_setup_link().await.unwrap().is_none());
    let by = company
        .sign_in(person("1", "ada", &["admins"]))
        .await
        .unwrap();
    assert!(by.user().is_admin);
    assert!(!company.user("ada").await.is_admin);
    company.world.add_user("bob").await;
    let administrator = company.service.administrator(&by).unwrap();
    administrator.disable_user("bob").await.unwrap();

    // Without the group, the next sign-in has no such right, and takes it from the earlier one.
    let plain = company.sign_in(person("1", "ada", &[])).await.unwrap();
    assert!(!plain.user().is_admin);
    assert_eq!(
        code(company.service.administrator(&plain).map(|_| ())),
        1102
    );
    assert!(!company.holds(&by).await);
    assert_eq!(code(administrator.enable_user("bob").await), 1100);
    company.verified().await;
}

#[on_every_database]
async fn operator_keys_end_with_the_group_that_gave_the_right_to_make_them(
    database: &TestDatabase,
) {
    let company = Company::with(database, |rules| {
        rules.administrator_groups = vec!["admins".to_owned()];
        rules.allowed_groups = vec!["admins".to_owned(), "staff".to_owned()];
    })
    .await;
    for (subject, name, after) in [("1", "ada", "staff"), ("2", "bob", "guests")] {
        let by = company.sign_in(ProvenIdentity {
            authenticated_at: Some(company.world.now()),
            ..person(subject, name, &["admins"])
        });
        let by = by.await.unwrap();
        let new = company.world.new_operator_key(&[Right::Users]);
        let administrator = company.service.administrator(&by).unwrap();
        let issued = administrator.create_operator_key(new).await.unwrap();
        let shown = issued.secret.expose_secret().as_bytes();
        let holds = async || {
            let holder = company.service.authenticate_operator_key(shown, ADDRESS);
            holder.await.is_ok()
        };
        assert!(holds().await);
        company
            .sign_in(person(subject, name, &["admins"]))
            .await
            .unwrap();
        assert!(holds().await);
        let signed_in = company.sign_in(person(subject, name, &[after])).await;
        assert_eq!(signed_in.is_ok(), after == "staff");
        assert!(!holds().await, "{after}");
    }
    company.verified().await;
}

#[on_every_database]
async fn who_signs_in_after_another_group_administers_loses_the_earlier_right(
    database: &TestDatabase,
) {
    let mut company = Company::with(database, |rules| {
        rules.administrator_groups = vec!["admins".to_owned()];
    })
    .await;
    let by = company.sign_in(person("1", "ada", &["admins"])).await;
    let by = by.unwrap();
    company
        .restart(|rules| rules.administrator_groups = vec!["operators".to_owned()])
        .await;
    // The groups are the same, and mean something else.
    let plain = company.sign_in(person("1", "ada", &["admins"])).await;
    assert!(!plain.unwrap().user().is_admin);
    assert!(!company.holds(&by).await);
    company.verified().await;
}

#[on_every_database]
async fn a_linked_user_has_no_password_and_an_unlinked_identity_is_a_stranger(
    database: &TestDatabase,
) {
    let company = Company::new(database).await;
    let ada = company.world.add_user("ada").await;
    company.world.add_user("bob").await;
    let local = company.world.sign_in("ada").await;
    let operator = company.service.operator();
    assert!(matches!(
        operator
            .link_identity("ada", "https://evil.example", "1")
            .await,
        Err(Error::UnknownIssuer { .. })
    ));
    operator.link_identity("ada", ISSUER, "1").await.unwrap();
    assert!(!company.holds(&local).await);
    let password = PASSWORD.into();
    let signed_in = company.service.sign_in("ada", &password, ADDRESS);
    assert_eq!(code(signed_in.await), 1101);
    let update = UserUpdate {
        password: Some("another-long-passphrase".into()),
        ..UserUpdate::default()
    };
    let refused = operator.update_user(ada.id, update.clone()).await;
    assert!(matches!(refused, Err(Error::SignsInElsewhere { .. })));
    // One identity for each user and provider, and one user for each identity.
    let refused = operator.link_identity("ada", ISSUER, "2").await;
    assert!(matches!(refused, Err(Error::HasIdentity { .. })));
    let refused = operator.link_identity("bob", ISSUER, "1").await;
    assert!(matches!(refused, Err(Error::IdentityInUse)));

    let by = company
        .sign_in(person("1", "countess", &["x"]))
        .await
        .unwrap();
    assert_eq!(by.user().id, ada.id);
    operator.unlink_identity("ada", None).await.unwrap();
    assert!(!company.holds(&by).await);
    assert!(company.user("ada").await.groups.names().is_empty());
    let stranger = company.sign_in(person("1", "ada", &[])).await.unwrap();
    assert_ne!(stranger.user().id, ada.id);
    operator.update_user(ada.id, update).await.unwrap();
    company.verified().await;
}

#[on_every_database]
async fn an_identity_that_was_planted_or_put_back_signs_nobody_in(database: &TestDatabase) {
    let company = Company::new(database).await;
    company.world.add_user("ada").await;
    let operator = company.service.operator();
    operator.link_identity("ada", ISSUER, "1").await.unwrap();
    let kept = "CREATE TABLE kept AS SELECT * FROM identities";
    database.execute(kept).await;
    operator.unlink_identity("ada", None).await.unwrap();
    let refused = async || {
        let signed_in = company.sign_in(person("1", "ada", &[])).await;
        assert!(matches!(
            signed_in.err().unwrap(),
            NotSignedIn::Failed(Error::Tampered {
                table: "identities",
                ..
            })
        ));
    };
    let put_back = "INSERT INTO identities SELECT * FROM kept";
    database.execute(put_back).await;
    refused().await;
    // A row keeps neither an operator from linking the identity anew, nor a user from a password.
    company.world.add_user("bob").await;
    operator.link_identity("bob", ISSUER, "1").await.unwrap();
    let by = company.sign_in(person("1", "x", &[])).await.unwrap();
    assert_eq!(by.user().user_name, "bob");
    // Whoever can write gives the identity to nobody else.
    let ada = company.user("ada").await.id;
    let bob = by.user().id;
    let steal = match database.kind() {
        Kind::Sqlite | Kind::Mariadb | Kind::Galera => format!(
            "UPDATE identities SET user_id = x'{}' WHERE user_id = x'{}'",
            ada.as_uuid().simple(),
            bob.as_uuid().simple()
        ),
        Kind::Postgres => {
            format!("UPDATE identities SET user_id = '{ada}' WHERE user_id = '{bob}'")
        }
    };
    database.execute(&steal).await;
    refused().await;
}

#[on_every_database]
async fn a_subject_is_an_id_only_if_no_user_has_it(database: &TestDatabase) {
    const ID: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";
    let is_id = |rules: &mut ProviderRules| rules.subject_is_id = true;
    let company = Company::with(database, is_id).await;
    let refused = company.sign_in(person("1", "ada", &[])).await;
    assert!(matches!(refused, Err(NotSignedIn::SubjectIsNoId)));
    let by = company.sign_in(person(ID, "ada", &[])).await.unwrap();
    assert_eq!(by.user().id.to_string(), ID);
    // In capitals it is the same id, but another subject.
    let refused = company
        .sign_in(person(&ID.to_uppercase(), "eve", &[]))
        .await;
    assert!(matches!(refused, Err(NotSignedIn::IdInUse)));
    let again = company.sign_in(person(ID, "ada", &[])).await.unwrap();
    assert_eq!(again.user().id, by.user().id);
}

#[on_every_database]
async fn an_erased_user_leaves_the_identity_free(database: &TestDatabase) {
    let company = Company::new(database).await;
    let by = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let operator = company.service.operator();
    operator.erase_user(by.user().id).await.unwrap();
    let again = company.sign_in(person("1", "ada", &[])).await.unwrap();
    assert_ne!(again.user().id, by.user().id);
    company.verified().await;
}
