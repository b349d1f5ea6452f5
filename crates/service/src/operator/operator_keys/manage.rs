//! Making, listing and revoking operator keys: by administrators and at the admin program, never by
//! a key.

use std::collections::HashMap;

use ats_pat_auth::Canonical;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::operator_key::{LONGEST_LIFETIME, Right, Rights};
use ats_pat_domain::problem::Failure;
use ats_pat_domain::{OperatorKey, OperatorKeyId, Problem, Reason, Timestamp, TokenName, UserId};
use ats_pat_token::OperatorKeySecret;
use secrecy::SecretString;

use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::operator::Operator;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::OneTimeKey;
use crate::view::OperatorKeyView;

/// An operator key to make, as written.
#[derive(Clone, Debug, Default)]
pub struct NewOperatorKey {
    /// What it is called; must be there.
    pub name: Option<String>,
    /// The names of its rights; at least one.
    pub rights: Vec<String>,
    /// When it stops working, as RFC 3339; must be there, at most 366 days away.
    pub expires_at: Option<String>,
    /// CIDRs or addresses; absent is anywhere.
    pub allowed_networks: Option<Vec<String>>,
}

/// An operator key that was made, with its secret, which is answered this once.
pub struct IssuedOperatorKey {
    /// The key, as lists show it.
    pub key: OperatorKeyView,
    /// The operator key, `atsop_…`, which is answered this once.
    pub secret: SecretString,
}

struct Checked {
    name: TokenName,
    rights: Rights,
    expires_at: Timestamp,
    allowed_networks: Option<AllowedNetworks>,
}

impl NewOperatorKey {
    fn check(&self) -> Result<Checked, Problem> {
        let mut failures = Vec::new();
        let mut failed = |field, reason| failures.push(Failure::new(field, reason));
        let name = self.name.as_deref().ok_or(Reason::Required);
        let name = name.and_then(TokenName::new);
        let name = name.map_err(|reason| failed("Name", reason));
        let rights: Option<Vec<Right>> =
            self.rights.iter().map(|name| Right::named(name)).collect();
        let rights = match rights.map(Rights::new) {
            Some(rights) if rights.is_empty() => Err(Reason::Empty),
            Some(rights) => Ok(rights),
            None => Err(Reason::UnknownValue),
        };
        let rights = rights.map_err(|reason| failed("Rights", reason));
        let expires_at = self.expires_at.as_deref().ok_or(Reason::Required);
        let expires_at =
            expires_at.and_then(|text| Timestamp::parse(text).map_err(|_| Reason::NotATime));
        let expires_at = expires_at.map_err(|reason| failed("ExpiresAt", reason));
        let allowed_networks = self.allowed_networks.as_deref();
        let allowed_networks = allowed_networks
            .map(AllowedNetworks::parse)
            .transpose()
            .map_err(|reason| failed("AllowedNetworks", reason));
        match (name, rights, expires_at, allowed_networks) {
            (Ok(name), Ok(rights), Ok(expires_at), Ok(allowed_networks)) => Ok(Checked {
                name,
                rights,
                expires_at,
                allowed_networks,
            }),
            _ => Err(Problem::ValidationFailed(failures)),
        }
    }
}

