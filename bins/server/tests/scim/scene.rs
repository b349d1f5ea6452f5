//! A company with two identity providers, of which one has a directory.

use std::sync::Arc;

use ats_pat_domain::port::{IdentityProvider, ProvenIdentity, ProviderAnswer};
use ats_pat_domain::{Issuer, ProviderName};
use ats_pat_http::{Both, HttpSettings, Limits, Site};
use ats_pat_service::{
    DirectoryRules, NewOperatorKey, NotSignedIn, Parts, ProviderRules, Service, Settings, SignedIn,
};
use ats_pat_test_support::scripted::{Scripted, somebody};
use ats_pat_test_support::world::{ADDRESS, DAY, ISSUER, World};
use ats_pat_test_support::{TestDatabase, sqlite};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The issuer of the provider that has the directory.
pub const CORP: &str = "https://id.example.com";
/// The issuer of the other provider.
pub const PARTNER: &str = "https://partner.example.com";
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

pub struct Scene {
    pub world: World,
    pub service: Service,
    pub corp: Arc<Scripted>,
    pub partner: Arc<Scripted>,
    /// The operator key of the directory.
    pub key: String,
    pub database: TestDatabase,
    origin: String,
    client: reqwest::Client,
}

fn rules(name: &str, issuer: &str) -> ProviderRules {
    ProviderRules {
        name: ProviderName::new(name).unwrap(),
        label: name.to_owned(),
        issuer: Issuer::new(issuer).unwrap(),
        allowed_groups: Vec::new(),
        administrator_groups: Vec::new(),
        subject_is_id: false,
        sign_in_every_days: None,
    }
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The directory knows users by the claim `oid`, as Entra ID's does.
    pub async fn by_claim() -> Self {
        Self::with(|settings| settings.directory = Some(directory("oid"))).await
    }

    pub async fn with(edit: impl FnOnce(&mut Settings)) -> Self {
        let database = sqlite();
        let world = World::with(database.url(), |settings| {
            settings.providers = vec![rules("corp", CORP), rules("partner", PARTNER)];
            settings.directory = Some(directory("sub"));
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
        let mut scene = Self {
            origin: listen(&service).await,
            key: String::new(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            world,
            service,
            corp,
            partner,
            database,
        };
        scene.key = scene.operator_key(&["scim"]).await;
        scene
    }

    /// The secret of a new operator key.
    pub async fn operator_key(&self, rights: &[&str]) -> String {
        self.operator_key_for(rights, None).await
    }

    pub async fn operator_key_for(&self, rights: &[&str], network: Option<&str>) -> String {
        let new = NewOperatorKey {
            name: Some("Entra ID".to_owned()),
            rights: rights.iter().map(ToString::to_string).collect(),
            expires_at: Some(self.world.now().after(DAY).to_string()),
            allowed_networks: network.map(|network| vec![network.to_owned()]),
        };
        let issued = self.service.operator().create_operator_key(new).await;
        issued.unwrap().secret.expose_secret().to_owned()
    }

    /// A request by the directory: `GET /Users`.
    pub fn call(&self, line: &str) -> Call {
        self.call_by(&self.key, line)
    }

    pub fn call_by(&self, key: &str, line: &str) -> Call {
        let (method, path) = line.split_once(' ').unwrap();
        self.plain(&format!("{method} /scim/v2{path}"))
            .header(AUTHORIZATION.as_str(), &format!("Bearer {key}"))
    }

    /// A request without a key.
    pub fn plain(&self, line: &str) -> Call {
        let (method, path) = line.split_once(' ').unwrap();
        let url = format!("{}{path}", self.origin);
        Call(self.client.request(method.parse().unwrap(), url))
    }

    /// Adds a user over SCIM.
    pub async fn provision(&self, external_id: &str, name: &str) -> Value {
        let body = json!({"schemas": [USER], "externalId": external_id, "userName": name});
        self.call("POST /Users").json(&body).expect(201).await
    }

    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.call(&format!("PATCH {path}")).json(&body).send().await
    }

    /// The session of somebody who signs in at the provider with the directory.
    pub async fn sign_in(&self, subject: &str, name: &str) -> Result<SignedIn, NotSignedIn> {
        self.prove(&self.corp, somebody(CORP, subject, name)).await
    }

    /// The same, of somebody who is `oid` in the directory.
    pub async fn sign_in_as(
        &self,
        subject: &str,
        oid: &str,
        name: &str,
    ) -> Result<SignedIn, NotSignedIn> {
        let person = ProvenIdentity {
            directory_id: Some(oid.to_owned()),
            ..somebody(CORP, subject, name)
        };
        self.prove(&self.corp, person).await
    }

    pub async fn prove(
        &self,
        provider: &Scripted,
        person: ProvenIdentity,
    ) -> Result<SignedIn, NotSignedIn> {
        *provider.says.lock() = person;
        let name = provider.name().as_str();
        let begun = self.service.begin_provider_sign_in(name, "/", None).await?;
        let flow = begun.flow.expose_secret();
        let answer = ProviderAnswer::default();
        let finished = self
            .service
            .finish_provider_sign_in(name, flow, &answer, None, ADDRESS)
            .await?;
        let session = finished.session_id;
        let by = self.service.authenticate(session.expose_secret()).await;
        Ok(by.unwrap())
    }

    /// Nothing in the database differs from the event log.
    pub async fn verified(&self) {
        let report = self.service.operator().verify_audit().await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

fn directory(claim: &str) -> DirectoryRules {
    DirectoryRules {
        provider: ProviderName::new("corp").unwrap(),
        identity_claim: claim.to_owned(),
    }
}

/// Serves the whole site until the test ends.
async fn listen(service: &Service) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let http = HttpSettings::new(ISSUER, Vec::new()).unwrap();
    let document = ats_pat_api::document(http.is_https());
    let site = Site::new(
        Both::new(
            ats_pat_api::endpoint(service.clone(), http.clone()),
            ats_pat_scim::endpoint(service.clone(), http.clone()),
        ),
        ats_pat_web::endpoint(
            service.clone(),
            http.clone(),
            ats_pat_web::Branding::default(),
            &document,
        ),
        http,
    );
    let end = std::future::pending();
    tokio::spawn(ats_pat_http::serve(listener, site, Limits::default(), end));
    origin
}

/// A request.
pub struct Call(reqwest::RequestBuilder);

impl Call {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/scim+json", body.to_string())
    }

    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header(CONTENT_TYPE, content_type).body(body))
    }

    pub async fn send(self) -> Answer {
        let response = self.0.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// The body of an answer that has this status.
    pub async fn expect(self, status: u16) -> Value {
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{}", answer.text);
        answer.json()
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body. `null` if it is empty.
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The refusal: its status, which the body repeats as a text, and its `scimType`.
    pub fn refusal(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["schemas"], json!([ERROR]), "{}", self.text);
        assert_eq!(body["status"], self.status.to_string());
        assert!(body["detail"].as_str().is_some_and(|it| !it.is_empty()));
        assert_eq!(self.header("content-type"), "application/scim+json");
        let kind = body["scimType"].as_str().unwrap_or_default();
        (self.status, kind.to_owned())
    }
}

/// What a refusal is.
pub fn refused(status: u16, kind: &str) -> (u16, String) {
    (status, kind.to_owned())
}

/// The id of a resource.
pub fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

/// Whether the session goes on.
pub async fn holds(service: &Service, by: &SignedIn) -> bool {
    let sessions = service.sessions(by).await;
    sessions.is_ok_and(|sessions| sessions.iter().any(|session| session.is_current))
}
