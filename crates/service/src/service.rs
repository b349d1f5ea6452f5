//! What the use cases share.

use std::sync::Arc;

use ats_pat_auth::{MasterKeys, Minter};
use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Store;

use crate::change::{Change, Changes};
use crate::error::Error;
use crate::limits::Limits;
use crate::operator::Operator;
use crate::passwords::Passwords;
use crate::ring::Ring;
use crate::rows::Roots;
use crate::settings::Settings;
use crate::usage::UsageLog;
use crate::view::PolicyView;

/// The use cases over one store. Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct Service {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) changes: Changes,
    pub(crate) master: MasterKeys,
    pub(crate) minter: Minter,
    pub(crate) ring: Ring,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Limits,
    pub(crate) usage: UsageLog,
}

impl Service {
    /// What a token form needs to know.
    pub fn policy(&self) -> PolicyView {
        PolicyView::new(&self.inner.settings.policy)
    }

    /// The use cases of operators. Whoever can call them needs no other right.
    pub fn operator(&self) -> Operator<'_> {
        Operator { service: self }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.changes.store
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.inner.changes.roots
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.changes.clock.now()
    }

    pub(crate) async fn change<C: Change>(&self, change: C) -> Result<C::Output, Error> {
        self.inner.changes.run(change).await
    }
}
