//! The persons who are responsible for service accounts, as operators see them.

use std::collections::HashMap;

use ats_pat_domain::{Tagged, User, UserId};

use crate::operator::Operator;
use crate::service::error::{Error, causes};
use crate::view::{Responsible, UserView};

impl Operator<'_> {
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
