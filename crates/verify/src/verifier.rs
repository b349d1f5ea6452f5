//! Checks authentication tokens offline.

use std::{
    error, fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwapOption;
use ats_pat_token::{Expectations, KnownHeader, Unverified, VerifyError};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use tokio::{runtime, task::AbortHandle};

use crate::{
    AuthenticationToken, Clock, Error, NotReady,
    bearer::{Credentials, credentials},
    error::Page,
    follow::Follower,
    key_source::AnySource,
    keys::{KeyId, Keys},
    revocation::Revocation,
    settings::Settings,
    shared::{LastTrouble, Shared},
};

/// The first characters of a personal access token.
const PERSONAL_ACCESS_TOKEN: &str = "atspat_";

/// Checks the authentication tokens of one issuer for one audience. Cloning it is cheap, and clones
/// share everything.
///
/// A background task follows the issuer, from the first check until the last clone is dropped. If
/// its tokio runtime ends earlier, the next check starts the task again on another.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    source: Arc<dyn AnySource>,
    task: Mutex<Option<AbortHandle>>,
    known: Cache<[u8; blake3::OUT_LEN], AuthenticationToken>,
    /// The header of the last new token. Most tokens after it have the same header.
    header: ArcSwapOption<KnownHeader>,
    page: Arc<Page>,
    realm: Arc<str>,
}

/// What is known of a token without asking the issuer.
enum Judged {
    Accepted(AuthenticationToken),
    /// It names a key that is not known.
    WithUnknownKey(KeyId),
    /// It is valid, but the list has no such place, or there is no list yet.
    WithoutPlace(AuthenticationToken),
}

impl Verifier {
    pub(crate) fn with(
        settings: Settings,
        clock: Arc<dyn Clock>,
        source: Arc<dyn AnySource>,
    ) -> Self {
        Self(Arc::new(Inner {
            source,
            task: Mutex::new(None),
            known: Cache::new(settings.cache_capacity),
            header: ArcSwapOption::empty(),
            page: settings.page(),
            realm: settings.realm(),
            shared: Arc::new(Shared {
                keys: Keys::new(settings.key_limit),
                revocation: Revocation::new(&settings),
                following: AtomicBool::new(false),
                keys_trouble: LastTrouble::default(),
                list_trouble: LastTrouble::default(),
                settings,
                clock,
            }),
        }))
    }

