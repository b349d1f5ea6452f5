//! Finishes a sign-in at an identity provider: a new session of the user who has the identity, or
//! of a new user.

use std::sync::Arc;

use ats_pat_auth::Canonical;
use ats_pat_domain::port::{IdentityError, ProvenIdentity, ProviderAnswer, StoreError};
use ats_pat_domain::session::ProviderSession;
use ats_pat_domain::{Identity, ProviderName, Subject, UserId};
use secrecy::SecretString;

use super::first;
use super::flow::Begun;
use super::known;
use super::memberships::Memberships;
use super::proof::{Finished, Proof};
use super::refused::NotSignedIn;
use crate::cache::ring::SKEW;
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::Error;
use crate::service::settings::ProviderRules;
use crate::service::turns::Rank;
use crate::sessions::{NewSession, SignedIn};

/// How often an identity is looked up, if somebody links or unlinks it at the same time.
const LOOKS: u32 = 3;

/// A successful sign-in at a provider.
pub struct ProviderSignInResult {
    /// The new session's id, for the cookie.
    pub session_id: SecretString,
    /// The page to go on to, as it was given at the beginning.
    pub next: String,
    /// Whether it confirmed a session.
    pub confirmed: bool,
}

impl Service {
    /// Finishes a sign-in at `provider`, which this browser began with `flow` and the provider
    /// answered with `answer`. The identity's user gets a new session. An identity that nobody has
    /// gets a new user.
    ///
    /// `by` is the session that the browser has. It ends if the sign-in confirms it.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn finish_provider_sign_in<'a>(
        &self,
        provider: &str,
        flow: &str,
        answer: &ProviderAnswer,
        by: Option<&SignedIn>,
        client: impl Into<Client<'a>>,
    ) -> Result<ProviderSignInResult, NotSignedIn> {
        let client = client.into();
        let (rules, port) = self
            .provider(provider)
            .ok_or(NotSignedIn::UnknownProvider)?;
        let begun = Begun::open(flow, self.roots(), self.now());
        let begun = begun.filter(|begun| begun.flow.provider == rules.name);
        let begun = begun.ok_or(NotSignedIn::NotBegun)?;
        let confirms = match begun.confirms {
            None => None,
            Some(session) => {
                let by = by.filter(|by| by.session.id_hash == session);
                Some(by.ok_or(NotSignedIn::NotBegun)?.clone())
            }
        };
        let place = self.inner.limits.provider_place(client.address);
        let place = place.map_err(Error::from)?;
        let proven = port.prove(&begun.flow, answer).await?;
        drop(place);
        let is_anew = |at| at >= begun.at.before(SKEW);
        if confirms.is_some() && !proven.authenticated_at.is_some_and(is_anew) {
            return Err(IdentityError::NotRecent.into());
        }
        let confirmed = confirms.is_some();
        let session_id = self
            .start_session_of(rules, proven, confirms, client)
            .await?;
        Ok(ProviderSignInResult {
            session_id,
            next: begun.next,
            confirmed,
        })
    }

    async fn start_session_of(
        &self,
        rules: &ProviderRules,
        proven: ProvenIdentity,
        confirms: Option<SignedIn>,
        client: Client<'_>,
    ) -> Result<SecretString, NotSignedIn> {
        let in_directory = self.in_directory(rules, &proven)?;
        let policies = self.policies().await?;
        let told = proven.groups.as_deref();
        let memberships = Memberships::judge(rules, policies.all(), told)?;
        let new_user = if rules.subject_is_id {
            let subject = proven.identity.subject.as_str();
            subject.parse().map_err(|_| NotSignedIn::SubjectIsNoId)?
        } else {
            UserId::new(self.now(), self.inner.changes.random()?)
        };
        let provider = ProviderSession {
            provider: rules.name.clone(),
            id_hash: proven.session.as_deref().map(|session| {
                let name = session_name(&rules.name, session);
                let hash = self.roots().current().hash_provider_session(&name);
                hash.to_bytes()
            }),
            authenticated_at: proven.authenticated_at,
            is_administrator: memberships.is_administrator,
        };
        let proof = Arc::new(Proof {
            rules: rules.clone(),
            proven,
            memberships,
            in_directory,
            confirms,
        });
        for _ in 0..LOOKS {
            let user = self.user_of(&proof).await?;
            let (id, session) = NewSession::make(self, client)?;
            let finish = Finish {
                proof: Arc::clone(&proof),
                linked: user,
                new_user,
                session: session.by_provider(provider.clone()),
            };
            let authority = Authority::Identity(user.unwrap_or(new_user));
            match self.change(authority, finish).await? {
                Finished::SignedIn => return Ok(id.to_text()),
                Finished::LookAgain => {}
                Finished::Refused(refused) => return Err(refused),
            }
        }
        let busy = "an identity is linked and unlinked all the time";
        Err(Error::from(StoreError::Retryable(busy.into())).into())
    }
}

