//! The background task. It keeps keys and list as they are at the issuer.

use std::{
    error,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ats_pat_token::{
    JwkSet, KeyError, MAX_STATUS_LIST_LENGTH, StatusList, StatusListClaims, UnverifiedStatusList,
    VerifyError,
};
use tokio::time::Instant;

use crate::{
    Document, DocumentRequest, Error, SourceError,
    key_source::AnySource,
    keys::{KeyId, Ring},
    metadata::{Metadata, MetadataError, current_list},
    revocation::FollowedList,
    shared::{LastTrouble, Shared},
};

const JSON: &[&str] = &["application/json"];
/// RFC 7517, section 8.5.1; many issuers say plain JSON.
const JWK_SET: &[&str] = &["application/jwk-set+json", "application/json"];
/// The media type in draft-ietf-oauth-status-list, section 14.6.
const STATUS_LIST: &[&str] = &["application/statuslist+jwt"];

/// The maximum size of metadata, keys and the list of lists, in bytes.
const MAX_JSON: usize = 64 * 1024;

/// In its last seconds a list is requested without its entity tag, because the tag may be the same
/// when only the signature is renewed.
const RENEWAL_SECONDS: i64 = 60;

/// Follows the issuer for as long as a verifier exists. The verifiers know that it follows from its
/// creation to its end, because a runtime may drop it before it ran.
pub(crate) struct Follower {
    shared: Arc<Shared>,
    source: Arc<dyn AnySource>,
}

impl Follower {
    pub(crate) fn new(shared: Arc<Shared>, source: Arc<dyn AnySource>) -> Self {
        shared.keys.attempts.start();
        shared.revocation.lookups.start();
        // This comes last, because a caller that sees it waits for attempts.
        shared.following.store(true, Ordering::Release);
        Self { shared, source }
    }

    /// Follows keys and status list for ever: it never completes.
    pub(crate) async fn follow(self) {
        tokio::join!(self.follow_keys(), self.follow_list());
    }

    async fn follow_keys(&self) {
        let Shared { settings, keys, .. } = &*self.shared;
        let mut trouble = Trouble::new("keys", &self.shared.keys_trouble);
        loop {
            let attempt = keys.attempts.begin();
            let read = self.read_keys().await;
            let pause = match &read {
                Ok(()) => settings.key_interval,
                Err(_) => settings.lookup_interval.min(settings.key_interval),
            };
            trouble.note(read.as_ref().err());
            if read.is_ok() {
                attempt.succeed();
            } else {
                drop(attempt);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = async {
                    tokio::time::sleep(settings.lookup_interval).await;
                    keys.attempts.wanted().await;
                } => {}
            }
        }
    }

    async fn follow_list(&self) {
        let Shared {
            settings,
            revocation,
            ..
        } = &*self.shared;
        let mut trouble = Trouble::new("status list", &self.shared.list_trouble);
        let mut look_up = true;
        let mut looked_up_at = Instant::now();
        loop {
            let attempt = look_up.then(|| {
                looked_up_at = Instant::now();
                revocation.lookups.begin()
            });
            let read = self.read_list(look_up).await;
            trouble.note(read.as_ref().err());
            if let (Some(attempt), Ok(())) = (attempt, &read) {
                attempt.succeed();
            }
            // A difference, because the sum of an instant and an interval may be too large for an
            // instant.
            let until_look_up = settings
                .lookup_interval
                .saturating_sub(looked_up_at.elapsed());
            tokio::select! {
                biased;
                () = async {
                    tokio::time::sleep(until_look_up).await;
                    revocation.lookups.wanted().await;
                } => look_up = true,
                () = tokio::time::sleep(settings.list_interval) => look_up = read.is_err(),
            }
        }
    }

    async fn read_keys(&self) -> Result<(), FollowError> {
        let Shared {
            settings,
            clock,
            keys,
            ..
        } = &*self.shared;
        let issuer = &settings.issuer;
        let begun = clock.since_start();
        let (body, _) = self.read(&Metadata::url(issuer), JSON).await?;
        let metadata = Metadata::parse(&body, issuer)?;
        let (body, age) = self.read(&metadata.jwks_uri, JWK_SET).await?;
        let set = JwkSet::parse(&body)?;
        let confirmed_at = begun.checked_sub(age);
        // A server that answers from memory may not know yet that a key was withdrawn.
        if !keys.were_confirmed_after(confirmed_at) {
            keys.replace(Ring {
                metadata,
                set,
                confirmed_at,
            });
        }
        Ok(())
    }

    async fn read_list(&self, look_up: bool) -> Result<(), FollowError> {
        let Shared {
            settings,
            clock,
            keys,
            revocation,
            ..
        } = &*self.shared;
        let held = revocation.current();
        let begun = clock.since_start();
        let uri = match &held {
            Some(held) if !look_up => held.uri.clone(),
            _ => {
                let metadata = keys.metadata().await.map_err(FollowError::Keys)?;
                let (body, _) = self.read(&metadata.status_lists, JSON).await?;
                current_list(&body, &settings.issuer).ok_or(FollowError::Lists)?
            }
        };
        let held_here = held.as_deref().filter(|held| held.uri == uri);
        let etag = held_here
            .filter(|held| clock.now_seconds() < held.expires_at - RENEWAL_SECONDS)
            .and_then(|held| held.etag.as_deref());
        let answer = self
            .get(DocumentRequest {
                url: &uri,
                media_types: STATUS_LIST,
                max_length: MAX_STATUS_LIST_LENGTH,
                etag,
            })
            .await?;
        let (body, etag, age) = match (answer, held_here) {
            (Document::Current { body, etag, age }, _) => (body, etag, age),
            (Document::NotModified { age }, Some(held)) => {
                revocation.replace(FollowedList {
                    // Another server of the issuer may have confirmed it later.
                    confirmed_at: held.confirmed_at.max(begun.checked_sub(age)),
                    ..held.clone()
                });
                return Ok(());
            }
            (Document::NotModified { .. }, None) => return Err(SourceError::Status(304).into()),
        };
        let (claims, places) = self.judge(body, &uri).await?;
        if held.is_some_and(|held| claims.version < held.version) {
            return Err(FollowError::Older);
        }
        revocation.replace(FollowedList {
            uri,
            etag,
            version: claims.version,
            expires_at: claims.exp,
            confirmed_at: begun.checked_sub(age),
            places: Arc::new(places),
        });
        Ok(())
    }

    /// The list in a text, if the issuer signed it as the one at `uri`.
    async fn judge(&self, body: Vec<u8>, uri: &str) -> Result<Good, FollowError> {
        let Shared { clock, keys, .. } = &*self.shared;
        let text: Arc<str> = String::from_utf8(body)
            .map_err(|_| VerifyError::Malformed)?
            .into();
        let unknown = match self.judge_signature(&text, uri).await? {
            Judged::Good(good) => return Ok(good),
            Judged::UnknownKey(kid) => kid,
        };
        keys.find(unknown, &**clock)
            .await
            .map_err(FollowError::Keys)?;
        match self.judge_signature(&text, uri).await? {
            Judged::Good(good) => Ok(good),
            Judged::UnknownKey(_) => Err(FollowError::Keys(Error::UnknownKey)),
        }
    }

    /// A large list takes some time, so a thread for such work checks it.
    async fn judge_signature(&self, text: &Arc<str>, uri: &str) -> Result<Judged, FollowError> {
        let (shared, text, uri) = (self.shared.clone(), text.clone(), uri.to_owned());
        let judging = tokio::task::spawn_blocking(move || judge(&shared, &text, &uri));
        judging.await.map_err(|_| VerifyError::Malformed)?
    }

    async fn read(
        &self,
        url: &str,
        media_types: &'static [&'static str],
    ) -> Result<(Vec<u8>, Duration), FollowError> {
        let request = DocumentRequest {
            url,
            media_types,
            max_length: MAX_JSON,
            etag: None,
        };
        match self.get(request).await? {
            Document::Current { body, age, .. } => Ok((body, age)),
            Document::NotModified { .. } => Err(SourceError::Status(304).into()),
        }
    }

    /// Asks the source, within limits that apply to every source.
    async fn get(&self, request: DocumentRequest<'_>) -> Result<Document, FollowError> {
        let limit = self.shared.settings.request_timeout;
        let answer = tokio::time::timeout(limit, self.source.get(request))
            .await
            .map_err(|_| SourceError::TimedOut)??;
        match &answer {
            Document::Current { body, .. } if body.len() > request.max_length => {
                Err(SourceError::TooLong.into())
            }
            _ => Ok(answer),
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.keys.attempts.stop();
        self.shared.revocation.lookups.stop();
        // This comes last, because the next follower starts what this one stopped.
        self.shared.following.store(false, Ordering::Release);
    }
}

/// What a good list says, and the list.
type Good = (StatusListClaims, StatusList);

enum Judged {
    Good(Good),
    UnknownKey(KeyId),
}

fn judge(shared: &Shared, text: &str, uri: &str) -> Result<Judged, FollowError> {
    let Shared {
        settings,
        clock,
        keys,
        ..
    } = shared;
    let unverified = UnverifiedStatusList::parse(text)?;
    let kid = KeyId::parse(unverified.kid()).ok_or(FollowError::Keys(Error::UnknownKey))?;
    let Some(key) = keys.look(kid, &**clock) else {
        return Ok(Judged::UnknownKey(kid));
    };
    let claims = unverified.verify(
        &key.map_err(FollowError::Keys)?,
        &settings.issuer,
        uri,
        clock.now_seconds(),
        settings.leeway_seconds(),
    )?;
    let places = claims.status_list.decompress().ok_or(VerifyError::Claims)?;
    Ok(Judged::Good((claims, places)))
}

/// Why the verifier did not take what the issuer published. It is for the log.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    KeySet(#[from] KeyError),
    #[error(transparent)]
    Keys(Error),
    #[error("the list of status lists does not name one of the issuer")]
    Lists,
    #[error("the status list is not accepted: {0}")]
    List(#[from] VerifyError),
    #[error("the status list is older than the one that is here")]
    Older,
}

/// Logs that something began to fail, that it fails for another cause, and that it works again:
/// each once.
struct Trouble<'a> {
    what: &'static str,
    /// A caller that waits for the verifier finds the cause here.
    last: &'a LastTrouble,
    now: Option<Failing>,
}

struct Failing {
    since: Instant,
    /// The cause that was logged last.
    cause: String,
}

impl<'a> Trouble<'a> {
    fn new(what: &'static str, last: &'a LastTrouble) -> Self {
        Self {
            what,
            last,
            now: None,
        }
    }

    fn note(&mut self, error: Option<&FollowError>) {
        let what = self.what;
        self.last.set(error.map(with_sources));
        let Some(error) = error else {
            if let Some(Failing { since, .. }) = self.now.take() {
                let seconds = since.elapsed().as_secs();
                tracing::info!(what, seconds, "reading what the issuer publishes again");
            }
            return;
        };
        let cause = with_sources(error);
        let before = self.now.take();
        if before.as_ref().is_none_or(|before| before.cause != cause) {
            tracing::warn!(what, cause, "can't read what the issuer publishes");
        }
        let since = before.map_or_else(Instant::now, |before| before.since);
        self.now = Some(Failing { since, cause });
    }
}

/// An error and its causes.
fn with_sources(error: &FollowError) -> String {
    let mut text = error.to_string();
    let mut source = error::Error::source(error);
    while let Some(cause) = source {
        text.extend([": ", &cause.to_string()]);
        source = cause.source();
    }
    text
}
