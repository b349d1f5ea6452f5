//! The hash of a new password, and the end of all of a user's tokens.

use secrecy::SecretString;

use super::find::{UserRef, find_even_planted};
use crate::change::{Change, Draft, Taken};
use crate::operator::Operator;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::sessions::passwords::Claim;
use crate::tokens::revoke_tokens;

impl Operator<'_> {
    /// The hash of a new password.
    pub(super) async fn hash(
        &self,
        password: &SecretString,
        about: &[&str],
    ) -> Result<String, Error> {
        let inner = &self.service.inner;
        let salt = inner.changes.random()?;
        let hash = inner
            .passwords
            .hash_new("Password", password, about, salt, Claim::OPERATOR);
        hash.await
    }

    /// Revokes every token of a user; gives how many were active.
    ///
    /// # Errors
    /// [`Error::UserNotFound`]; [`Problem::Forbidden`](ats_pat_domain::Problem::Forbidden) for an
    /// operator key without the right over administrators, if the user is one.
    pub async fn revoke_tokens_of(&self, user: impl Into<UserRef>) -> Result<u64, Error> {
        let revoke = RevokeTokens { user: user.into() };
        self.change(revoke).await
    }
}

struct RevokeTokens {
    user: UserRef,
}

impl Change for RevokeTokens {
    type Output = u64;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        let (user, _) = find_even_planted(draft, &self.user).await?;
        draft.require_right_over(&user)?;
        let revoked = revoke_tokens(draft, Some(user.id)).await?;
        Ok((revoked, Taken::now_if(revoked > 0)))
    }
}
