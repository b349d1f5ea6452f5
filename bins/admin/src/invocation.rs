//! The place of a command, and the form of its answer.

use std::cell::OnceCell;
use std::future::Future;

use ats_pat_program::{Access, Opened, Settings};
use ats_pat_service::{Service, SignatureProvider};
use ats_pat_token::OperatorKeySecret;

use crate::deployment::{Api, Deployment};
use crate::failure::Failure;
use crate::operator_key_input::operator_key;
use crate::output::Output;

/// Where a command does its work.
pub enum Place {
    /// At the database of these settings.
    Database(Box<Settings>),
    /// Over the administration interface of a service.
    Api {
        /// The origin of the service, such as `https://pat.example.com`.
        url: String,
        /// Once it was read.
        key: OnceCell<OperatorKeySecret>,
    },
}

/// What every command needs to know of its command line.
pub struct Invocation {
    pub place: Place,
    pub output: Output,
}

impl Invocation {
    /// The settings, for a command that the interface does not offer.
    ///
    /// # Errors
    /// [`Failure::OnlyAtTheDatabase`], with the reason.
    pub fn settings(&self, why: &'static str) -> Result<&Settings, Failure> {
        match &self.place {
            Place::Database(settings) => Ok(settings),
            Place::Api { .. } => Err(Failure::OnlyAtTheDatabase { why }),
        }
    }

    /// Opens the deployment, to be closed again.
    pub async fn deployment(&self, access: Access) -> Result<Deployment, Failure> {
        Ok(match &self.place {
            Place::Database(settings) => Deployment::Database(open(settings, access).await?),
            Place::Api { url, key } => Deployment::Api(Api::new(url, read(key)?)?),
        })
    }

    /// Reads the operator key, if there has to be one. It is the first line of standard input, so a
    /// command that reads more of that does this first.
    pub fn read_key(&self) -> Result<(), Failure> {
        if let Place::Api { key, .. } = &self.place {
            read(key)?;
        }
        Ok(())
    }

    /// Opens the deployment, lets `work` use it, and closes it again, with or without success.
    pub async fn administer<T>(
        &self,
        access: Access,
        work: impl AsyncFnOnce(&Deployment) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let deployment = self.deployment(access).await?;
        let result = work(&deployment).await;
        deployment.close().await;
        result
    }

    /// The same for what the interface does not offer, for the reason `why`.
    pub async fn at_the_database<T, E, F>(
        &self,
        why: &'static str,
        access: Access,
        work: impl FnOnce(Service) -> F,
    ) -> Result<T, Failure>
    where
        E: Into<Failure>,
        F: Future<Output = Result<T, E>>,
    {
        let opened = open(self.settings(why)?, access).await?;
        let result = work(opened.service.clone()).await;
        opened.close().await;
        result.map_err(Into::into)
    }
}

fn read(key: &OnceCell<OperatorKeySecret>) -> Result<&OperatorKeySecret, Failure> {
    if let Some(key) = key.get() {
        return Ok(key);
    }
    let read = operator_key()?;
    Ok(key.get_or_init(|| read))
}

/// The origin that callers see.
pub fn public_url(settings: &Settings) -> String {
    settings.public_url_at(settings.listen)
}

async fn open(settings: &Settings, access: Access) -> Result<Opened, Failure> {
    // It signs nothing.
    let provider = SignatureProvider::default();
    Ok(Opened::open(settings, &public_url(settings), access, provider).await?)
}
