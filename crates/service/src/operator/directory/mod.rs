//! What the company's directory does over SCIM: it keeps users and groups here as it has them.
//!
//! The directory reaches only persons who have its entry, or an identity at its provider, and who
//! are no administrators. It finds nobody by a name or a mail address.

mod attributes;
mod create;
mod delete;
mod groups;
mod members;
mod reach;
mod read;
mod update;
mod version;
mod write;

use ats_pat_domain::Problem;
use ats_pat_domain::operator_key::Right;

use crate::change::Change;
use crate::operator::Operator;
use crate::operator::operator_keys::{Administering, KeyHolder};
use crate::service::Service;
use crate::service::error::Error;
use crate::service::settings::ProviderRules;

pub use attributes::{DirectoryUser, GroupChange, MemberChange};
pub use read::{GroupCondition, UserCondition};
pub use version::Precondition;

/// The use cases of the company's directory; see [`Service::directory`].
#[derive(Clone)]
pub struct Directory<'a> {
    operator: Operator<'a>,
    rules: Rules,
}

/// Whose directory it is.
#[derive(Clone)]
struct Rules {
    provider: ProviderRules,
    /// Whether `externalId` is the subject of the identity at the provider.
    knows_subjects: bool,
}

impl Directory<'_> {
    fn service(&self) -> &Service {
        self.operator.service
    }

    async fn change<C: Change>(&self, change: C) -> Result<C::Output, Error> {
        self.operator.change(change).await
    }
}

impl Service {
    /// Whether there is a directory that keeps users over SCIM.
    pub fn has_directory(&self) -> bool {
        self.inner.settings.directory.is_some()
    }

    /// The use cases of the company's directory, for a program that shows this operator key. Each
    /// change checks the key again.
    ///
    /// # Errors
    /// [`Problem::PathNotFound`] if the settings name no directory, [`Problem::Forbidden`] for a
    /// key without the right `scim`.
    pub fn directory(&self, by: &KeyHolder) -> Result<Directory<'_>, Error> {
        let directory = self.inner.settings.directory.as_ref();
        let directory = directory.ok_or(Problem::PathNotFound)?;
        let mut providers = self.providers().iter();
        let provider = providers.find(|rules| rules.name == directory.provider);
        Ok(Directory {
            operator: self.administering(&Administering::Key(by.clone()), Right::Scim)?,
            rules: Rules {
                provider: provider.ok_or(Problem::PathNotFound)?.clone(),
                knows_subjects: directory.knows_subjects(),
            },
        })
    }
}
