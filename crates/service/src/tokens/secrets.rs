//! The secrets of tokens, and their places in the status list.

use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Status, Token, UserId};

use crate::change::{Draft, Judgement};
use crate::service::error::Error;
use crate::status::{ACCEPTED_AFTER_END, REVOKED_FOR, places};

/// How many tokens are read at once.
const BATCH: u64 = 500;

/// The secrets of a token that have a slot. One that was planted or altered grants nothing, and
/// could keep the place of another: it is removed, and the places that the log gave to the token's
/// secrets are revoked in its stead.
pub(crate) async fn living_secrets(draft: &Draft<'_>, token: &Token) -> Result<Vec<Secret>, Error> {
    let judged = judged_secrets(draft, token).await?;
    Ok(judged.into_iter().map(|(secret, _)| secret).collect())
}

/// The generation of the next secret of `token`, whose living ones these are. What was never
/// confirmed counts too, so that no two secrets of a token are of one generation.
pub(super) fn next_generation(token: &Token, living: &[(Secret, Judgement)]) -> u32 {
    let generations = living.iter().map(|(secret, _)| secret.generation);
    let last = generations.fold(token.generation, u32::max);
    last.saturating_add(1)
}

/// The same, each with whether it is the one that the log says stands there: what keeps a right
/// needs to know.
pub(super) async fn judged_secrets(
    draft: &Draft<'_>,
    token: &Token,
) -> Result<Vec<(Secret, Judgement)>, Error> {
    let mut living = Vec::new();
    let mut planted = false;
    for secret in draft.read().secrets().of_token(token.id).await? {
        match draft.judge(secret).await {
            (secret, Judgement::Planted) => {
                draft.quarantine(&secret);
                draft.delete_secret(&secret).await?;
                planted = true;
            }
            (secret, judgement) if secret.slot.is_some() => living.push((secret, judgement)),
            _ => {}
        }
    }
    if planted {
        places::revoke_all_of(draft, token).await?;
    }
    Ok(living)
}

/// Ends what would outlive a token that gets less time than `before`: authentication tokens, if
/// its expiry comes earlier, and a secret that would bring a later expiry again.
pub(crate) async fn end_earlier(
    draft: &Draft<'_>,
    before: &Token,
    token: &Token,
) -> Result<(), Error> {
    if token.expires_at < before.expires_at {
        replace_places_of(draft, token).await?;
    }
    for secret in living_secrets(draft, token).await? {
        if secret.slot == Some(Slot::Unconfirmed) {
            draft.delete_secret(&secret).await?;
        }
    }
    Ok(())
}

/// Gives the secrets of a token other places, and revokes those that they have, where what they
/// were exchanged for could outlive the token: it ends at `token.expires_at` now, and an
/// authentication token that names a later end would be accepted until then. None lives long enough
/// for an end that is further away.
async fn replace_places_of(draft: &Draft<'_>, token: &Token) -> Result<(), Error> {
    for mut secret in living_secrets(draft, token).await? {
        if replace_place(draft, token, &mut secret).await? {
            draft.update_secret(secret).await?;
        }
    }
    Ok(())
}

/// The same of one secret, which the caller writes; gives whether it has another place now.
pub(super) async fn replace_place(
    draft: &Draft<'_>,
    token: &Token,
    secret: &mut Secret,
) -> Result<bool, Error> {
    let ends_soon = token.expires_at < draft.now.after(REVOKED_FOR);
    if !ends_soon || secret.status_index.is_none() {
        return Ok(false);
    }
    places::revoke(draft, secret).await?;
    secret.status_index = Some(places::give(draft, token, secret.generation).await?);
    Ok(true)
}

/// Revokes the places of a user's tokens for good, those included that ended so lately that
/// verifiers may still accept what they were exchanged for: the secrets get others at their next
/// exchange, which is refused for as long as the user is disabled. A token that was altered is no
/// exception, whatever it says of its end.
pub(crate) async fn take_places_of(draft: &Draft<'_>, owner: UserId) -> Result<(), Error> {
    let tokens = draft.read().tokens();
    let active_then = draft.now.before(ACCEPTED_AFTER_END);
    let mut after = None;
    loop {
        // What can't be read is left out, and may make a batch shorter: only an empty one is the
        // end.
        let batch = tokens.of_owner(owner, after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = Some(last.row.id);
        for token in batch {
            let (token, judgement) = draft.judge(token).await;
            let has_ended = token.status(active_then) != Status::Active;
            if has_ended && judgement == Judgement::Genuine {
                continue;
            }
            for mut secret in living_secrets(draft, &token).await? {
                if secret.status_index.is_some() {
                    places::revoke(draft, &secret).await?;
                    secret.status_index = None;
                    draft.update_secret(secret).await?;
                }
            }
        }
    }
}
