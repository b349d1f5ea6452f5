//! A person who signs in at the hostile provider.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::{Flow, IdentityError, IdentityProvider, ProvenIdentity, ProviderAnswer};
use ats_pat_domain::{Issuer, ProviderName};
use ats_pat_identity::{Algorithm, ClaimNames, Distrust, Provider, Settings, Trouble};
use serde_json::{Value, json};

use crate::clock::TestClock;
use ats_pat_test_support::provider::jwt::{base64, rsa};
use ats_pat_test_support::provider::{Hostile, TOKEN, USER_INFO};

pub const CLIENT: &str = "ats";
pub const SECRET: &str = "client-secret";
pub const ACCESS_TOKEN: &str = "access-token";

/// The provider, and this service as its client.
pub struct Scene {
    pub hostile: Hostile,
    pub clock: TestClock,
    pub settings: Settings,
    pub provider: Provider,
    pub flow: Flow,
    pub answer: ProviderAnswer,
}

impl Scene {
    /// Ada signs in; everything is as it should be.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with settings that a test edits.
    pub async fn with(edit: impl FnOnce(&mut Settings)) -> Self {
        let hostile = Hostile::start().await;
        let clock = TestClock::new();
        let mut settings = Settings {
            name: name("corp"),
            issuer: Issuer::new(&hostile.issuer).unwrap(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.to_owned().into()),
            redirect_url: "https://tokens.example/signin/corp/callback".to_owned(),
            scopes: ["openid", "profile"].map(ToOwned::to_owned).to_vec(),
            algorithms: Algorithm::DEFAULT.to_vec(),
            claims: ClaimNames::default(),
            timeout: Duration::from_secs(30),
        };
        edit(&mut settings);
        let provider = Provider::new(settings.clone(), Arc::new(clock.clone())).unwrap();
        let scene = Self {
            hostile,
            clock,
            settings,
            provider,
            flow: flow(),
            answer: ProviderAnswer {
                state: Some(base64(&flow().state)),
                code: Some("code".to_owned()),
                ..ProviderAnswer::default()
            },
        };
        scene.id_token(|_| {});
        scene.hostile.json(USER_INFO, json!({"sub": "ada"}));
        scene
    }

    /// The claims of a right ID token.
    pub fn claims(&self) -> Value {
        let now = self.clock.seconds();
        json!({
            "iss": self.hostile.issuer,
            "sub": "ada",
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": base64(&self.flow.nonce),
            "sid": "sign-in",
            "preferred_username": "ada",
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "groups": ["builders"],
        })
    }

    /// The provider's ID token gets claims that a test edits.
    pub fn id_token(&self, edit: impl FnOnce(&mut Value)) {
        let mut claims = self.claims();
        edit(&mut claims);
        self.raw_id_token(&rsa().token(&json!({"alg": "RS256", "kid": "rsa"}), &claims));
    }

    /// The provider's ID token is this.
    pub fn raw_id_token(&self, token: &str) {
        let answer = json!({
            "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": token,
        });
        self.hostile.json(TOKEN, answer);
    }

    pub async fn prove(&self) -> Result<ProvenIdentity, IdentityError> {
        self.provider.prove(&self.flow, &self.answer).await
    }

    /// The rule that the answer breaks.
    pub async fn distrust(&self) -> Distrust {
        distrust(self.prove().await.unwrap_err())
    }

    /// What is wrong with the provider.
    pub async fn trouble(&self) -> Trouble {
        trouble(self.prove().await.unwrap_err())
    }
}

pub fn name(text: &str) -> ProviderName {
    ProviderName::new(text).unwrap()
}

pub fn flow() -> Flow {
    Flow {
        provider: name("corp"),
        state: [1; 32],
        nonce: [2; 32],
        verifier: [3; 32],
        max_age: None,
    }
}

pub fn distrust(error: IdentityError) -> Distrust {
    match error {
        IdentityError::Untrusted(cause) => *cause.downcast().unwrap(),
        other => panic!("not distrusted, but: {other:?}"),
    }
}

pub fn trouble(error: IdentityError) -> Trouble {
    match error {
        IdentityError::Unavailable(cause) => *cause.downcast().unwrap(),
        other => panic!("not unavailable, but: {other:?}"),
    }
}