impl Operator<'_> {
    /// Makes an operator key, and its secret, which is answered this once.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for an operator key; [`Problem::RecentSignInRequired`] for an
    /// administrator who signed in too long ago; [`Problem::ValidationFailed`];
    /// [`Problem::ExpirationNotAllowed`] for an expiry in the past or more than 366 days away.
    pub async fn create_operator_key(
        &self,
        new: NewOperatorKey,
    ) -> Result<IssuedOperatorKey, Error> {
        self.issue_key(new, None).await
    }

    /// The same by a form, for whose showing [`Service::new_form_key`] gave `form_key`: posted
    /// again, it makes nothing twice.
    ///
    /// # Errors
    /// As [`create_operator_key`](Self::create_operator_key);
    /// [`Code::InvalidRequest`](ats_pat_domain::Code::InvalidRequest) for a form key that was never
    /// given out or is older than any session, [`Error::OperatorKeyAlreadyCreated`] for a form
    /// posted again.
    pub async fn create_operator_key_by_form(
        &self,
        new: NewOperatorKey,
        form_key: &str,
    ) -> Result<IssuedOperatorKey, Error> {
        self.issue_key(new, Some(form_key)).await
    }

    async fn issue_key(
        &self,
        new: NewOperatorKey,
        form_key: Option<&str>,
    ) -> Result<IssuedOperatorKey, Error> {
        self.refuse_operator_keys()?;
        self.require_recent_sign_in().await?;
        let session = self.service.inner.settings.session_absolute;
        let form = form_key
            .map(|text| OneTimeKey::of_form(text, self.service.now(), session))
            .transpose()?;
        let checked = new.check()?;
        let changes = &self.service.inner.changes;
        let secret = OperatorKeySecret::from_random(&changes.random()?);
        let create = Create {
            checked,
            form,
            hash: self
                .service
                .roots()
                .current()
                .hash_operator_key(&secret)
                .to_bytes(),
        };
        let key = self.change(create).await?;
        let mut views = self.key_views(vec![(key, None)]).await?;
        Ok(IssuedOperatorKey {
            key: views.remove(0),
            secret: secret.expose().into(),
        })
    }

    /// Every operator key, the newest first; those that ended too.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for an operator key.
    pub async fn operator_keys(&self) -> Result<Vec<OperatorKeyView>, Error> {
        self.refuse_operator_keys()?;
        self.service.read_log_for_lists().await;
        let listed = self.service.store().operator_keys().all().await?;
        let shown = listed
            .into_iter()
            .filter(|listed| self.service.currency().shows(&listed.key));
        let keys = shown.map(|listed| (listed.key.row, listed.last_used));
        self.key_views(keys.collect()).await
    }

    /// Ends an operator key for good; one that ended stays as it was.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for an operator key; [`Problem::TokenNotFound`] for an unknown one.
    pub async fn revoke_operator_key(&self, id: &str) -> Result<OperatorKeyView, Error> {
        self.refuse_operator_keys()?;
        let id = id.parse().map_err(|_| Problem::TokenNotFound)?;
        let key = self.change(Revoke { id }).await?;
        Ok(self.key_views(vec![(key, None)]).await?.remove(0))
    }

    /// No key makes, sees or ends keys.
    fn refuse_operator_keys(&self) -> Result<(), Problem> {
        match self.authority {
            Authority::OperatorKey(_) => Err(Problem::Forbidden),
            _ => Ok(()),
        }
    }

    async fn key_views(
        &self,
        keys: Vec<(OperatorKey, Option<ats_pat_domain::token::Usage>)>,
    ) -> Result<Vec<OperatorKeyView>, Error> {
        let mut makers: Vec<UserId> = keys.iter().filter_map(|(key, _)| key.made_by).collect();
        makers.sort_unstable();
        makers.dedup();
        let mut names = HashMap::with_capacity(makers.len());
        for user in self.service.store().users().by_ids(&makers).await? {
            names.insert(user.row.id, user.row.name.as_str().to_owned());
        }
        let now = self.service.now();
        let views = keys.into_iter().map(|(key, used)| {
            let maker = key.made_by.and_then(|id| names.get(&id).cloned());
            OperatorKeyView::new(&key, used, maker, now)
        });
        Ok(views.collect())
    }
}

impl Service {
    /// Ends the operator key of this secret, if there is one: whoever could report it could use it.
    pub(crate) async fn revoke_leaked_key(&self, secret: &OperatorKeySecret) -> Result<(), Error> {
        for keys in self.roots().newest_first() {
            let hash = keys.hash_operator_key(secret).to_bytes();
            let found = self.store().operator_keys().by_hash(&hash).await?;
            if let Some(found) = found.filter(|found| found.row.revoked_at.is_none()) {
                let id = found.row.id;
                self.change(Authority::Holder, Revoke { id }).await?;
            }
        }
        Ok(())
    }
}

struct Create {
    checked: Checked,
    /// What keeps a form from making two.
    form: Option<OneTimeKey>,
    hash: [u8; 32],
}

