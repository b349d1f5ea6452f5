//! The repository of users, and of those whom the directory has.

use async_trait::async_trait;
use ats_pat_domain::group::{Group, Groups};
use ats_pat_domain::list::{UserQuery, UserSortField};
use ats_pat_domain::port::{StoreError, UserChanges, UserPage, UserRepository};
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DirectoryEntry, DisabledBy, DisabledMarks, DisplayName, Email, Identity, Issuer, ProviderName,
    ProviderSignIn, SignedInElsewhere, Subject, Tagged, Timestamp, User, UserId, UserName,
};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, Order, QueryFilter,
    QueryOrder, QueryTrait,
};

use crate::channel::Channel;
use crate::entity::identity;
use crate::entity::user::{ActiveModel, Column, Entity, Model};
use crate::erasure;
use crate::failure::store_error;
use crate::identities::identity_key;
use crate::page::{self, Slice, holds};
use crate::readable::{readable, readable_of, readable_page};
use crate::row::{columns, name_key, part, tag};
use crate::transaction::StoreTransaction;
use crate::write::{insert, update};

/// The condition for users whose user name or display name contains a folded text.
fn is_called(backend: DbBackend, text: &str) -> Condition {
    let column = |column| Expr::col((Entity, column));
    Condition::any()
        .add(holds(backend, column(Column::NameFolded), text))
        .add(holds(backend, column(Column::DisplayNameFolded), text))
}

fn sorted_by(field: UserSortField) -> SimpleExpr {
    let column = |column| Expr::col((Entity, column));
    match field {
        UserSortField::UserName => column(Column::NameFolded),
        // Rows from before display names were folded have none.
        UserSortField::DisplayName => Func::coalesce([
            column(Column::DisplayNameFolded),
            column(Column::NameFolded),
        ])
        .into(),
        UserSortField::CreatedAt => column(Column::CreatedAt),
    }
}

/// Their ids, for the condition of another select.
pub(crate) fn ids_of_called(backend: DbBackend, text: &str) -> SelectStatement {
    Query::select()
        .column((Entity, Column::Id))
        .from(Entity)
        .cond_where(is_called(backend, text))
        .take()
}

/// A mark that no party has.
const NOBODYS: i16 = 1 << 14;

/// The marks. Releases that knew no marks, and administrators without other marks beside theirs,
/// write only that the user is disabled. What no release writes has a mark that is nobody's, so
/// that the row differs from what its tag is for.
fn marks(model: &Model) -> DisabledMarks {
    let of_administrator = DisabledMarks::of(DisabledBy::Administrator);
    let stored = model.disabled_by.map(DisabledMarks::from_stored);
    match (model.disabled, stored) {
        (false, None) => DisabledMarks::NONE,
        (true, None) => of_administrator,
        (true, Some(marks)) if marks.any() && marks != of_administrator => marks,
        (_, Some(marks)) => DisabledMarks::from_stored(marks.as_number() | NOBODYS),
    }
}

/// The last sign-in at a provider. No release writes a part of it: then the row differs from what
/// its tag is for.
fn provider_sign_in(model: &Model) -> Option<ProviderSignIn> {
    let texts = [
        &model.signed_in_provider,
        &model.signed_in_issuer,
        &model.signed_in_subject,
    ];
    if texts.iter().all(|text| text.is_none()) && model.signed_in_at.is_none() {
        return None;
    }
    let [provider, issuer, subject] = texts.map(|text| text.clone().unwrap_or_default());
    Some(ProviderSignIn {
        provider: ProviderName::from_stored(provider),
        identity: Identity {
            issuer: Issuer::from_stored(issuer),
            subject: Subject::from_stored(subject),
        },
        at: model.signed_in_at.map(Timestamp::from_millis),
    })
}

/// The entry in the directory. No release writes a part of it.
fn directory(model: &Model) -> Option<Box<DirectoryEntry>> {
    if model.directory.is_none() && model.directory_issuer.is_none() {
        return None;
    }
    let issuer = model.directory_issuer.as_deref().unwrap_or_default();
    let stored = model.directory.as_deref().unwrap_or_default();
    Some(Box::new(DirectoryEntry::from_stored(issuer, stored)))
}

/// A statement that writes a user who is found as before: by the same name, and by the same entry
/// in the directory, unless there is none any more.
///
/// If somebody wrote this user's keys into another row, a unique index would prevent an update of
/// them, and the user could not be disabled.
fn found_as_before(user: &Tagged<User>) -> ActiveModel {
    let model = ActiveModel::from(user);
    ActiveModel {
        id: NotSet,
        name_key: NotSet,
        directory_key: match &user.row.directory {
            Some(_) => NotSet,
            None => Set(None),
        },
        ..model
    }
}

