//! Changes that no use case makes.

use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    Description, DisabledMarks, DisplayName, Scopes, SignedInElsewhere, Timestamp, Token, TokenId,
    TokenName, User, UserId, UserName,
};

use super::sign_ins::sign_in_at;
use crate::change::{Change, Draft, Taken};
use crate::service::error::Error;
use crate::tokens::{NewSecret, revoke_any};

pub(super) struct PlantOwner {
    pub(super) number: usize,
    /// When the owner signed in at the provider, if it is a user of one.
    pub(super) signed_in: Option<Timestamp>,
}

impl Change for PlantOwner {
    type Output = UserId;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(UserId, Taken), Error> {
        let id = UserId::new(draft.now, draft.random()?);
        let name = format!("owner {}", self.number);
        draft
            .insert_user(User {
                id,
                name: UserName::new(&name).expect("a name"),
                display_name: DisplayName::from_stored(name),
                email: None,
                kind: UserKind::Person,
                password_hash: None,
                is_administrator: false,
                disabled: DisabledMarks::NONE,
                responsible_id: None,
                groups: Groups::default(),
                provider_sign_in: self.signed_in.map(sign_in_at),
                signed_in_elsewhere: SignedInElsewhere::default(),
                directory: None,
                created_at: draft.now,
            })
            .await?;
        draft.record(draft.entry(EventKind::UserCreated, &id));
        Ok((id, Taken::Nothing))
    }
}

pub(super) struct EndWithoutAWord {
    pub(super) id: TokenId,
}

impl Change for EndWithoutAWord {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let listed = draft.read().tokens().by_id(self.id).await?;
        revoke_any(draft, listed.expect("it was planted").token).await?;
        Ok(((), Taken::Nothing))
    }
}

pub(super) struct PlantToken {
    pub(super) owner: UserId,
    pub(super) secret: NewSecret,
}

impl Change for PlantToken {
    type Output = TokenId;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(TokenId, Taken), Error> {
        let token = Token {
            id: TokenId::new(draft.now, draft.random()?),
            owner_id: self.owner,
            name: TokenName::new("planted").expect("a name"),
            description: Description::default(),
            scopes: Scopes::all(),
            allowed_networks: None,
            generation: 1,
            created_at: draft.now,
            expires_at: draft.now.after(Duration::from_hours(24)),
            regenerated_at: None,
            regenerates_until: Some(draft.now.after(Duration::from_hours(240))),
            revoked_at: None,
        };
        let id = token.id;
        draft.insert_token(token.clone()).await?;
        self.secret.insert(draft, &token).await?;
        draft.record(draft.entry(EventKind::TokenCreated, &id));
        Ok((id, Taken::Nothing))
    }
}
