//! Somebody leaves at one of three servers, in real time. The other two let nobody in who left.

use ats_pat_domain::port::{Clock as _, LoggedOut};
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{
    DirectoryRules, Introspector, NewToken, NotSignedIn, Precondition, Service, Settings,
    SystemClock,
};
use ats_pat_test_support::elsewhere::{gateway, is_listed_as_revoked, status_place};
use ats_pat_test_support::world::{ADDRESS, DAY, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_deployment};
use ats_pat_token::StatusReference;
use secrecy::{ExposeSecret as _, SecretString};

use crate::directory::{active, key_holder, new_user};
use crate::scene::{Company, identity, person};

/// How somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    /// An administrator disables the user.
    Disabled,
    /// The provider tells no allowed group any more.
    NotAllowed,
    /// The directory says that the user is not active.
    Deactivated,
    /// The directory deletes the user.
    Deleted,
    /// The provider ends the sign-ins. This is no leaver: the tokens stay.
    SignedOut,
}

const WAYS: [Leaves; 5] = [
    Leaves::Disabled,
    Leaves::NotAllowed,
    Leaves::Deactivated,
    Leaves::Deleted,
    Leaves::SignedOut,
];

/// Somebody with a session and a token.
struct Person {
    subject: String,
    name: String,
    session: SecretString,
    token: IssuedToken,
    authentication_token: SecretString,
    place: StatusReference,
}

/// The people of `corp` must be in the group *staff*, and are in its directory.
fn rules(settings: &mut Settings) {
    settings.providers[0].allowed_groups = vec!["staff".to_owned()];
    settings.directory = Some(DirectoryRules {
        provider: settings.providers[0].name.clone(),
        identity_claim: "sub".to_owned(),
    });
}

fn new_token() -> NewToken {
    NewToken {
        name: Some("ci".to_owned()),
        expires_at: Some(SystemClock.now().after(DAY).to_string()),
        ..NewToken::default()
    }
}

/// What a verifier would say that reads the list at this server.
async fn is_listed(service: &Service, place: &StatusReference) -> bool {
    is_listed_as_revoked(service, place, SystemClock.now()).await
}

/// Somebody who signs in at the server of `company`.
async fn arrives(company: &Company, number: usize) -> Person {
    let (subject, name) = (number.to_string(), format!("ada{number}"));
    let session = company.session_of(person(&subject, &name, &["staff"]));
    let session = session.await.unwrap();
    let one = &company.service;
    let by = one.authenticate(session.expose_secret()).await.unwrap();
    let token = one.create_token(&by, new_token()).await.unwrap();
    let shown = [token.secret.expose_secret().as_bytes()];
    let exchanged = one.exchange(&shown, ADDRESS).await.unwrap();
    let authentication_token = exchanged.token;
    Person {
        place: status_place(one, &authentication_token, SystemClock.now()).await,
        subject,
        name,
        session,
        token,
        authentication_token,
    }
}

impl Person {
    async fn exchange(&self, service: &Service) -> u32 {
        exchanged(service, &self.token.secret).await
    }

    /// Exchanges until an exchange was answered from memory.
    async fn warm(&self, service: &Service) {
        loop {
            let before = service.figures().cache_hits;
            assert_eq!(self.exchange(service).await, 1);
            if service.figures().cache_hits > before {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn leave(&self, company: &Company, way: Leaves) {
        let service = &company.service;
        match way {
            Leaves::Disabled => {
                service.operator().disable_user(&*self.name).await.unwrap();
            }
            Leaves::NotAllowed => {
                let guest = person(&self.subject, &self.name, &["guests"]);
                let refused = company.session_of(guest).await;
                assert!(matches!(refused, Err(NotSignedIn::NotAllowed)));
            }
            Leaves::Deactivated | Leaves::Deleted => {
                let holder = key_holder(company).await;
                let directory = service.directory(&holder).unwrap();
                let id = company.user(&self.name).await.id.to_string();
                let any = Precondition::default();
                if way == Leaves::Deleted {
                    directory.delete_user(&id, any).await.unwrap();
                } else {
                    let inactive = active(false);
                    directory.update_user(&id, &inactive, any).await.unwrap();
                }
            }
            Leaves::SignedOut => {
                let of_all = LoggedOut::Subject(identity(&self.subject));
                company.end(of_all, &self.name).await.unwrap();
            }
        }
    }

    /// Asked at once after the leaving was answered.
    async fn is_out(&self, service: &Service, gateway: &Introspector, way: Leaves) {
        let refused = match way {
            Leaves::SignedOut => 1,
            Leaves::Deleted => 1203,
            _ => 1205,
        };
        assert_eq!(self.exchange(service).await, refused, "{way:?}");
        let session = self.session.expose_secret();
        let session = service.authenticate(session).await;
        assert_eq!(code(session), 1100, "{way:?}: the session is over");
        let stay = way == Leaves::SignedOut;
        let bearer = self.authentication_token.expose_secret();
        let expected = if stay { 1 } else { 1206 };
        let identified = service.identity(bearer).await;
        assert_eq!(code(identified), expected, "{way:?}");
        for shown in [&self.token.secret, &self.authentication_token] {
            let told = service.introspect(gateway, shown).await.unwrap();
            assert_eq!(told.is_some(), stay, "{way:?}: introspection");
        }
        // A list that was made just before is served for a moment.
        while !stay && !is_listed(service, &self.place).await {
            tokio::task::yield_now().await;
        }
        assert_eq!(is_listed(service, &self.place).await, !stay, "{way:?}");
    }
}

#[on_every_deployment(flavor = "multi_thread")]
async fn who_leaves_at_one_server_is_out_at_all_three(database: &TestDatabase) {
    let mut company = Company::of(database, rules).await;
    company.world.clock.set(SystemClock.now());
    let mut servers = Vec::new();
    for node in 0..3 {
        servers.push(company.server_at(database.url_at(node)).await);
    }
    company.service = servers[0].clone();
    let gateway = gateway(&company.service, SystemClock.now()).await;
    for (number, way) in WAYS.into_iter().enumerate() {
        if way == Leaves::Deleted || way == Leaves::Deactivated {
            let holder = key_holder(&company).await;
            let directory = company.service.directory(&holder).unwrap();
            let new = new_user(&number.to_string(), &format!("ada{number}"));
            directory.create_user(&new).await.unwrap();
        }
        let ada = arrives(&company, number).await;
        for server in &servers {
            let session = ada.session.expose_secret();
            server.authenticate(session).await.unwrap();
            ada.warm(server).await;
            assert!(!is_listed(server, &ada.place).await);
        }
        ada.leave(&company, way).await;
        for server in servers.iter().rev() {
            ada.is_out(server, &gateway, way).await;
        }
    }
    company.verified().await;
}
