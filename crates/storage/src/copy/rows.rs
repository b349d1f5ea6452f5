//! Copies the rows of every table.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait, ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    Iterable, ModelTrait as _, PrimaryKeyToColumn, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::failed::{not_read, not_written};
use crate::entity::{
    checkpoint, directory_group, event, event_head, event_personal, identity, key_ring,
    operator_key, policy, pruning, pruning_part, root_key, secret, session, setup_link,
    signing_key, status_place, token, token_usage, user,
};
use crate::error::CopyError;

/// How many rows are read and written at once. All their values fit into one statement, whose
/// length MariaDB limits to 16 MiB.
const BATCH: u64 = 500;
/// The same for events. That of a bulk job names hundreds of tokens.
const EVENTS: u64 = 50;
/// The same for the parts of a checkpoint, each of which fills a statement.
const PARTS: u64 = 1;

/// Does the same with each table, those first that others refer to.
macro_rules! each_table {
    ($($entity:ident $batch:ident)+) => {
        /// Replaces the rows of every table by those of `from`.
        pub(super) async fn copy_all(
            from: &DatabaseTransaction,
            to: &DatabaseTransaction,
        ) -> Result<(), CopyError> {
            each_table!(@clear to, [$($entity)+] []);
            $(copy::<$entity::Entity>(from, to, $batch).await?;)+
            Ok(())
        }

        /// The tables whose rows are copied.
        #[cfg(test)]
        pub(super) fn tables() -> Vec<String> {
            use sea_orm::EntityName as _;
            vec![$($entity::Entity.table_name().to_owned()),+]
        }
    };
    (@clear $to:ident, [$first:ident $($rest:ident)*] [$($reversed:ident)*]) => {
        each_table!(@clear $to, [$($rest)*] [$first $($reversed)*]);
    };
    (@clear $to:ident, [] [$($entity:ident)*]) => {
        $(
            $entity::Entity::delete_many()
                .exec($to)
                .await
                .map_err(not_written)?;
        )*
    };
}

each_table! {
    event_head BATCH
    event EVENTS
    event_personal BATCH
    checkpoint PARTS
    pruning BATCH
    pruning_part PARTS
    root_key BATCH
    key_ring BATCH
    signing_key BATCH
    user BATCH
    identity BATCH
    session BATCH
    token BATCH
    secret BATCH
    status_place BATCH
    token_usage BATCH
    setup_link BATCH
    operator_key BATCH
    policy BATCH
    directory_group BATCH
}

async fn copy<E>(
    from: &DatabaseTransaction,
    to: &DatabaseTransaction,
    batch: u64,
) -> Result<(), CopyError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let mut last: Option<E::Model> = None;
    loop {
        let rows = after::<E>(from, last.as_ref(), batch)
            .await
            .map_err(not_read)?;
        let Some(newest) = rows.last() else {
            return Ok(());
        };
        last = Some(newest.clone());
        let rows = rows
            .into_iter()
            .map(|row| -> E::ActiveModel { row.into_active_model() });
        E::insert_many(rows)
            .exec_without_returning(to)
            .await
            .map_err(not_written)?;
    }
}

/// The next rows in the order of the primary key.
async fn after<E: EntityTrait>(
    from: &DatabaseTransaction,
    last: Option<&E::Model>,
    batch: u64,
) -> Result<Vec<E::Model>, DbErr> {
    let columns: Vec<E::Column> = E::PrimaryKey::iter()
        .map(PrimaryKeyToColumn::into_column)
        .collect();
    let mut select = E::find().limit(batch);
    for column in &columns {
        select = select.order_by_asc(*column);
    }
    if let Some(last) = last {
        // Behind (a, b): a is larger, or a is the same and b is larger.
        let mut behind = Condition::any();
        for (place, column) in columns.iter().enumerate() {
            let mut this = Condition::all();
            for same in &columns[..place] {
                this = this.add(Expr::col(same.as_column_ref()).eq(last.get(*same)));
            }
            behind = behind.add(this.add(Expr::col(column.as_column_ref()).gt(last.get(*column))));
        }
        select = select.filter(behind);
    }
    select.all(from).await
}

#[cfg(test)]
mod tests {
    use ats_pat_test_support::database::sqlite;

    use super::*;
    use crate::{Database, OpenOptions};

    /// A table that nobody named here would be missing in every backup of a server.
    #[tokio::test]
    async fn every_table_is_copied_or_named_as_left_out() {
        const LEFT_OUT: [&str; 3] = ["migration_holder", "seaql_migrations", "write_proof"];
        let test = sqlite();
        let database = Database::open(test.url(), OpenOptions::default())
            .await
            .unwrap();
        database.migrate().await.unwrap();
        let mut known = tables();
        known.extend(LEFT_OUT.map(ToOwned::to_owned));
        let names: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
        let forgotten = format!(
            "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name NOT IN ({})",
            names.join(", ")
        );
        assert_eq!(test.number(&forgotten).await, 0);
        database.close().await;
    }
}