    /// Waits until the issuer's keys and its list have been read once, so that the first requests
    /// don't wait. If they can't be read, it fails and says why. The background task goes on
    /// trying.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let Shared {
            keys,
            revocation,
            keys_trouble,
            list_trouble,
            ..
        } = &*self.0.shared;
        let not_ready = |error, cause| NotReady { error, cause };
        self.follow().map_err(|error| not_ready(error, None))?;
        if let Err(error) = keys.metadata().await {
            return Err(not_ready(error, keys_trouble.get()));
        }
        let ready = revocation.ready().await;
        ready.map_err(|error| not_ready(error, list_trouble.get()))
    }

    /// Returns the token of a request, given the values of all its `Authorization` headers (RFC
    /// 6750, section 2.1). The errors are those of [`verify`](Self::verify), and
    /// [`Error::MissingCredentials`] and [`Error::MalformedCredentials`].
    pub async fn authenticate<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<AuthenticationToken, Error> {
        let refused = match credentials(authorization) {
            Credentials::Token(token) => return self.verify(token).await,
            Credentials::Malformed => Error::MalformedCredentials,
            Credentials::None => Error::MissingCredentials {
                realm: self.0.realm.clone(),
            },
        };
        self.log(&refused);
        Err(refused)
    }

    /// Returns the token if the issuer signed it for this audience, it is valid now, and it was not
    /// revoked.
    ///
    /// Waits for the issuer only if keys or list have not been read yet, or if they don't have the
    /// key or the place that the token names. Dropping the future has no effect on other calls.
    pub async fn verify(&self, token: &str) -> Result<AuthenticationToken, Error> {
        let verified = match self.follow().and_then(|()| self.judge(token)) {
            Ok(Judged::Accepted(accepted)) => return Ok(accepted),
            // Boxed, so that calls that don't wait carry none of its memory.
            Ok(waiting) => Box::pin(self.wait(token, waiting)).await,
            Err(Error::NotValid(_)) if token.starts_with(PERSONAL_ACCESS_TOKEN) => {
                Err(Error::NotExchanged)
            }
            Err(refused) => Err(refused),
        };
        verified.inspect_err(|refused| self.log(refused))
    }

    /// Logs which check failed for the operator of the service, because the caller isn't told.
    fn log(&self, refused: &Error) {
        let settings = &self.0.shared.settings;
        tracing::debug!(
            error = refused as &dyn error::Error,
            issuer = settings.issuer,
            audience = settings.audience,
            "a request is refused"
        );
    }

    /// Judges a token again each time that the missing key or place has been read.
    async fn wait(&self, token: &str, mut judged: Judged) -> Result<AuthenticationToken, Error> {
        let Shared {
            clock,
            keys,
            revocation,
            ..
        } = &*self.0.shared;
        loop {
            match judged {
                Judged::Accepted(accepted) => return Ok(accepted),
                Judged::WithUnknownKey(kid) => {
                    keys.find(kid, &**clock).await?;
                    judged = self.judge(token)?;
                }
                Judged::WithoutPlace(accepted) => {
                    revocation.find(accepted.status()?, &**clock).await?;
                    return Ok(accepted);
                }
            }
        }
    }

    /// Judges a token with what is known now.
    fn judge(&self, token: &str) -> Result<Judged, Error> {
        let Shared {
            clock, revocation, ..
        } = &*self.0.shared;
        let signed = match self.signed(token)? {
            Ok(signed) => signed,
            Err(kid) => return Ok(Judged::WithUnknownKey(kid)),
        };
        match revocation.look(signed.status()?, &**clock) {
            Some(standing) => standing.map(|()| Judged::Accepted(signed)),
            None => Ok(Judged::WithoutPlace(signed)),
        }
    }

    /// Returns the token if its signature and its claims are right, or the id of a key that is not
    /// known. It doesn't look at the status list.
    fn signed(&self, token: &str) -> Result<Result<AuthenticationToken, KeyId>, Error> {
        let Shared {
            settings,
            clock,
            keys,
            ..
        } = &*self.0.shared;
        if token.len() > ats_pat_token::MAX_LENGTH {
            return Err(VerifyError::Malformed.into());
        }
        let expectations = Expectations {
            issuer: &settings.issuer,
            audience: &settings.audience,
            now_seconds: clock.now_seconds(),
            skew_seconds: settings.leeway_seconds(),
        };
        let hash = *blake3::hash(token.as_bytes()).as_bytes();
        if let Some(known) = self.0.known.get(&hash)
            && keys.holds(known.kid(), &**clock)
        {
            expectations.check(known.claims())?;
            return Ok(Ok(known));
        }
        let header = self.0.header.load_full();
        let unverified = match header.as_deref() {
            Some(header) => Unverified::parse_with(token, header)?,
            None => Unverified::parse(token)?,
        };
        let kid = KeyId::parse(unverified.kid()).ok_or(Error::UnknownKey)?;
        let Some(key) = keys.look(kid, &**clock) else {
            return Ok(Err(kid));
        };
        let new_header = unverified.new_header();
        let claims = unverified.verify(&key?, &expectations)?;
        if let Some(header) = new_header {
            self.0.header.store(Some(Arc::new(header)));
        }
        let accepted = AuthenticationToken::new(claims, kid, self.0.page.clone());
        self.0.known.insert(hash, accepted.clone());
        Ok(Ok(accepted))
    }

    /// Starts the background task if none runs.
    fn follow(&self) -> Result<(), Error> {
        let following = &self.0.shared.following;
        if following.load(Ordering::Acquire) {
            return Ok(());
        }
        let runtime = runtime::Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let mut task = self.0.task.lock();
        if following.load(Ordering::Acquire) {
            return Ok(());
        }
        let follower = Follower::new(self.0.shared.clone(), self.0.source.clone());
        *task = Some(runtime.spawn(follower.follow()).abort_handle());
        Ok(())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let task = self.task.get_mut();
        if let Some(task) = task {
            task.abort();
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.0.shared.settings;
        formatter
            .debug_struct("Verifier")
            .field("issuer", &settings.issuer)
            .field("audience", &settings.audience)
            .finish_non_exhaustive()
    }
}
