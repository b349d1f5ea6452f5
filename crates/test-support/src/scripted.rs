//! An identity provider in memory that says what a test says.

use std::sync::Arc;

use async_trait::async_trait;
use ats_pat_domain::port::{
    Flow, IdentityError, IdentityProvider, Logout, ProvenIdentity, ProviderAnswer,
};
use ats_pat_domain::{Identity, Issuer, ProviderName, Subject};
use parking_lot::Mutex;

/// A provider that says what a test says.
pub struct Scripted {
    name: ProviderName,
    /// The person who signs in next.
    pub says: Mutex<ProvenIdentity>,
    /// Whose sign-ins the next logout ends. `None`: the logout is refused.
    pub ends: Mutex<Option<Logout>>,
}

impl Scripted {
    /// A provider of this name.
    pub fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            name: ProviderName::new(name).expect("a name"),
            says: Mutex::new(somebody("https://id.example.com", "1", "ada")),
            ends: Mutex::new(None),
        })
    }
}

/// Somebody of this user name, who is nothing else but this identity.
pub fn somebody(issuer: &str, subject: &str, name: &str) -> ProvenIdentity {
    ProvenIdentity {
        identity: Identity {
            issuer: Issuer::new(issuer).expect("an issuer"),
            subject: Subject::new(subject).expect("a subject"),
        },
        user_name: Some(name.to_owned()),
        display_name: None,
        email: None,
        directory_id: None,
        groups: Some(Vec::new()),
        authenticated_at: None,
        session: None,
    }
}

#[async_trait]
impl IdentityProvider for Scripted {
    fn name(&self) -> &ProviderName {
        &self.name
    }

    async fn authorization_url(&self, _: &Flow) -> Result<String, IdentityError> {
        Ok("https://id.example.com/authorize".to_owned())
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
