//! A secret that was replaced while its first use was under way.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Problem, TokenId};
use ats_pat_token::PersonalAccessToken;
use secrecy::ExposeSecret as _;

use super::Deployment;
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::error::Error;
use crate::tokens::NewSecret;

impl Deployment {
    /// Whether a replaced secret still has its overlap after its own first use came late.
    pub(super) async fn late_first_use_leaves_the_overlap(&self) -> bool {
        let planted = self.some_token().expect("a token");
        let replace = Replace {
            id: planted.id,
            by: NewSecret::make(&self.admin).expect("a secret"),
        };
        let replaced = self.admin.change(Authority::Operator, replace).await;
        replaced.expect("it is replaced");

        let secret = PersonalAccessToken::parse(planted.secret.expose_secret()).expect("a token");
        let keys = self.admin.roots().current();
        let hash = keys.hash_personal_access_token(&secret).to_bytes();
        let used = self.admin.end_overlap_at_first_use(planted.id, hash).await;
        used.expect("it ends nothing");
        let rows = self.database.now().rows;
        rows.secrets[&hash].row.slot == Some(Slot::Overlap)
    }
}

/// Gives a token another secret, and an overlap to the one that it has.
struct Replace {
    id: TokenId,
    by: NewSecret,
}

impl Change for Replace {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let listed = draft.read().tokens().by_id(self.id).await?;
        let (mut token, _) = draft
            .judge(listed.ok_or(Problem::TokenNotFound)?.token)
            .await;
        for secret in draft.read().secrets().of_token(self.id).await? {
            let (mut secret, _) = draft.judge(secret).await;
            secret.slot = Some(Slot::Overlap);
            secret.valid_until = Some(token.expires_at);
            draft.update_secret(secret).await?;
        }
        token.generation += 1;
        self.by.insert(draft, &token).await?;
        draft.record(draft.entry(EventKind::TokenRegenerated, &token.id));
        draft.update_token(token).await?;
        Ok(((), Taken::Nothing))
    }
}