impl TryFrom<Model> for Tagged<User> {
    type Error = StoreError;

    fn try_from(model: Model) -> Result<Self, StoreError> {
        let (disabled, provider_sign_in) = (marks(&model), provider_sign_in(&model));
        let directory = directory(&model);
        Ok(Self {
            row: User {
                id: UserId::from_uuid(model.id),
                name: UserName::from_stored(model.name),
                display_name: DisplayName::from_stored(model.display_name),
                email: model.email.map(Email::from_stored),
                // No release writes another kind. The tag of such a row fails, and the row can be
                // ended like any other.
                kind: UserKind::from_stored(&model.kind).unwrap_or(UserKind::Quarantined),
                password_hash: model.password_hash,
                is_administrator: model.is_admin,
                disabled,
                responsible_id: model.responsible_id.map(UserId::from_uuid),
                groups: Groups::from_stored(model.member_of.as_deref().unwrap_or_default()),
                provider_sign_in,
                signed_in_elsewhere: SignedInElsewhere::from_stored(
                    model.signed_in_elsewhere.as_deref().unwrap_or_default(),
                ),
                directory,
                created_at: Timestamp::from_millis(model.created_at),
            },
            tag: tag(model.key_id, model.tag),
        })
    }
}

impl From<&Tagged<User>> for ActiveModel {
    fn from(user: &Tagged<User>) -> Self {
        let Tagged { row, tag } = user;
        let folded = row.name.folded();
        let marks = row.disabled;
        let signed_in = row.provider_sign_in.as_ref();
        let identity = signed_in.map(|signed_in| &signed_in.identity);
        let entry = row.directory.as_deref();
        Self {
            id: Set(row.id.as_uuid()),
            name: Set(row.name.as_str().to_owned()),
            name_key: Set(name_key(&folded)),
            name_folded: Set(folded.into_bytes()),
            display_name: Set(row.display_name.as_str().to_owned()),
            display_name_folded: Set(Some(row.display_name.folded().into_bytes())),
            email: Set(row.email.as_ref().map(|email| email.as_str().to_owned())),
            kind: Set(row.kind.as_str().to_owned()),
            password_hash: Set(row.password_hash.clone()),
            is_admin: Set(row.is_administrator),
            disabled: Set(marks.any()),
            disabled_by: Set((marks != DisabledMarks::NONE
                && marks != DisabledMarks::of(DisabledBy::Administrator))
            .then(|| marks.as_number())),
            responsible_id: Set(row.responsible_id.map(UserId::as_uuid)),
            member_of: Set(row.groups.to_stored()),
            signed_in_provider: Set(signed_in.map(|it| it.provider.as_str().to_owned())),
            signed_in_issuer: Set(identity.map(|it| it.issuer.as_str().to_owned())),
            signed_in_subject: Set(identity.map(|it| it.subject.as_str().to_owned())),
            signed_in_at: Set(signed_in.and_then(|it| it.at).map(Timestamp::as_millis)),
            signed_in_elsewhere: Set(row.signed_in_elsewhere.to_stored()),
            directory_issuer: Set(entry.map(|entry| entry.identity.issuer.as_str().to_owned())),
            directory_key: Set(entry.map(|entry| identity_key(&entry.identity))),
            directory: Set(entry.map(DirectoryEntry::to_stored)),
            created_at: Set(row.created_at.as_millis()),
            key_id: Set(tag.key_id.0),
            tag: Set(tag.bytes.clone()),
        }
    }
}

