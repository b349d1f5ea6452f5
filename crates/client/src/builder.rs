//! The settings of a client.

use std::path::PathBuf;
use std::time::Duration;

use ats_pat_token::PersonalAccessToken;

use crate::client::Client;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::keeper::{Keeper, Source};

impl Client {
    /// Begins a client of the service at an origin, such as `https://pat.example.com`. That service
    /// must have made the personal access token. The client sends it to no other origin.
    pub fn builder(
        service: impl Into<String>,
        personal_access_token: PersonalAccessToken,
    ) -> Builder {
        Builder::new(service.into(), Source::Program(personal_access_token))
    }

    /// Begins a client whose personal access token is in a file. [`build`](Builder::build) reads
    /// the file. The client can replace such a token, by [`Client::rotate`] or
    /// [`Builder::rotate_before`].
    ///
    /// To replace the token, the folder must be writable. The next token is in `FILE.next` until
    /// the service has confirmed it. `FILE.lock` keeps two programs on one machine from replacing
    /// it at the same time. After an interruption, one of the two files has a token that works, and
    /// the next exchange finds it.
    pub fn builder_of_file(service: impl Into<String>, path: impl Into<PathBuf>) -> Builder {
        Builder::new(service.into(), Source::File(path.into()))
    }
}

/// Collects what a [`Client`] needs, and makes it.
pub struct Builder {
    service: String,
    source: Source,
    audience: Vec<String>,
    rotate_before: Option<Duration>,
    timeout: Duration,
    give_up_after: Duration,
}

impl Builder {
    pub(crate) fn new(service: String, source: Source) -> Self {
        Self {
            service,
            source,
            audience: Vec::new(),
            rotate_before: None,
            timeout: Duration::from_secs(10),
            give_up_after: Duration::from_secs(30),
        }
    }

    /// Asks for tokens that are only for this audience. It is the name by which the API calls
    /// itself. Call this once for each audience, up to 16. An API can then not use the token at
    /// another API.
    ///
    /// Without it, tokens are for the audiences that the operator chose. With it, a token is
    /// accepted only if the service says that it is for no other audience. A service that is older
    /// than this parameter ignores it and gives the wider token. The result is then
    /// [`Error::AudienceNotTold`].
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Replaces the token of the file when it expires within `before`. It is replaced together with
    /// an exchange, so never while the program asks for no token. If it can't be replaced, it is
    /// used until it expires;
    /// [`personal_access_token_expires_at`](crate::Bearer::personal_access_token_expires_at) says
    /// when that is.
    pub fn rotate_before(mut self, before: Duration) -> Self {
        self.rotate_before = Some(before);
        self
    }

    /// How long one request may take, including its answer. The default is 10 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long an exchange may take, including all retries. The default is 30 seconds. Callers
    /// without a token wait for at most this time.
    pub fn give_up_after(mut self, give_up_after: Duration) -> Self {
        self.give_up_after = give_up_after;
        self
    }

    /// Makes the client. It sends no request yet.
    ///
    /// # Errors
    /// [`Error::Url`] if the service's URL is not an `https` origin (`http` is for this machine
    /// only), [`Error::Tls`] if the system's certificates can't be read, [`Error::File`] if the
    /// file has no personal access token.
    pub fn build(self) -> Result<Client, Error> {
        let exchange = Exchange::new(&self.service, self.audience, self.timeout)?;
        let keeper = Keeper::new(exchange, self.source, self.rotate_before)?;
        Ok(Client::new(keeper, self.give_up_after))
    }
}
