//! Personal access tokens of a signed-in user, and of the service accounts that the user is
//! responsible for.

mod accounts;
mod create;
mod form;
mod holder;
mod overlap;
mod owner;
mod read;
mod regenerate;
mod revoke;
mod secrets;
mod self_regenerate;
mod update;

use ats_pat_auth::RootKeys;
use ats_pat_domain::port::ListedToken;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::{Problem, Token, TokenId, TokenName, UserId};
use ats_pat_token::PersonalAccessToken;
use secrecy::SecretString;

pub(crate) use create::Maker;
pub use create::{CreatedOnce, NewToken};
pub use form::IDEMPOTENCY_KEY;
pub(crate) use form::OneTimeKey;
pub use owner::{Acting, Owner};
pub use regenerate::Regeneration;
pub(crate) use revoke::{
    Revoke, Whose, end_any, revoke_any, revoke_saying, revoke_tokens, revoke_tokens_of,
};
pub(crate) use secrets::{end_earlier, take_places_of};
pub use self_regenerate::{Holder, SelfRegenerated};
pub use update::TokenUpdate;

use crate::change::Draft;
use crate::service::Service;
use crate::service::error::Error;
use crate::status::places;

/// A new secret: the string to answer once, and the hash to keep.
pub(crate) struct NewSecret {
    shown: SecretString,
    hash: [u8; 32],
    key_id: KeyId,
}

impl NewSecret {
    pub(crate) fn make(service: &Service) -> Result<Self, Error> {
        let token = PersonalAccessToken::from_random(&service.inner.changes.random()?);
        let keys: &RootKeys = service.roots().current();
        Ok(Self {
            shown: token.expose().into(),
            hash: keys.hash_personal_access_token(&token).to_bytes(),
            key_id: service.roots().current_id(),
        })
    }

    #[cfg(test)]
    pub(crate) fn shown(&self) -> &SecretString {
        &self.shown
    }

    /// Writes it as the current secret of `token`, in its generation, with a place in the status
    /// list.
    pub(crate) async fn insert(&self, draft: &Draft<'_>, token: &Token) -> Result<(), Error> {
        self.insert_after(draft, token, false).await
    }

    /// The same; says whether its first exchange ends the secret in overlap.
    async fn insert_after(
        &self,
        draft: &Draft<'_>,
        token: &Token,
        ends_overlap: bool,
    ) -> Result<(), Error> {
        let place = places::give(draft, token, token.generation).await?;
        let secret = Secret {
            ends_overlap,
            status_index: Some(place),
            ..self.row(token, token.generation, Slot::Current)
        };
        draft.insert_secret(secret).await
    }

    /// Its row, without a place in the status list.
    fn row(&self, token: &Token, generation: u32, slot: Slot) -> Secret {
        Secret {
            hash: self.hash,
            key_id: self.key_id,
            token_id: token.id,
            generation,
            slot: Some(slot),
            valid_until: None,
            ends_overlap: false,
            renews_until: None,
            may_revoke: false,
            status_index: None,
        }
    }
}

/// The token of this id if `owner` owns it; another's and none are the same
/// [`Problem::TokenNotFound`].
async fn owned(
    draft: &Draft<'_>,
    owner: UserId,
    id: TokenId,
) -> Result<(ListedToken, Token), Error> {
    let listed = draft
        .read()
        .tokens()
        .owned(owner, id)
        .await?
        .ok_or(Problem::TokenNotFound)?;
    let token = draft.check(listed.token.clone()).await?;
    Ok((listed, token))
}

/// [`Problem::NameInUse`] if another active token of `owner` than `except` has this name.
async fn refuse_name_in_use(
    draft: &Draft<'_>,
    owner: UserId,
    name: &TokenName,
    except: Option<TokenId>,
) -> Result<(), Error> {
    let tokens = draft.read().tokens();
    let has_it = tokens
        .active_with_name(owner, &name.folded(), draft.now)
        .await?;
    if has_it.is_some() && has_it != except {
        let name = name.as_str().to_owned();
        return Err(Problem::NameInUse { name }.into());
    }
    Ok(())
}