#[async_trait]
impl UserRepository for Channel {
    async fn by_id(&self, id: UserId) -> Result<Option<Tagged<User>>, StoreError> {
        let found = Entity::find_by_id(id.as_uuid()).one(self).await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn by_folded_name(&self, folded: &str) -> Result<Option<Tagged<User>>, StoreError> {
        let found = Entity::find()
            .filter(Column::NameKey.eq(name_key(folded)))
            .one(self)
            .await;
        found
            .map_err(store_error)?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn administrators(&self) -> Result<Vec<Tagged<User>>, StoreError> {
        let select = Entity::find()
            .filter(Column::IsAdmin.eq(true))
            .order_by_asc(Column::NameFolded);
        readable_of(self, select).await
    }

    async fn by_ids(&self, ids: &[UserId]) -> Result<Vec<Tagged<User>>, StoreError> {
        let select = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.as_uuid())));
        readable_of(self, select).await
    }

    async fn managed_by(&self, person: UserId) -> Result<Vec<Tagged<User>>, StoreError> {
        let select = Entity::find()
            .filter(Column::ResponsibleId.eq(person.as_uuid()))
            .order_by_asc(Column::NameFolded);
        readable_of(self, select).await
    }

    async fn page(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        let text = query.search.as_deref().filter(|text| !text.is_empty());
        let search = text.map(|text| is_called(self.get_database_backend(), text));
        let mut select = Query::select();
        columns(&mut select, Entity, "u_");
        let order = if query.sort.descending {
            Order::Desc
        } else {
            Order::Asc
        };
        select
            .from(Entity)
            .order_by_expr(sorted_by(query.sort.field), order.clone())
            .order_by((Entity, Column::Id), order);
        let filter = Condition::all()
            .add_option(search)
            .add_option(query.kind.map(|kind| Column::Kind.eq(kind.as_str())))
            .add_option(query.disabled.map(|disabled| Column::Disabled.eq(disabled)));
        let slice = Slice {
            offset: query.offset(),
            limit: query.page_size.into(),
        };
        let (rows, total) = page::read(self, Entity, select, filter, slice).await?;
        let items = readable::<Entity, _>(self, &rows, "u_", |row| {
            Ok(Some(part::<Model>(row, "u_")?.try_into()?))
        })?;
        Ok(UserPage { items, total })
    }

    async fn by_directory(&self, identity: &Identity) -> Result<Option<Tagged<User>>, StoreError> {
        let select = Entity::find().filter(Column::DirectoryKey.eq(identity_key(identity)));
        let found = select.one(self).await.map_err(store_error)?;
        let found: Option<Tagged<User>> = found.map(TryInto::try_into).transpose()?;
        // Whoever can write to the table can write any key beside any entry.
        Ok(found.filter(|found| {
            let entry = found.row.directory.as_deref();
            entry.is_some_and(|entry| entry.identity == *identity)
        }))
    }

    async fn in_directory(
        &self,
        issuer: &Issuer,
        offset: u64,
        limit: u64,
    ) -> Result<UserPage, StoreError> {
        let linked = Query::select()
            .column((identity::Entity, identity::Column::UserId))
            .from(identity::Entity)
            .cond_where(identity::Column::Issuer.eq(issuer.as_str()))
            .take();
        let filter = Condition::all()
            .add(Column::Kind.eq(UserKind::Person.as_str()))
            .add(Column::IsAdmin.eq(false))
            .add(
                Condition::any()
                    .add(Column::DirectoryIssuer.eq(issuer.as_str()))
                    .add(Column::Id.in_subquery(linked)),
            );
        let mut select = Query::select();
        columns(&mut select, Entity, "u_");
        select
            .from(Entity)
            .order_by((Entity, Column::Id), Order::Asc);
        // A page of no length has no row that says how many there are.
        let slice = Slice {
            offset,
            limit: limit.max(1),
        };
        let (mut rows, total) = page::read(self, Entity, select, filter, slice).await?;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let items = readable::<Entity, _>(self, &rows, "u_", |row| {
            Ok(Some(part::<Model>(row, "u_")?.try_into()?))
        })?;
        Ok(UserPage { items, total })
    }

    async fn in_group(
        &self,
        group: &Group,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Tagged<User>>, StoreError> {
        // More than the members, because this is a pattern. The groups of each tell.
        let select = Entity::find()
            .filter(Column::MemberOf.contains(group.as_str()))
            .apply_if(after, |find, id| find.filter(Column::Id.gt(id.as_uuid())))
            .order_by_asc(Column::Id);
        readable_page(self, select, limit).await
    }

    async fn after(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Tagged<User>>, StoreError> {
        let select = Entity::find()
            .apply_if(after, |find, id| find.filter(Column::Id.gt(id.as_uuid())))
            .order_by_asc(Column::Id);
        readable_page(self, select, limit).await
    }

    async fn all(&self) -> Result<Vec<Tagged<User>>, StoreError> {
        let select = Entity::find().order_by_asc(Column::NameFolded);
        readable_of(self, select).await
    }
}

#[async_trait]
impl UserChanges for StoreTransaction {
    async fn insert_user(&self, user: &Tagged<User>) -> Result<(), StoreError> {
        insert(&self.channel, ActiveModel::from(user)).await
    }

    async fn update_user(&self, user: &Tagged<User>) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(found_as_before(user))
            .filter(Column::Id.eq(user.row.id.as_uuid()));
        update(&self.channel, row).await
    }

    async fn rename_user(&self, user: &Tagged<User>) -> Result<(), StoreError> {
        let row = Entity::update_many()
            .set(ActiveModel {
                id: NotSet,
                ..user.into()
            })
            .filter(Column::Id.eq(user.row.id.as_uuid()));
        update(&self.channel, row).await
    }

    async fn erase_details_of(&self, owner: UserId) -> Result<(), StoreError> {
        erasure::erase_details_of(&self.channel, owner).await
    }
}
