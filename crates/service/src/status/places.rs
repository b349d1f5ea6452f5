//! Gives and revokes places in the status list, and takes them away.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::{EventFilter, MAX_PAGE_SIZE};
use ats_pat_domain::port::StoreError;
use ats_pat_domain::secret::Secret;
use ats_pat_domain::sign_in_rule::require_in_force;
use ats_pat_domain::{Status, StatusPlace, Token, TokenId};
use ats_pat_token::MAX_STATUS_INDEX;
use serde::Deserialize;

use super::{ACCEPTED_AFTER_END, RESTS_FOR, REVOKED_FOR};
use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;

/// Gives a place to the secret of this generation of `token`: one that has rested long enough, or
/// else a new one.
pub(crate) async fn give(draft: &Draft<'_>, token: &Token, generation: u32) -> Result<u64, Error> {
    let places = draft.read().status_places();
    let place = |index| StatusPlace {
        index,
        token_id: token.id,
        generation,
        revoked: false,
        free_at: token.expires_at.after(ACCEPTED_AFTER_END),
    };
    // A place whose tag is wrong is not used. The secret gets a new one.
    let free = places.first_free(draft.now.before(RESTS_FOR)).await?;
    if let Some(free) = free
        && let Some(free) = draft.genuine(free).await?
    {
        draft.update_status_place(place(free.index)).await?;
        return Ok(free.index);
    }
    let index = places.greatest_index().await?.map_or(0, |last| last + 1);
    if index > MAX_STATUS_INDEX {
        return Err(Error::StatusListFull);
    }
    draft.insert_status_place(place(index)).await?;
    Ok(index)
}

/// Revokes the place of `secret`, if it still has it.
///
/// The place is in the secret's tag, so it counts even if the row of the place was removed or
/// altered. So nobody can prevent or hide a revocation with write access to the database alone.
pub(crate) async fn revoke(draft: &Draft<'_>, secret: &Secret) -> Result<(), Error> {
    let Some(index) = secret.status_index else {
        return Ok(());
    };
    let revoked = StatusPlace {
        index,
        token_id: secret.token_id,
        generation: secret.generation,
        revoked: true,
        free_at: draft.now.after(REVOKED_FOR),
    };
    let found = match draft.read().status_places().by_index(index).await {
        Ok(Some(found)) => found,
        Ok(None) => {
            tracing::error!(
                index,
                "a place in the status list was removed behind the program's back"
            );
            return draft.insert_status_place(revoked).await;
        }
        Err(StoreError::Corrupt { .. }) => return draft.write_over_status_place(revoked).await,
        Err(error) => return Err(error.into()),
    };
    let (place, judgement) = draft.judge(found).await;
    let is_anothers = (place.token_id, place.generation) != (secret.token_id, secret.generation);
    if judgement == Judgement::Genuine && (is_anothers || place.revoked) {
        // Another secret has the place, because no token of this one can be valid. Or it was
        // revoked before.
        return Ok(());
    }
    draft.update_status_place(revoked).await
}

/// Revokes every place that the log gave to secrets of `token`, unless another token has it now.
/// This is for an altered secret, because nobody can say which place is its own.
pub(crate) async fn revoke_all_of(draft: &Draft<'_>, token: &Token) -> Result<(), Error> {
    let mut before = None;
    loop {
        let filter = EventFilter {
            owner: None,
            owner_called: None,
            kind: None,
            subjects: Some(vec![token.id.to_string()]),
            before,
            limit: u64::from(MAX_PAGE_SIZE),
        };
        let events = draft.read().events().newest(&filter).await?;
        let Some(last) = events.last() else {
            return Ok(());
        };
        before = Some(last.seq);
        for event in &events {
            let details: Given = serde_json::from_slice(&event.details).unwrap_or_default();
            for index in details.places_given {
                revoke_place_of(draft, token.id, index).await?;
            }
        }
    }
}

/// The part of an event's details that names the places it gave.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    #[serde(default)]
    places_given: Vec<u64>,
}

async fn revoke_place_of(draft: &Draft<'_>, token: TokenId, index: u64) -> Result<(), Error> {
    let found = match draft.read().status_places().by_index(index).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(()),
        // The current owner of the place can't be told. Tokens of another owner may be refused,
        // too.
        Err(StoreError::Corrupt { .. }) => {
            let revoked = StatusPlace {
                index,
                token_id: token,
                generation: 0,
                revoked: true,
                free_at: draft.now.after(REVOKED_FOR),
            };
            return draft.write_over_status_place(revoked).await;
        }
        Err(error) => return Err(error.into()),
    };
    let (place, judgement) = draft.judge(found).await;
    if place.revoked && judgement == Judgement::Genuine || place.token_id != token {
        return Ok(());
    }
    let revoked = StatusPlace {
        revoked: true,
        free_at: draft.now.after(REVOKED_FOR),
        ..place
    };
    draft.update_status_place(revoked).await
}

impl Service {
    /// Gives places to the secrets of a token that have none.
    pub(crate) async fn give_status_place(&self, token: TokenId) -> Result<(), Error> {
        self.change(Authority::System, Give { token }).await
    }
}

struct Give {
    token: TokenId,
}

impl Change for Give {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::Second
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let Some(bearer) = draft.read().tokens().bearer(self.token).await? else {
            return Ok(((), Taken::Nothing));
        };
        let token = draft.check(bearer.token).await?;
        let owner = draft.check(bearer.owner).await?;
        // If it was revoked or disabled in the meantime, the exchange notices it and needs no
        // place.
        let is_in_force = require_in_force(&owner, draft.sign_in_rules(), draft.now).is_ok();
        if token.status(draft.now) != Status::Active || !is_in_force {
            return Ok(((), Taken::Nothing));
        }
        for secret in draft.read().secrets().of_token(token.id).await? {
            let (mut secret, judgement) = draft.judge(secret).await;
            if judgement == Judgement::Genuine
                && secret.slot.is_some()
                && secret.status_index.is_none()
            {
                secret.status_index = Some(give(draft, &token, secret.generation).await?);
                draft.update_secret(secret).await?;
                draft.record(
                    draft
                        .entry(EventKind::StatusPlaceGiven, &token.id)
                        .owner(token.owner_id),
                );
            }
        }
        Ok(((), Taken::Nothing))
    }
}