impl Create {
    /// The id of the new key.
    ///
    /// # Errors
    /// [`Error::OperatorKeyAlreadyCreated`] if the same form made one before.
    async fn new_id(&self, draft: &Draft<'_>) -> Result<OperatorKeyId, Error> {
        let Some(form) = &self.form else {
            return Ok(OperatorKeyId::new(draft.now, draft.random()?));
        };
        let maker = draft.user()?.id.to_string();
        let what = Canonical::new("operator key").text(&maker);
        let id = |keys| {
            let (made_at, bytes) = form.parts_of_id(keys, &what);
            OperatorKeyId::new(made_at, bytes)
        };
        // The form may have been sent before there was a new root.
        for keys in draft.roots().newest_first() {
            if let Some(made) = draft.read().operator_keys().by_id(id(keys)).await? {
                let name = made.row.name.as_str().to_owned();
                return Err(Error::OperatorKeyAlreadyCreated { name });
            }
        }
        Ok(id(draft.roots().current()))
    }
}

impl Change for Create {
    type Output = OperatorKey;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(OperatorKey, Taken), Error> {
        let id = self.new_id(draft).await?;
        let latest = draft.now.after(LONGEST_LIFETIME);
        if self.checked.expires_at <= draft.now || self.checked.expires_at > latest {
            return Err(Problem::ExpirationNotAllowed { latest }.into());
        }
        let key = OperatorKey {
            id,
            hash: self.hash,
            key_id: draft.roots().current_id(),
            name: self.checked.name.clone(),
            rights: self.checked.rights.clone(),
            allowed_networks: self.checked.allowed_networks.clone(),
            made_by: draft.user().ok().map(|user| user.id),
            created_at: draft.now,
            expires_at: self.checked.expires_at,
            revoked_at: None,
        };
        draft.insert_operator_key(key.clone()).await?;
        let networks = key
            .allowed_networks
            .as_ref()
            .map(AllowedNetworks::to_stored);
        draft.record(
            draft
                .entry(EventKind::OperatorKeyCreated, &key.id)
                .detail("Rights", key.rights.names())
                .detail("ExpiresAt", key.expires_at.to_string())
                .detail("AllowedNetworks", networks)
                .personal("Name", key.name.as_str()),
        );
        Ok((key, Taken::Nothing))
    }
}

struct Revoke {
    id: OperatorKeyId,
}

impl Change for Revoke {
    type Output = OperatorKey;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(OperatorKey, Taken), Error> {
        let found = draft.read().operator_keys().by_id(self.id).await?;
        let found = found.ok_or(Problem::TokenNotFound)?;
        let (mut key, judgement) = draft.judge(found).await;
        revoke(draft, &mut key, judgement).await?;
        Ok((key, Taken::Nothing))
    }
}

/// Ends a key. One that was planted or altered is ended too: taking away does not ask whether a row
/// is genuine.
async fn revoke(
    draft: &Draft<'_>,
    key: &mut OperatorKey,
    judgement: Judgement,
) -> Result<(), Error> {
    if judgement == Judgement::Planted {
        draft.quarantine(key);
    } else if key.revoked_at.is_some() {
        return Ok(());
    }
    key.revoked_at = Some(key.revoked_at.unwrap_or(draft.now));
    draft.update_operator_key(key.clone()).await?;
    draft.record(
        draft
            .entry(EventKind::OperatorKeyRevoked, &key.id)
            .personal("Name", key.name.as_str()),
    );
    Ok(())
}

/// Ends the keys that a user made. Each has an event of its own, which has no owner. So what the
/// change wrote before must be recorded.
pub(crate) async fn revoke_keys_of(draft: &Draft<'_>, user: UserId) -> Result<(), Error> {
    debug_assert!(draft.has_recorded_all(), "an event of a key would name it");
    for listed in draft.read().operator_keys().all().await? {
        if listed.key.row.made_by == Some(user) && listed.key.row.revoked_at.is_none() {
            let (mut key, judgement) = draft.judge(listed.key).await;
            revoke(draft, &mut key, judgement).await?;
        }
    }
    Ok(())
}
