//! Columns that [`sea_orm_migration::schema`] doesn't have, for hashes and tags, and tables with
//! their indexes.
//!
//! Texts that people write keep their case and accents. On MariaDB the tables are utf8mb4 with a
//! binary collation. Names are compared by their folded forms, which are bytes.

use sea_orm::sea_query::{
    ColumnDef, ForeignKey, ForeignKeyCreateStatement, Index, IndexCreateStatement, OnConflict,
    Query, SimpleExpr, Table, TableCreateStatement,
};
use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::{SchemaManager, schema};

/// A hash of 32 bytes.
pub fn hash(name: &'static str) -> ColumnDef {
    schema::binary_len(name, 32)
}

/// A few bytes, such as a tag.
pub fn short_bytes(name: &'static str) -> ColumnDef {
    schema::var_binary(name, 255)
}

/// The same column, which may be NULL.
pub fn nullable(mut column: ColumnDef) -> ColumnDef {
    column.null().take()
}

/// The same column as primary key.
pub fn key(mut column: ColumnDef) -> ColumnDef {
    column.primary_key().take()
}

/// A table of these columns.
pub fn table<const N: usize>(name: &'static str, columns: [ColumnDef; N]) -> TableCreateStatement {
    let mut table = Table::create().table(name).if_not_exists().take();
    for column in columns {
        table.col(column);
    }
    table
}

/// An index over these columns, in this order.
pub fn index<const N: usize>(
    name: &'static str,
    table: &'static str,
    columns: [&'static str; N],
) -> IndexCreateStatement {
    let mut index = Index::create()
        .name(name)
        .table(table)
        .if_not_exists()
        .take();
    for column in columns {
        index.col(column);
    }
    index
}

/// The same index, which refuses duplicates. On all three kinds of database, rows with NULL in it
/// are never duplicates.
pub fn unique(mut index: IndexCreateStatement) -> IndexCreateStatement {
    index.unique().take()
}

/// A reference to another table's primary key.
pub fn reference(
    name: &'static str,
    (table, column): (&'static str, &'static str),
    (to_table, to_column): (&'static str, &'static str),
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, column)
        .to(to_table, to_column)
        .take()
}

/// Makes the table and its indexes if they are missing. MariaDB gets all in one statement, so that
/// a migration that died can be repeated, because its index statements don't have IF NOT EXISTS.
pub async fn create<const N: usize>(
    manager: &SchemaManager<'_>,
    mut table: TableCreateStatement,
    mut indexes: [IndexCreateStatement; N],
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::MySql {
        for index in &mut indexes {
            table.index(index);
        }
        table
            .engine("InnoDB")
            .character_set("utf8mb4")
            .collate("utf8mb4_bin");
        return manager.create_table(table).await;
    }
    manager.create_table(table).await?;
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Adds the one row of a table, unless the row exists.
pub async fn first_row<const N: usize>(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: [&'static str; N],
    values: [SimpleExpr; N],
) -> Result<(), DbErr> {
    let insert = Query::insert()
        .into_table(table)
        .columns(columns)
        .values_panic(values)
        .on_conflict(OnConflict::column("id").do_nothing_on(["id"]).to_owned())
        .take();
    manager.execute(insert).await
}
