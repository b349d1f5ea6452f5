//! The ways to take rights away.

use ats_pat_service::Regeneration;
use ats_pat_test_support::world::{ADDRESS, code};
use secrecy::ExposeSecret as _;

use crate::scene::Scene;

/// A way to take a right away.
#[derive(Clone, Copy, Debug)]
pub enum Removal {
    Revoke,
    RevokeAsOperator,
    RevokeAsHolder,
    ReportAsLeaked,
    Regenerate,
    SetPassword,
    Disable,
}

pub const EACH: [Removal; 7] = [
    Removal::Revoke,
    Removal::RevokeAsOperator,
    Removal::RevokeAsHolder,
    Removal::ReportAsLeaked,
    Removal::Regenerate,
    Removal::SetPassword,
    Removal::Disable,
];

impl Removal {
    pub async fn run(self, scene: &Scene) {
        let service = &scene.world.service;
        let id = scene.issued.token.id.to_string();
        let secret = scene.issued.secret.expose_secret();
        let done = match self {
            Self::Revoke => code(service.revoke_token(&scene.ada, &id).await),
            Self::RevokeAsOperator => code(service.operator().revoke_token(&id).await),
            Self::RevokeAsHolder => code(
                service
                    .revoke_as_holder(&scene.issued.secret, ADDRESS)
                    .await,
            ),
            Self::ReportAsLeaked => code(service.report_leaked(&[secret.into()], ADDRESS).await),
            Self::Regenerate => {
                let anew = service.regenerate_token(&scene.ada, &id, Regeneration::default());
                code(anew.await)
            }
            Self::SetPassword => {
                let new = "orbit-of-velvet-plums-7".into();
                code(service.operator().set_password("ada", &new, true).await)
            }
            Self::Disable => code(service.operator().disable_user("ada").await),
        };
        assert_eq!(done, 1, "{self:?}");
    }
}
