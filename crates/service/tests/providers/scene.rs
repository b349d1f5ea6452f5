//! A company with a provider that says what a test says.

use ats_pat_domain::port::{IdentityProvider, LoggedOut, Logout, ProvenIdentity, ProviderAnswer};
use ats_pat_domain::{Identity, Issuer, ProviderName, Subject};
use ats_pat_service::view::UserView;
use ats_pat_service::{
    LogoutRefused, NotSignedIn, Parts, ProviderRules, Service, Settings, SignedIn, SystemClock,
};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::scripted::{Scripted, somebody};
use ats_pat_test_support::world::{ADDRESS, World, migrated};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;

pub const ISSUER: &str = "https://id.example.com";
pub const PARTNER: &str = "https://partner.example.com";

pub fn identity(subject: &str) -> Identity {
    Identity {
        issuer: Issuer::new(ISSUER).unwrap(),
        subject: Subject::new(subject).unwrap(),
    }
}

/// Somebody with this subject and user name, in these groups.
pub fn person(subject: &str, name: &str, groups: &[&str]) -> ProvenIdentity {
    ProvenIdentity {
        groups: Some(groups.iter().map(ToString::to_string).collect()),
        ..somebody(ISSUER, subject, name)
    }
}

/// As [`person`], at the provider `partner`.
pub fn partner(subject: &str, name: &str) -> ProvenIdentity {
    let issuer = Issuer::new(PARTNER).unwrap();
    let subject = Subject::new(subject).unwrap();
    ProvenIdentity {
        identity: Identity { issuer, subject },
        ..person("1", name, &[])
    }
}

/// A service with the providers `corp` and `partner`.
pub struct Company {
    pub world: World,
    pub service: Service,
    pub corp: Arc<Scripted>,
    pub partner: Arc<Scripted>,
}

fn rules(name: &str, issuer: &str) -> ProviderRules {
    ProviderRules {
        name: ProviderName::new(name).unwrap(),
        label: "Corp".to_owned(),
        issuer: Issuer::new(issuer).unwrap(),
        allowed_groups: Vec::new(),
        administrator_groups: Vec::new(),
        subject_is_id: false,
        sign_in_every_days: None,
    }
}

impl Company {
    pub async fn new(database: &TestDatabase) -> Self {
        Self::with(database, |_| {}).await
    }

    pub async fn with(database: &TestDatabase, edit: impl FnOnce(&mut ProviderRules)) -> Self {
        Self::of(database, |settings| edit(&mut settings.providers[0])).await
    }

    pub async fn of(database: &TestDatabase, edit: impl FnOnce(&mut Settings)) -> Self {
        let world = World::with(database.url(), |settings| {
            settings.providers = vec![rules("corp", ISSUER), rules("partner", PARTNER)];
            edit(settings);
        })
        .await;
        let (corp, partner) = (Scripted::new("corp"), Scripted::new("partner"));
        let providers: Vec<Arc<dyn IdentityProvider>> = vec![corp.clone(), partner.clone()];
        let parts = Parts {
            providers,
            ..world.parts()
        };
        let service = Service::open(parts).await.unwrap();
        Self {
            world,
            service,
            corp,
            partner,
        }
    }

    /// The session of this person, who signs in now.
    pub async fn sign_in(&self, person: ProvenIdentity) -> Result<SignedIn, NotSignedIn> {
        self.confirm(person, None).await
    }

    pub async fn confirm(
        &self,
        person: ProvenIdentity,
        confirms: Option<&SignedIn>,
    ) -> Result<SignedIn, NotSignedIn> {
        self.sign_in_at(&self.corp, person, confirms).await
    }

    pub async fn sign_in_at(
        &self,
        provider: &Scripted,
        person: ProvenIdentity,
        confirms: Option<&SignedIn>,
    ) -> Result<SignedIn, NotSignedIn> {
        *provider.says.lock() = person;
        let name = provider.name().as_str();
        let begun = self.service.begin_provider_sign_in(name, "/", confirms);
        let begun = begun.await?;
        let flow = begun.flow.expose_secret();
        self.finish_at(name, flow, confirms).await
    }

    pub async fn finish(
        &self,
        flow: &str,
        confirms: Option<&SignedIn>,
    ) -> Result<SignedIn, NotSignedIn> {
        self.finish_at("corp", flow, confirms).await
    }

    pub async fn finish_at(
        &self,
        provider: &str,
        flow: &str,
        confirms: Option<&SignedIn>,
    ) -> Result<SignedIn, NotSignedIn> {
        let answer = ProviderAnswer::default();
        let finished = self
            .service
            .finish_provider_sign_in(provider, flow, &answer, confirms, ADDRESS)
            .await?;
        let session = finished.session_id;
        let by = self.service.authenticate(session.expose_secret()).await;
        Ok(by.unwrap())
    }

    /// The id of the session of this person, who signs in now.
    pub async fn session_of(&self, person: ProvenIdentity) -> Result<SecretString, NotSignedIn> {
        *self.corp.says.lock() = person;
        let begun = self.service.begin_provider_sign_in("corp", "/", None);
        let flow = begun.await?.flow;
        let (flow, answer) = (flow.expose_secret(), ProviderAnswer::default());
        let finished = self
            .service
            .finish_provider_sign_in("corp", flow, &answer, None, ADDRESS);
        Ok(finished.await?.session_id)
    }

    /// The company after a start with other rules of `corp`.
    pub async fn restart(&mut self, edit: impl FnOnce(&mut ProviderRules)) {
        let mut parts = Parts {
            providers: vec![self.corp.clone(), self.partner.clone()],
            ..self.world.parts()
        };
        edit(&mut parts.settings.providers[0]);
        self.service = Service::open(parts).await.unwrap();
    }

    /// Another server of this company in real time, which follows the event log.
    pub async fn server_at(&self, url: &str) -> Service {
        let parts = Parts {
            store: migrated(url).await,
            clock: Arc::new(SystemClock),
            anchor_file: None,
            providers: vec![self.corp.clone(), self.partner.clone()],
            ..self.world.parts()
        };
        let service = Service::open(parts).await.unwrap();
        let follower = service.clone();
        tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
        service
    }

    pub async fn user(&self, name: &str) -> UserView {
        self.service.operator().user_called(name).await.unwrap()
    }

    pub async fn holds(&self, by: &SignedIn) -> bool {
        self.service
            .sessions(by)
            .await
            .is_ok_and(|sessions| sessions.iter().any(|session| session.is_current))
    }

    pub async fn verified(&self) {
        let report = self.service.operator().verify_audit().await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }

    pub async fn end(&self, whose: LoggedOut, id: &str) -> Result<(), LogoutRefused> {
        *self.corp.ends.lock() = Some(Logout {
            whose,
            token_id: id.to_owned(),
            valid_until: self.world.now().after(Duration::from_mins(5)),
        });
        self.service.end_by_provider("corp", "token").await
    }
}
