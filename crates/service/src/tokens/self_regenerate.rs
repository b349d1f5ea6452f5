//! A token asks for a new secret itself; the first exchange with it makes an end of the old one.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::sign_in_rule::require_in_force;
use ats_pat_domain::{Problem, Reason, Timestamp, Token, TokenId};
use secrecy::SecretString;

use super::NewSecret;
use super::overlap::end_overlap_of;
use super::secrets::{judged_secrets, next_generation};
use crate::cache::ReadFrom;
use crate::cache::grants::Known;
use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::exchange::one_of;
use crate::policy::{InForce, OwnerPolicy};
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::status::places;

/// How long a secret that was not used yet can be.
const UNCONFIRMED_FOR: Duration = Duration::from_hours(24);

/// Somebody who showed a secret that could be exchanged.
pub struct Holder {
    pub(crate) known: Arc<Known>,
    address: IpAddr,
}

/// The secret that a token got by itself.
pub struct SelfRegenerated {
    /// The token, whose id stays the same.
    pub id: TokenId,
    /// The personal access token, `atspat_…`, which is answered this once.
    pub secret: SecretString,
    /// When the token expires, once this secret was exchanged.
    pub expires_at: Timestamp,
    /// Until when it has to be exchanged for the first time: else it is void, and the old one works
    /// on.
    pub confirm_before: Timestamp,
}

impl Service {
    /// Who shows a personal access token that could be exchanged from `address` now.
    ///
    /// # Errors
    /// As of [`exchange`](Self::exchange).
    pub async fn authenticate_holder(
        &self,
        presented: &[&[u8]],
        address: IpAddr,
    ) -> Result<Holder, Error> {
        self.require_log()?;
        let presented = one_of(presented)?;
        let (now, from) = (self.now(), ReadFrom::Memory);
        let found = self.exchangeable(presented.as_ref(), now, address, from);
        let known = found.await?.known;
        Ok(Holder { known, address })
    }

    /// Gives a token a new secret that it asked for itself, and that is answered this once. The old
    /// secret works until the first exchange with the new one. Without one within 24 hours the new
    /// one is void. Asking again makes the one before void; with a secret that was not exchanged
    /// yet it counts as its first exchange.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] for what is no time, [`Problem::TooManyRequests`], the
    /// refusals of the exchange where something changed meanwhile,
    /// [`Problem::SelfRegenerateNotAllowed`], also for a secret in overlap;
    /// [`Problem::ExpirationNotAllowed`].
    pub async fn regenerate_itself(
        &self,
        by: &Holder,
        expires_at: Option<&str>,
    ) -> Result<SelfRegenerated, Error> {
        let expires_at = expires_at.map(Timestamp::parse).transpose();
        let expires_at =
            expires_at.map_err(|_| Problem::validation("ExpiresAt", Reason::NotATime))?;
        let grant = &by.known.grant;
        self.inner.limits.count_renewal(grant.token_id)?;
        let regenerate = RegenerateItself {
            id: grant.token_id,
            by: grant.hash,
            expires_at,
            policies: Arc::clone(&self.inner.policies),
            address: by.address,
            secret: NewSecret::make(self)?,
        };
        self.change(Authority::Holder, regenerate).await
    }

    /// Puts a secret that its token asked for in the place of the one in use.
    pub(crate) async fn confirm_secret(&self, id: TokenId, hash: [u8; 32]) -> Result<(), Error> {
        let confirm = Confirm {
            id,
            hash,
            policies: Arc::clone(&self.inner.policies),
        };
        self.change(Authority::Holder, confirm).await
    }
}

/// What a secret that was shown stands for.
struct Exchangeable {
    token: Token,
    secrets: Vec<(Secret, Judgement)>,
    /// The policy for its owner.
    policy: Arc<OwnerPolicy>,
}

/// The token behind a secret that was shown, as it may be exchanged, and its secrets.
///
/// # Errors
/// As of the exchange, without those of the caller's address: the token or its owner may have ended
/// since the secret was looked at, and the owner may be in other groups.
async fn exchangeable(
    draft: &Draft<'_>,
    policies: &InForce,
    id: TokenId,
) -> Result<Exchangeable, Error> {
    let bearer = draft.read().tokens().bearer(id).await?;
    let bearer = bearer.ok_or(Problem::PersonalAccessTokenInvalid)?;
    let token = draft.check(bearer.token).await?;
    let owner = draft.check(bearer.owner).await?;
    if token.revoked_at.is_some() {
        return Err(Problem::PersonalAccessTokenRevoked.into());
    }
    if token.expires_at <= draft.now {
        let expiry = token.expires_at;
        return Err(Problem::PersonalAccessTokenExpired { expiry }.into());
    }
    require_in_force(&owner, draft.sign_in_rules(), draft.now)?;
    let policy = policies.in_change(draft).await?.of(&owner.groups);
    policy.rules.check_all_scope(&token.scopes)?;
    let secrets = judged_secrets(draft, &token).await?;
    Ok(Exchangeable {
        token,
        secrets,
        policy,
    })
}

/// What became of a secret since it was looked at.
enum Standing {
    Current {
        /// Whether its first use ends the secret that it replaced.
        ends_overlap: bool,
    },
    Overlap,
    /// With the expiry that it brings.
    Unconfirmed(Timestamp),
}

