//! Users: adding, changing, disabling, enabling and erasing them, and who is responsible for
//! service accounts.

mod add;
mod disable;
mod erase;
mod find;
mod link;
mod password;
mod responsible;
mod told;
mod update;

use ats_pat_domain::list::UserQuery;
use ats_pat_domain::{User, UserId};

use super::Operator;
use crate::service::error::Error;
use crate::view::{UserPageView, UserView};

pub use add::{NewServiceAccount, NewUser};
pub use disable::Disabling;
pub(crate) use disable::strip;
pub use find::UserRef;
pub(crate) use find::{named, require_free_name};
pub(crate) use link::name_the_last;
pub(crate) use told::changed_user;
pub use update::UserUpdate;

impl Operator<'_> {
    /// Every user, by name; without those that were planted or altered, which are in the log and in
    /// `audit verify`.
    pub async fn users(&self) -> Result<Vec<UserView>, Error> {
        self.service.read_log_for_lists().await;
        let users = self.service.store().users().all().await?;
        self.views(&users).await
    }

    /// The user of this id.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn user(&self, id: &str) -> Result<UserView, Error> {
        Ok(self.with_responsible(&self.user_row(id).await?).await)
    }

    /// The user of this name.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn user_called(&self, name: &str) -> Result<UserView, Error> {
        Ok(UserView::new(&self.find_user(name).await?))
    }

    /// The same, as it is stored.
    async fn user_row(&self, id: &str) -> Result<User, Error> {
        let not_found = || Error::UserNotFound {
            name: id.to_owned(),
        };
        let id: UserId = id.parse().map_err(|_| not_found())?;
        let read = || async { Ok(self.service.store().users().by_id(id).await?) };
        let user = self.service.currency().certain_row(read).await?;
        user.ok_or_else(not_found)
    }

    /// A page of users, by name.
    pub async fn user_page(&self, query: UserQuery) -> Result<UserPageView, Error> {
        let page = self.service.store().users().page(&query).await?;
        // A planted user is not listed as if it were one; the total stays the database's.
        Ok(UserPageView {
            items: self.views(&page.items).await?,
            page: query.page,
            page_size: query.page_size,
            total: page.total,
        })
    }
}
