//! Sign-ins at the company's identity providers: who becomes which user, and with what rights.
//!
//! The provider says what a test tells it to. How its answers are believed is tested in
//! `ats-pat-identity`, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ats_pat_domain::port::{
    Flow, IdentityError, IdentityProvider, LoggedOut, Logout, ProvenIdentity, ProviderAnswer,
};
use ats_pat_domain::{Identity, Issuer, ProviderName, Subject, Timestamp};
use ats_pat_service::view::UserView;
use ats_pat_service::{
    Error, LocalPasswords, LogoutRefused, NewUser, NotSignedIn, Parts, ProviderRules, Service,
    SignedIn, UserUpdate,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{Kind, TestDatabase, on_every_database};
use parking_lot::Mutex;
use secrecy::ExposeSecret;

const ISSUER: &str = "https://id.example.com";

/// A provider that says what a test says.
struct Scripted {
    name: ProviderName,
    says: Mutex<ProvenIdentity>,
    ends: Mutex<Option<Logout>>,
}

#[async_trait]
impl IdentityProvider for Scripted {
    fn name(&self) -> &ProviderName {
        &self.name
    }

    async fn authorization_url(&self, _: &Flow) -> Result<String, IdentityError> {
        Ok(format!("{ISSUER}/authorize"))
    }

    async fn prove(&self, _: &Flow, _: &ProviderAnswer) -> Result<ProvenIdentity, IdentityError> {
        Ok(self.says.lock().clone())
    }

    async fn logged_out(&self, _: &str) -> Result<Logout, IdentityError> {
        let ends = self.ends.lock().clone();
        ends.ok_or(IdentityError::NotRecent)
    }

    async fn end_session_url(&self, _: Option<&str>) -> Result<Option<String>, IdentityError> {
        Ok(None)
    }
}

fn identity(subject: &str) -> Identity {
    Identity {
        issuer: Issuer::new(ISSUER).unwrap(),
        subject: Subject::new(subject).unwrap(),
    }
}

/// Somebody with this subject and user name, in these groups.
fn person(subject: &str, name: &str, groups: &[&str]) -> ProvenIdentity {
    ProvenIdentity {
        identity: identity(subject),
        user_name: Some(name.to_owned()),
        display_name: None,
        email: None,
        groups: Some(groups.iter().map(ToString::to_string).collect()),
        authenticated_at: None,
        session: None,
    }
}

/// A service with the provider `corp`.
struct Company {
    world: World,
    service: Service,
    corp: Arc<Scripted>,
}

impl Company {
    async fn new(database: &TestDatabase) -> Self {
        Self::with(database, |_| {}).await
    }

    async fn with(database: &TestDatabase, edit: impl FnOnce(&mut ProviderRules)) -> Self {
        let world = World::new(database.url()).await;
        let name = ProviderName::new("corp").unwrap();
        let corp = Arc::new(Scripted {
            name: name.clone(),
            says: Mutex::new(person("1", "ada", &[])),
            ends: Mutex::new(None),
        });
        let mut parts = world.parts();
        parts.settings.providers = vec![ProviderRules {
            name,
            label: "Corp".to_owned(),
            issuer: Issuer::new(ISSUER).unwrap(),
            allowed_groups: Vec::new(),
            administrator_groups: Vec::new(),
            subject_is_id: false,
        }];
        edit(&mut parts.settings.providers[0]);
        let providers: Vec<Arc<dyn IdentityProvider>> = vec![corp.clone()];
        let parts = Parts { providers, ..parts };
        let service = Service::open(parts).await.unwrap();
        Self {
            world,
            service,
            corp,
        }
    }

    /// The session of this person, who signs in now.
    async fn sign_in(&self, person: ProvenIdentity) -> Result<SignedIn, NotSignedIn> {
        self.confirm(person, None).await
    }

    async fn confirm(
        &self,
        person: ProvenIdentity,
        confirms: Option<&SignedIn>,
    ) -> Result<SignedIn, NotSignedIn> {
        *self.corp.says.lock() = person;
        let begun = self.service.begin_provider_sign_in("corp", "/", confirms);
        let begun = begun.await?;
        self.finish(begun.flow.expose_secret(), confirms).await
    }

    async fn finish(
        &self,
        flow: &str,
        confirms: Option<&SignedIn>,
    ) -> Result<SignedIn, NotSignedIn> {
        let answer = ProviderAnswer::default();
        let finished = self
            .service
            .finish_provider_sign_in("corp", flow, &answer, confirms, ADDRESS)
            .await?;
        let session = finished.session_id;
        let by = self.service.authenticate(session.expose_secret()).await;
        Ok(by.unwrap())
    }

    async fn user(&self, name: &str) -> UserView {
        self.service.operator().user_called(name).await.unwrap()
    }

    async fn holds(&self, by: &SignedIn) -> bool {
        self.service
            .sessions(by)
            .await
            .is_ok_and(|sessions| sessions.iter().any(|session| session.is_current))
    }

    async fn verified(&self) {
        let report = self.service.operator().verify_audit().await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }

    async fn end(&self, whose: LoggedOut, id: &str) -> Result<(), LogoutRefused> {
        *self.corp.ends.lock() = Some(Logout {
            whose,
            token_id: id.to_owned(),
            valid_until: self.world.now().after(Duration::from_mins(5)),
        });
        self.service.end_by_provider("corp", "token").await
    }
}

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
    operator.enable_user("ada").await.unwrap();
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

#[on_every_database]
async fn a_provider_ends_one_sign_in_or_all_and_each_token_counts_once(database: &TestDatabase) {
    let company = Company::new(database).await;
    let with_sid = |sid: &str| ProvenIdentity {
        session: Some(sid.to_owned()),
        ..person("1", "ada", &[])
    };
    let first = company.sign_in(with_sid("s1")).await.unwrap();
    let second = company.sign_in(with_sid("s2")).await.unwrap();
    let bob = company.sign_in(person("2", "bob", &[])).await.unwrap();
    let token = company.world.create(&first, "ci", DAY).await.unwrap();
    let of = |subject: Option<Identity>| LoggedOut::Session {
        session: "s1".to_owned(),
        subject,
    };
    // Of somebody else there is no such sign-in.
    company.end(of(Some(identity("2"))), "a").await.unwrap();
    assert!(company.holds(&first).await);
    company.end(of(Some(identity("1"))), "b").await.unwrap();
    assert!(!company.holds(&first).await && company.holds(&second).await);
    let again = company.end(LoggedOut::Subject(identity("1")), "b").await;
    assert!(matches!(again, Err(LogoutRefused::Replayed)));
    assert!(company.holds(&second).await);
    company
        .end(LoggedOut::Subject(identity("1")), "c")
        .await
        .unwrap();
    assert!(!company.holds(&second).await && company.holds(&bob).await);
    // Tokens are no sign-ins.
    assert_eq!(code(company.world.exchange(&token.secret).await), 1);
    company.verified().await;
}

#[on_every_database]
async fn a_sign_in_is_begun_here_within_ten_minutes_and_at_the_same_provider(
    database: &TestDatabase,
) {
    let company = Company::new(database).await;
    let begun = company.service.begin_provider_sign_in("corp", "/", None);
    let begun = begun.await.unwrap();
    let flow = begun.flow.expose_secret();
    for other in [
        "",
        "x",
        &flow[1..],
        &format!("{flow}AAAA"),
        &flow.to_uppercase(),
    ] {
        let refused = company.finish(other, None).await;
        assert!(matches!(refused, Err(NotSignedIn::NotBegun)), "{other}");
    }
    let unknown = company.service.begin_provider_sign_in("other", "/", None);
    assert!(matches!(unknown.await, Err(NotSignedIn::UnknownProvider)));
    company
        .world
        .clock
        .advance(Duration::from_mins(10) + Duration::from_millis(1));
    let late = company.finish(flow, None).await;
    assert!(matches!(late, Err(NotSignedIn::NotBegun)));
}

#[on_every_database]
async fn only_an_own_and_new_sign_in_confirms_a_session(database: &TestDatabase) {
    let company = Company::new(database).await;
    let at = |subject: &str, at: Option<Timestamp>| ProvenIdentity {
        authenticated_at: at,
        ..person(subject, "ada", &[])
    };
    // The provider let Ada in without asking for the password again.
    let begun = company.world.now();
    let by = company
        .sign_in(at("1", Some(begun.before(DAY))))
        .await
        .unwrap();
    assert_eq!(
        code(
            company
                .service
                .require_sign_in_within(&by, 15)
                .map_err(Error::from)
        ),
        1104
    );
    company.sign_in(person("2", "eve", &[])).await.unwrap();
    company.world.clock.advance(Duration::from_mins(20));
    let now = company.world.now();
    for (subject, authenticated_at) in [("1", None), ("1", Some(begun))] {
        let refused = company
            .confirm(at(subject, authenticated_at), Some(&by))
            .await;
        assert!(matches!(
            refused,
            Err(NotSignedIn::Provider(IdentityError::NotRecent))
        ));
    }
    for subject in ["2", "3"] {
        let refused = company.confirm(at(subject, Some(now)), Some(&by)).await;
        assert!(matches!(refused, Err(NotSignedIn::OtherIdentity)));
    }
    assert!(company.holds(&by).await);
    let confirmed = company
        .confirm(at("1", Some(now)), Some(&by))
        .await
        .unwrap();
    company
        .service
        .require_sign_in_within(&confirmed, 15)
        .unwrap();
    assert!(!company.holds(&by).await);
}

#[on_every_database]
async fn passwords_can_be_left_to_administrators_or_to_nobody(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("bob").await;
    let root = NewUser {
        name: "root".to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator: true,
        password: Some(PASSWORD.into()),
    };
    world.service.operator().add_user(root).await.unwrap();
    for (local, of_bob, of_root) in [
        (LocalPasswords::On, 1, 1),
        (LocalPasswords::Administrators, 1102, 1),
        (LocalPasswords::Off, 1102, 1102),
    ] {
        let mut parts = world.parts();
        parts.settings.local_passwords = local;
        let service = Service::open(parts).await.unwrap();
        for (name, expected) in [("bob", of_bob), ("root", of_root)] {
            let password = PASSWORD.into();
            let signed_in = service.sign_in(name, &password, ADDRESS).await;
            assert_eq!(code(signed_in), expected, "{name}");
        }
        // Nobody learns from it whether a password is right.
        let wrong = "another-long-passphrase".into();
        let expected = if local == LocalPasswords::Off {
            1102
        } else {
            1101
        };
        assert_eq!(
            code(service.sign_in("bob", &wrong, ADDRESS).await),
            expected
        );
    }
}
