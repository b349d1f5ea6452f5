//! What a client can be told.

use std::path::PathBuf;
use std::time::Duration;

use ats_pat_token::PersonalAccessToken;

use crate::client::Client;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::keeper::{Keeper, Source};
use crate::origin;

impl Client {
    /// Begins a client of the service at an origin, `https://pat.example.com`. The personal access token is one that
    /// this service made; it is sent nowhere else.
    pub fn builder(
        service: impl Into<String>,
        personal_access_token: PersonalAccessToken,
    ) -> Builder {
        Builder::new(service.into(), Source::Program(personal_access_token))
    }

    /// The same of the personal access token in a file, which [`build`](Builder::build) reads. So it can be replaced, by
    /// [`Client::rotate`] or [`Builder::rotate_before`].
    ///
    /// To replace it, the folder must be writable: the next token stands in `FILE.next` until the service has confirmed it, and
    /// `FILE.lock` keeps two programs on one machine from replacing it at once. After any interruption one of the two files
    /// has a token that works, and the next exchange finds it.
    pub fn builder_of_file(service: impl Into<String>, path: impl Into<PathBuf>) -> Builder {
        Builder::new(service.into(), Source::File(path.into()))
    }
}

/// Makes a [`Client`].
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

    /// Asks for tokens that are only for this audience, as the API calls itself. Call it once for each audience, up to 16.
    /// An API can then use the token at no other.
    ///
    /// Without it, tokens are for the audiences that the operator chose. With it, a token is kept only if the service says
    /// that it is for no other audience. A service that is older than this parameter ignores it and gives the wider token:
    /// then there is [`Error::AudienceNotTold`].
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Replaces the token of the file by itself, once it expires within `before`: with the exchange that is due then, so
    /// never while nobody asks. Where it can't be replaced, the token is used until it expires;
    /// [`personal_access_token_expires_at`](crate::Bearer::personal_access_token_expires_at) says when that is.
    pub fn rotate_before(mut self, before: Duration) -> Self {
        self.rotate_before = Some(before);
        self
    }

    /// How long one request may take, its answer included; 10 seconds unless told otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long an exchange may take with all that is tried again; 30 seconds unless told otherwise. Callers without
    /// a token wait for as long.
    pub fn give_up_after(mut self, give_up_after: Duration) -> Self {
        self.give_up_after = give_up_after;
        self
    }

    /// The client; nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Url`] for a service whose URL is no `https` origin (`http` is for this machine only), [`Error::Tls`]
    /// where the system's certificates can't be read, [`Error::File`] for a file that has no personal access token.
    pub fn build(self) -> Result<Client, Error> {
        let exchange = Exchange::new(origin::parse(&self.service)?, self.audience, self.timeout)?;
        let keeper = Keeper::new(exchange, self.source, self.rotate_before)?;
        Ok(Client::new(keeper, self.give_up_after))
    }
}
