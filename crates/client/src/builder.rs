//! What a client can be told.

use std::time::Duration;

use ats_pat_token::PersonalAccessToken;

use crate::client::Client;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::origin;

impl Client {
    /// Begins a client of the service at an origin, `https://pat.example.com`. The personal access token is one that
    /// this service made; it is sent nowhere else.
    pub fn builder(
        service: impl Into<String>,
        personal_access_token: PersonalAccessToken,
    ) -> Builder {
        Builder::new(service.into(), personal_access_token)
    }
}

/// Makes a [`Client`].
pub struct Builder {
    service: String,
    personal_access_token: PersonalAccessToken,
    audience: Vec<String>,
    timeout: Duration,
    give_up_after: Duration,
}

impl Builder {
    pub(crate) fn new(service: String, personal_access_token: PersonalAccessToken) -> Self {
        Self {
            service,
            personal_access_token,
            audience: Vec::new(),
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
    /// where the system's certificates can't be read.
    pub fn build(self) -> Result<Client, Error> {
        let exchange = Exchange::new(
            origin::parse(&self.service)?,
            self.personal_access_token,
            self.audience,
            self.timeout,
        )?;
        Ok(Client::new(exchange, self.give_up_after))
    }
}