impl Service {
    /// Who a proven identity is in the directory, if that knows persons by another claim than
    /// `sub`.
    ///
    /// # Errors
    /// [`NotSignedIn::DirectoryIdMissing`].
    fn in_directory(
        &self,
        rules: &ProviderRules,
        proven: &ProvenIdentity,
    ) -> Result<Option<Identity>, NotSignedIn> {
        let directory = self.inner.settings.directory.as_ref();
        let knows_by_claim = directory.is_some_and(|directory| {
            directory.provider == rules.name && !directory.knows_subjects()
        });
        if !knows_by_claim {
            return Ok(None);
        }
        let id = proven.directory_id.as_deref();
        let subject = id.and_then(|id| Subject::new(id).ok());
        Ok(Some(Identity {
            issuer: rules.issuer.clone(),
            subject: subject.ok_or(NotSignedIn::DirectoryIdMissing)?,
        }))
    }

    /// The user who has the identity, or the entry in the directory.
    async fn user_of(&self, proof: &Proof) -> Result<Option<UserId>, Error> {
        let read = || async {
            let identities = self.store().identities();
            Ok(identities.of(&proof.proven.identity).await?)
        };
        if let Some(linked) = self.currency().certain_row(read).await? {
            return Ok(Some(linked.user_id));
        }
        let Some(identity) = &proof.in_directory else {
            return Ok(None);
        };
        let read = || async { Ok(self.store().users().by_directory(identity).await?) };
        let known = self.currency().certain_row(read).await?;
        Ok(known.map(|user| user.id))
    }
}

/// What the hash of a provider's id of a sign-in is made of.
pub(super) fn session_name(provider: &ProviderName, session: &str) -> Canonical {
    Canonical::new("provider_session")
        .text(provider.as_str())
        .text(session)
}

struct Finish {
    proof: Arc<Proof>,
    /// Whose the identity was before the transaction.
    linked: Option<UserId>,
    /// The id of a new user.
    new_user: UserId,
    session: NewSession,
}

impl Change for Finish {
    type Output = Finished;

    fn rank(&self) -> Rank {
        Rank::Second
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(Finished, Taken), Error> {
        let proof = &*self.proof;
        let found = draft.read().identities().of(&proof.proven.identity).await?;
        let linked = match found {
            Some(found) => Some(draft.check(found).await?.user_id),
            None => None,
        };
        let known = match &proof.in_directory {
            Some(identity) => draft.read().users().by_directory(identity).await?,
            None => None,
        };
        let known = match known {
            Some(known) => Some(draft.check(known).await?.id),
            None => None,
        };
        // The event names the user, so it must still be the same.
        if linked.or(known) != self.linked {
            return Ok((Finished::LookAgain, Taken::Nothing));
        }
        match (linked, known) {
            (Some(linked), Some(known)) if linked != known => {
                Ok((Finished::Refused(NotSignedIn::TwoUsers), Taken::Nothing))
            }
            (Some(user), _) => known::sign_in(draft, proof, user, &self.session).await,
            (None, Some(user)) => known::link(draft, proof, user, &self.session).await,
            (None, None) => first::sign_in(draft, proof, self.new_user, &self.session).await,
        }
    }
}
