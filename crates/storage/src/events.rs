//! The repository of the event log.

use async_trait::async_trait;
use ats_pat_domain::event::{Head, Personal};
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::port::{EventLog, EventRepository, StoreError};
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::{Event, EventId, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{
    Expr, ExprTrait, Func, InsertStatement, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, Iterable, Order, QueryFilter,
};

use crate::channel::Channel;
use crate::claim;
use crate::entity::event::{ActiveModel, Column, Entity, Model};
use crate::entity::{event_head, event_personal};
use crate::failure::store_error;
use crate::head::{HEAD, is_head, read_head, select_head};
use crate::readable::readable;
use crate::row::{columns, fixed, optional_part, part};
use crate::transaction::StoreTransaction;
use crate::users::ids_of_called;
use crate::write::{exactly_one, insert};

fn event(model: Model, personal: Option<event_personal::Model>) -> Result<Event, StoreError> {
    let personal_hash = model.personal_hash.as_deref();
    let personal = personal.map(|personal| {
        Ok::<_, StoreError>(Personal {
            salt: fixed(&personal.salt, "event_personal.salt")?,
            data: personal.data,
        })
    });
    Ok(Event {
        seq: model.seq,
        id: EventId::from_uuid(model.id),
        version: model.version,
        at: Timestamp::from_millis(model.at),
        actor: model.actor,
        owner: model.owner.map(UserId::from_uuid),
        kind: model.kind,
        subject: model.subject,
        details: model.details,
        personal_hash: personal_hash
            .map(|hash| fixed(hash, "events.personal_hash"))
            .transpose()?,
        key_id: KeyId(model.key_id),
        hash: fixed(&model.hash, "events.hash")?,
        personal: personal.transpose()?,
    })
}

impl From<&Event> for ActiveModel {
    fn from(event: &Event) -> Self {
        Self {
            seq: Set(event.seq),
            id: Set(event.id.as_uuid()),
            version: Set(event.version),
            at: Set(event.at.as_millis()),
            actor: Set(event.actor.clone()),
            owner: Set(event.owner.map(UserId::as_uuid)),
            kind: Set(event.kind.clone()),
            subject: Set(event.subject.clone()),
            details: Set(event.details.clone()),
            personal_hash: Set(event.personal_hash.map(|hash| hash.to_vec())),
            key_id: Set(event.key_id.0),
            hash: Set(event.hash.to_vec()),
        }
    }
}

/// Selects events with their personal details.
fn select_events() -> SelectStatement {
    let mut select = Query::select();
    columns(&mut select, Entity, "e_");
    columns(&mut select, event_personal::Entity, "p_");
    select.from(Entity).left_join(
        event_personal::Entity,
        Expr::col((event_personal::Entity, event_personal::Column::Seq))
            .equals((Entity, Column::Seq)),
    );
    select
}

async fn read(channel: &Channel, select: &SelectStatement) -> Result<Vec<Event>, StoreError> {
    let rows = channel.query_all(select).await.map_err(store_error)?;
    readable::<Entity, _>(channel, &rows, "e_", |row| {
        event(part(row, "e_")?, optional_part(row, "p_")?).map(Some)
    })
}

#[async_trait]
impl EventRepository for Channel {
    async fn head(&self) -> Result<Head, StoreError> {
        read_head(self, &select_head()).await
    }

    async fn from(&self, seq: i64, limit: u64) -> Result<Vec<Event>, StoreError> {
        let mut select = select_events();
        select
            .and_where(Expr::col((Entity, Column::Seq)).gte(seq))
            .order_by((Entity, Column::Seq), Order::Asc)
            .limit(limit);
        read(self, &select).await
    }

    async fn newest(&self, filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        let column = |column| Expr::col((Entity, column));
        let owner = filter.owner.map(UserId::as_uuid);
        let (kind, subjects) = (filter.kind.as_deref(), filter.subjects.as_ref());
        // A subject has few events, but an owner or a kind may have millions. SQLite, which keeps
        // no statistics, would choose their indexes. It has no index for an expression.
        let beside = |column| {
            let one = Expr::col((Entity, column));
            if subjects.is_some() {
                Func::coalesce([one.clone(), one]).into()
            } else {
                SimpleExpr::from(one)
            }
        };
        let mut select = select_events();
        select
            .and_where_option(owner.map(|owner| beside(Column::Owner).eq(owner)))
            .and_where_option(filter.owner_called.as_deref().map(|text| {
                let called = ids_of_called(self.get_database_backend(), text);
                column(Column::Owner).in_subquery(called)
            }))
            .and_where_option(kind.map(|kind| beside(Column::Kind).eq(kind)))
            .and_where_option(subjects.map(|these| column(Column::Subject).is_in(these)))
            .and_where_option(filter.before.map(|seq| column(Column::Seq).lt(seq)))
            .order_by((Entity, Column::Seq), Order::Desc)
            .limit(filter.limit);
        read(self, &select).await
    }

    async fn seq_of(&self, id: EventId) -> Result<Option<i64>, StoreError> {
        let found = Entity::find()
            .filter(Column::Id.eq(id.as_uuid()))
            .one(self)
            .await;
        Ok(found.map_err(store_error)?.map(|event| event.seq))
    }

    async fn last_of_kind(&self, kind: &str) -> Result<Option<Event>, StoreError> {
        let mut select = select_events();
        select
            .and_where(Expr::col((Entity, Column::Kind)).eq(kind))
            .order_by((Entity, Column::Seq), Order::Desc)
            .limit(1);
        Ok(read(self, &select).await?.pop())
    }
}

#[async_trait]
impl EventLog for StoreTransaction {
    async fn append(&self, event: &Event) -> Result<(), StoreError> {
        // First the counter. If the number doesn't follow, this updates no row, and the change ends
        // here.
        let counted = event_head::Entity::update_many()
            .col_expr(event_head::Column::Seq, Expr::val(event.seq))
            .col_expr(event_head::Column::Hash, Expr::val(event.hash.to_vec()))
            .filter(event_head::Column::Id.eq(HEAD))
            .filter(event_head::Column::Seq.eq(event.seq.wrapping_sub(1)))
            .filter(claim::is(self.change))
            .exec(&self.channel)
            .await;
        let counted = counted.map_err(store_error)?.rows_affected;
        exactly_one(&self.channel, counted).await?;
        if let Some(personal) = &event.personal {
            let row = event_personal::ActiveModel {
                seq: Set(event.seq),
                salt: Set(personal.salt.to_vec()),
                data: Set(personal.data.clone()),
            };
            insert(&self.channel, row).await?;
        }
        // This comes last, and only beside the claim. So if the event is there, all earlier writes
        // are in the same transaction.
        let insert = insert_beside_claim(event, self.change)?;
        let inserted = self.channel.execute(&insert).await;
        let inserted = inserted.map_err(store_error)?.rows_affected();
        exactly_one(&self.channel, inserted).await?;
        self.appended(event.id);
        Ok(())
    }
}

/// Inserts the event if the counter row has its number and the claim of `change`.
fn insert_beside_claim(event: &Event, change: EventId) -> Result<InsertStatement, StoreError> {
    let mut select = Query::select();
    let mut columns = Vec::new();
    let row = ActiveModel::from(event);
    for column in Column::iter() {
        if let Some(value) = row.get(column).into_value() {
            columns.push(column);
            select.expr(Expr::val(value));
        }
    }
    select
        .from(event_head::Entity)
        .and_where(is_head())
        .and_where(Expr::col((event_head::Entity, event_head::Column::Seq)).eq(event.seq))
        .and_where(claim::is(change));
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(columns);
    insert
        .select_from(select)
        .map_err(|error| StoreError::Other(Box::new(error)))?;
    Ok(insert)
}
