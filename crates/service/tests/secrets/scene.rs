//! A user with a token, and what becomes of its secrets.

use std::time::Duration;

use ats_pat_service::view::{IssuedToken, TokenView};
use ats_pat_service::{Error, Regeneration, SignedIn};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{DAY, World, code};
use secrecy::{ExposeSecret as _, SecretString};

pub const HOUR: Duration = Duration::from_hours(1);

pub struct Scene {
    pub world: World,
    pub ada: SignedIn,
    pub issued: IssuedToken,
}

/// A user with a token that lasts a day.
pub async fn scene(database: &TestDatabase) -> Scene {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "gateway", DAY).await.unwrap();
    Scene { world, ada, issued }
}

/// A new secret, after which the old one works for so many hours.
pub fn hours(hours: u32) -> Regeneration {
    Regeneration {
        overlap_hours: hours,
        ..Regeneration::default()
    }
}

impl Scene {
    pub fn id(&self) -> String {
        self.issued.token.id.to_string()
    }

    pub async fn regenerate(&self, asked: Regeneration) -> Result<IssuedToken, Error> {
        let service = &self.world.service;
        service.regenerate_token(&self.ada, &self.id(), asked).await
    }

    pub async fn exchanged(&self, secret: &SecretString) -> u32 {
        code(self.world.exchange(secret).await)
    }

    pub async fn bearer(&self, secret: &SecretString) -> SecretString {
        self.world.exchange(secret).await.unwrap().token
    }

    pub async fn holds(&self, bearer: &SecretString) -> bool {
        let identity = self.world.service.identity(bearer.expose_secret()).await;
        identity.is_ok()
    }

    pub async fn shown(&self) -> TokenView {
        let service = &self.world.service;
        service.token(&self.ada, &self.id()).await.unwrap()
    }

    /// How many events of this kind there are.
    pub async fn told(&self, kind: &str) -> usize {
        self.world.told(kind).await.len()
    }
}
