//! The service accounts that a person is responsible for.

use ats_pat_domain::{Problem, Tagged, User};

use super::Owner;
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::SignedIn;
use crate::view::ServiceAccountView;

impl Service {
    /// The service accounts that the user is responsible for, by name. One statement.
    pub async fn service_accounts(&self, by: &SignedIn) -> Result<Vec<ServiceAccountView>, Error> {
        let accounts = self.store().users().managed_by(by.user_id()).await?;
        let shown = accounts
            .iter()
            .filter(|account| self.currency().shows(account));
        let views = shown.filter_map(|Tagged { row, .. }| Self::account_view(by, row));
        Ok(views.collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`], also for an account that the user is not responsible for.
    pub async fn service_account(
        &self,
        by: &SignedIn,
        owner: Owner,
    ) -> Result<ServiceAccountView, Error> {
        let Owner::ServiceAccount(id) = owner else {
            return Err(Problem::UserNotFound.into());
        };
        let read = || async { Ok(self.store().users().by_id(id).await?) };
        let account = self.currency().certain_row(read).await?;
        let view = account.and_then(|account| Self::account_view(by, &account));
        Ok(view.ok_or(Problem::UserNotFound)?)
    }

    fn account_view(by: &SignedIn, account: &User) -> Option<ServiceAccountView> {
        let is_managed = account.is_managed_by(by.user_id());
        is_managed.then(|| ServiceAccountView::new(account, by.user_id()))
    }
}
