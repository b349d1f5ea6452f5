//! Who is responsible for a service account.

use std::collections::HashMap;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{Tagged, User, UserId};

use super::find::{find_user, require_living, responsible};
use crate::change::{Change, Draft, Taken};
use crate::operator::Operator;
use crate::service::error::{Error, causes};
use crate::view::{Responsible, UserView};

impl Operator<'_> {
    /// Makes another person responsible for a service account. The one before can no longer manage
    /// its tokens, and the tokens live on. Where the person is responsible already, nothing
    /// changes.
    ///
    /// # Errors
    /// [`Error::UserNotFound`] for either name, [`Error::NoServiceAccount`],
    /// [`Error::CannotBeResponsible`].
    pub async fn set_responsible(&self, account: &str, person: &str) -> Result<UserView, Error> {
        let set = SetResponsible {
            account: account.to_owned(),
            person: person.to_owned(),
        };
        Ok(self.with_responsible(&self.change(set).await?).await)
    }

    /// The service accounts that the person of this id is responsible for, by name.
    pub async fn managed_by(&self, person: UserId) -> Result<Vec<UserView>, Error> {
        let accounts = self.service.store().users().managed_by(person).await?;
        self.views(&accounts).await
    }

    /// A user whom a change has written, as operators see it, with the responsible person. The
    /// change is made: where that person can't be read now, the id has to do.
    pub(super) async fn with_responsible(&self, user: &User) -> UserView {
        let ids = Vec::from_iter(user.responsible_id);
        let persons = self.responsible_persons(ids).await.unwrap_or_else(|error| {
            tracing::warn!(cause = %causes(&error), "the responsible person of a service account can't be read");
            HashMap::new()
        });
        view(user, &persons)
    }

    /// These users, without those that were planted or altered, each with the responsible person.
    pub(super) async fn views(&self, users: &[Tagged<User>]) -> Result<Vec<UserView>, Error> {
        let currency = self.service.currency();
        let shown: Vec<&User> = users
            .iter()
            .filter(|user| currency.shows(user))
            .map(|user| &user.row)
            .collect();
        let ids = shown
            .iter()
            .filter_map(|user| user.responsible_id)
            .collect();
        let persons = self.responsible_persons(ids).await?;
        Ok(shown.into_iter().map(|user| view(user, &persons)).collect())
    }

    async fn responsible_persons(
        &self,
        mut ids: Vec<UserId>,
    ) -> Result<HashMap<UserId, User>, Error> {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let currency = self.service.currency();
        let persons = self.service.store().users().by_ids(&ids).await?;
        let shown = persons.into_iter().filter(|person| currency.shows(person));
        Ok(shown.map(|person| (person.row.id, person.row)).collect())
    }
}

fn view(user: &User, persons: &HashMap<UserId, User>) -> UserView {
    let responsible = user.responsible_id.map(|id| {
        let person = persons.get(&id);
        Responsible {
            user_name: person
                .map_or_else(|| id.to_string(), |person| person.name.as_str().to_owned()),
            // A row that was planted or altered is no enabled person.
            disabled: !person.is_some_and(User::can_be_responsible),
        }
    });
    UserView {
        responsible,
        ..UserView::new(user)
    }
}

struct SetResponsible {
    account: String,
    person: String,
}

impl Change for SetResponsible {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let mut account = find_user(draft, &self.account).await?;
        require_living(&account)?;
        if account.kind != UserKind::Service {
            let name = account.name.as_str().to_owned();
            return Err(Error::NoServiceAccount { name });
        }
        let person = responsible(draft, &self.person).await?;
        if account.responsible_id == Some(person.id) {
            return Ok((account, Taken::Nothing));
        }
        let before = account.responsible_id.replace(person.id);
        draft.update_user(account.clone()).await?;
        draft.record(
            draft
                .entry(EventKind::ResponsibleSet, &account.id)
                .owner(account.id)
                .detail("ResponsibleId", person.id.to_string())
                .detail("ResponsibleIdBefore", before.map(|id| id.to_string()))
                .personal("UserName", account.name.as_str()),
        );
        // No exchange asks who is responsible, and every use of that right asks the database.
        Ok((account, Taken::Nothing))
    }
}
