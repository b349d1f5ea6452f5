//! Who holds a personal access token may end it: the answer to a leak.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::problem::Reason;
use ats_pat_domain::{Problem, Status, Timestamp};
use ats_pat_token::{OperatorKeySecret, PersonalAccessToken, Unverified};
use secrecy::{ExposeSecret, SecretString};

use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::ledger::verified_grant::VerifiedGrant;
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::revoke_saying;

/// How many strings one report may have.
const MAX_REPORTED: usize = 1000;

impl Service {
    /// Revokes the personal access token that is shown, for good. One that is unknown, was replaced
    /// by its owner or was revoked before stays as it is, and that is no error (RFC 7009, section
    /// 2.2). A secret that its token itself replaced still revokes it.
    ///
    /// # Errors
    /// [`Error::NotRevocable`] for an authentication token; [`Problem::TooManyRequests`] for what
    /// is no secret of a token, from an address that spent its budget of failures.
    pub async fn revoke_as_holder(
        &self,
        presented: &SecretString,
        address: IpAddr,
    ) -> Result<(), Error> {
        let presented = presented.expose_secret();
        if Unverified::parse(presented).is_ok() {
            return Err(Error::NotRevocable);
        }
        let secret = PersonalAccessToken::parse(presented).ok();
        let grant = match &secret {
            Some(secret) => self.revocable_grant(secret, Reported::No).await?,
            None => None,
        };
        let Some(grant) = grant else {
            self.inner.limits.count_failed_exchange(address)?;
            self.wait_for_taken_before().await;
            return Ok(());
        };
        self.revoke_found(vec![grant], address, Reported::No).await
    }

    /// Revokes those of `leaked` that are personal access tokens, all or, where it fails, none; and
    /// those that are operator keys. Which ones were is told to nobody but, by an event each, to
    /// their owners.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] for no strings and for more than 1,000;
    /// [`Problem::TooManyRequests`] for an address that reports too often.
    pub async fn report_leaked(
        &self,
        leaked: &[SecretString],
        address: IpAddr,
    ) -> Result<(), Error> {
        match leaked.len() {
            0 => return Err(Problem::validation("Tokens", Reason::Empty).into()),
            1..=MAX_REPORTED => {}
            _ => return Err(Problem::validation("Tokens", Reason::TooLong).into()),
        }
        self.inner.limits.count_report(address)?;
        let distinct: BTreeSet<&str> = leaked.iter().map(ExposeSecret::expose_secret).collect();
        let mut found = Vec::new();
        for text in distinct {
            if let Ok(key) = OperatorKeySecret::parse(text) {
                self.revoke_leaked_key(&key).await?;
            }
            // What has not even the form never asks the database.
            let Ok(secret) = PersonalAccessToken::parse(text) else {
                continue;
            };
            found.extend(self.revocable_grant(&secret, Reported::AsLeaked).await?);
        }
        self.revoke_found(found, address, Reported::AsLeaked).await
    }

    /// The grant behind a secret that may revoke. Where the log can't be read now, what the rows
    /// say has to do: to revoke takes rights away, and who shows a secret that was replaced once
    /// held the token.
    async fn revocable_grant(
        &self,
        secret: &PersonalAccessToken,
        reported: Reported,
    ) -> Result<Option<VerifiedGrant>, Error> {
        let now = self.now();
        let grant = match self.genuine_grant(secret).await {
            Err(
                Error::LogNotRead
                | Error::Tampered {
                    table: "events", ..
                },
            ) => {
                let grant = self.find_grant(secret).await?;
                grant.and_then(|grant| VerifiedGrant::by_tags(grant, self.roots()))
            }
            judged => judged?,
        };
        Ok(grant.filter(|grant| reported.may_revoke(grant, now)))
    }

    /// Only what is alive takes the turn of a change: guesses and replays never occupy the event
    /// log.
    async fn revoke_found(
        &self,
        mut found: Vec<VerifiedGrant>,
        address: IpAddr,
        reported: Reported,
    ) -> Result<(), Error> {
        let now = self.now();
        found.retain(|grant| grant.token.status(now) != Status::Revoked);
        if found.is_empty() {
            self.wait_for_taken_before().await;
            return Ok(());
        }
        let revoke = RevokeAsHolder {
            hashes: found.iter().map(|grant| grant.secret.hash).collect(),
            address: Client::from(address).address_text(),
            reported,
        };
        self.change(Authority::Holder, revoke).await
    }
}

/// Whether the holder only found the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reported {
    No,
    AsLeaked,
}

impl Reported {
    /// A secret that the token itself replaced is good for its holder alone: nobody else makes an
    /// end of the token by it.
    fn may_revoke(self, grant: &VerifiedGrant, now: Timestamp) -> bool {
        match self {
            Self::No => grant.may_revoke(now),
            Self::AsLeaked => grant.is_usable(now),
        }
    }
}

struct RevokeAsHolder {
    hashes: Vec<[u8; 32]>,
    address: String,
    reported: Reported,
}

impl Change for RevokeAsHolder {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let mut revoked = false;
        for hash in &self.hashes {
            // Again: until its turn came, the secret may have been replaced.
            let grant = draft.read().secrets().grant(hash).await?;
            let Some(grant) = grant else { continue };
            let stored = grant.token.clone();
            let genuine = VerifiedGrant::by_tags(grant, draft.roots());
            let Some(grant) = genuine.filter(|grant| self.reported.may_revoke(grant, draft.now))
            else {
                continue;
            };
            let (mut token, judgement) = draft.judge(stored).await;
            if judgement == Judgement::Planted {
                draft.quarantine(&token);
            }
            let entry = draft
                .entry(EventKind::TokenRevoked, &grant.token.id)
                .detail("ReportedAsLeaked", self.reported == Reported::AsLeaked)
                .personal("Address", self.address.as_str());
            revoked |= revoke_saying(draft, &mut token, entry).await?;
        }
        Ok(((), Taken::now_if(revoked)))
    }
}