/// Where the secret with this hash stands. Its generation would not tell: a fail-over may have lost
/// the secret, and another one may have got its generation.
///
/// # Errors
/// [`Problem::PersonalAccessTokenInvalid`] for one that ended; [`Error::LogNotRead`].
fn standing(
    draft: &Draft<'_>,
    secrets: &[(Secret, Judgement)],
    hash: [u8; 32],
) -> Result<Standing, Error> {
    let found = secrets.iter().find(|(secret, _)| secret.hash == hash);
    let (secret, judgement) = found.ok_or(Problem::PersonalAccessTokenInvalid)?;
    if *judgement != Judgement::Genuine {
        return Err(Error::LogNotRead);
    }
    let is_over = secret.valid_until.is_some_and(|until| until <= draft.now);
    match (secret.slot, secret.renews_until) {
        (Some(Slot::Current), _) => Ok(Standing::Current {
            ends_overlap: secret.ends_overlap,
        }),
        (Some(Slot::Overlap), _) if !is_over => Ok(Standing::Overlap),
        (Some(Slot::Unconfirmed), Some(expires_at)) if !is_over => {
            Ok(Standing::Unconfirmed(expires_at))
        }
        _ => Err(Problem::PersonalAccessTokenInvalid.into()),
    }
}

/// Puts the secret with this hash in the place of the one in use; every other one ends.
async fn confirm(
    draft: &Draft<'_>,
    token: &mut Token,
    secrets: Vec<(Secret, Judgement)>,
    hash: [u8; 32],
    expires_at: Timestamp,
) -> Result<(), Error> {
    let (confirmed, replaced): (Vec<_>, Vec<_>) = secrets
        .into_iter()
        .map(|(secret, _)| secret)
        .partition(|secret| secret.hash == hash);
    let [mut confirmed] =
        <[Secret; 1]>::try_from(confirmed).map_err(|_| Problem::PersonalAccessTokenInvalid)?;
    let generation = confirmed.generation;
    token.confirm(generation, expires_at, draft.now)?;
    // They leave their places to it.
    for mut secret in replaced {
        secret.may_revoke = secret.slot == Some(Slot::Current);
        secret.slot = None;
        places::revoke(draft, &secret).await?;
        draft.update_secret(secret).await?;
    }
    confirmed.slot = Some(Slot::Current);
    confirmed.valid_until = None;
    confirmed.renews_until = None;
    if confirmed.status_index.is_none() {
        confirmed.status_index = Some(places::give(draft, token, generation).await?);
    }
    draft.update_secret(confirmed).await?;
    draft.update_token(token.clone()).await?;
    draft.record(
        draft
            .entry(EventKind::TokenConfirmed, &token.id)
            .owner(token.owner_id)
            .detail("Generation", generation)
            .detail("ExpiresAt", expires_at.to_string())
            .personal("Name", token.name.as_str()),
    );
    Ok(())
}

struct Confirm {
    id: TokenId,
    hash: [u8; 32],
    policies: Arc<InForce>,
}

impl Change for Confirm {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::Second
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let Exchangeable {
            mut token, secrets, ..
        } = exchangeable(draft, &self.policies, self.id).await?;
        match standing(draft, &secrets, self.hash)? {
            Standing::Unconfirmed(expires_at) => {
                confirm(draft, &mut token, secrets, self.hash, expires_at).await?;
                Ok(((), Taken::Now))
            }
            // Another exchange was first.
            Standing::Current { .. } | Standing::Overlap => Ok(((), Taken::Before)),
        }
    }
}

struct RegenerateItself {
    id: TokenId,
    /// The hash of the secret by which it is asked for.
    by: [u8; 32],
    expires_at: Option<Timestamp>,
    policies: Arc<InForce>,
    address: IpAddr,
    secret: NewSecret,
}

impl Change for RegenerateItself {
    type Output = SelfRegenerated;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(SelfRegenerated, Taken), Error> {
        let Exchangeable {
            mut token,
            mut secrets,
            policy,
        } = exchangeable(draft, &self.policies, self.id).await?;
        let policy = &policy.rules;
        if !policy.allows_from(self.address) {
            return Err(Problem::NetworkNotAllowed.into());
        }
        let generation = next_generation(&token, &secrets);
        let taken = match standing(draft, &secrets, self.by)? {
            Standing::Current {
                ends_overlap: false,
            } => Taken::Nothing,
            // To get another secret by it is to use it.
            Standing::Current { ends_overlap: true } => {
                Taken::now_if(end_overlap_of(draft, &token, &secrets, true).await?)
            }
            // The one that took its place is not for whoever holds this one.
            Standing::Overlap => return Err(Problem::SelfRegenerateNotAllowed.into()),
            Standing::Unconfirmed(expires_at) => {
                let secrets = std::mem::take(&mut secrets);
                confirm(draft, &mut token, secrets, self.by, expires_at).await?;
                Taken::Now
            }
        };
        let expires_at = token.renewed_expiry(self.expires_at, policy, draft.now)?;
        for (secret, _) in &secrets {
            if secret.slot == Some(Slot::Unconfirmed) {
                draft.delete_secret(secret).await?;
            }
        }
        let confirm_before = draft.now.after(UNCONFIRMED_FOR).min(token.expires_at);
        let secret = Secret {
            valid_until: Some(confirm_before),
            renews_until: Some(expires_at),
            ..self.secret.row(&token, generation, Slot::Unconfirmed)
        };
        draft.insert_secret(secret).await?;
        draft.record(
            draft
                .entry(EventKind::TokenSelfRegenerated, &token.id)
                .owner(token.owner_id)
                .detail("Generation", generation)
                .detail("ExpiresAt", expires_at.to_string())
                .detail("ConfirmBefore", confirm_before.to_string())
                .personal("Name", token.name.as_str())
                .personal("Address", Client::from(self.address).address_text()),
        );
        let issued = SelfRegenerated {
            id: token.id,
            secret: self.secret.shown.clone(),
            expires_at,
            confirm_before,
        };
        Ok((issued, taken))
    }
}
