//! The settings of a command, and the form of its answer.

use std::future::Future;

use ats_pat_program::{Access, Opened, Settings};
use ats_pat_service::{Error, Service, SignatureProvider};

use crate::failure::Failure;
use crate::output::Output;

pub struct Session {
    pub settings: Settings,
    pub output: Output,
}

impl Session {
    /// The origin that callers see.
    pub fn public_url(&self) -> String {
        self.settings.public_url_at(self.settings.listen)
    }

    /// Opens the service, to be closed again.
    pub async fn open(&self, access: Access) -> Result<Opened, Failure> {
        // It signs nothing.
        let provider = SignatureProvider::default();
        Ok(Opened::open(&self.settings, &self.public_url(), access, provider).await?)
    }

    /// Opens the service, lets `work` use it, and closes it again, with or without success.
    pub async fn with_service<T, F>(
        &self,
        access: Access,
        work: impl FnOnce(Service) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let opened = self.open(access).await?;
        let result = work(opened.service.clone()).await;
        opened.close().await;
        Ok(result?)
    }
}
