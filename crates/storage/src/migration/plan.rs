//! What the migrations that are pending will do, for the operator who chooses the time.

use sea_orm::{ConnectionTrait, DbErr, Statement};

/// What a pending migration will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMigration {
    /// The name of the migration.
    pub name: String,
    /// What it changes, in words.
    pub change: &'static str,
    /// The table whose rows it reads or writes one by one, and how many rows that table has. `None`
    /// if it takes no longer with more rows.
    pub rows: Option<(&'static str, u64)>,
}

impl PlannedMigration {
    pub(super) async fn of<C: ConnectionTrait>(
        name: String,
        is_new: bool,
        connection: &C,
    ) -> Result<Self, DbErr> {
        let (change, table) = described(&name);
        let rows = match table {
            Some(table) if !is_new => Some((table, count(connection, table).await?)),
            _ => None,
        };
        Ok(Self { name, change, rows })
    }
}

/// What a migration changes, and the table whose rows it goes through.
fn described(name: &str) -> (&'static str, Option<&'static str>) {
    match name {
        "m0001_initial" => ("makes the first tables", None),
        "m0002_status_places" => ("makes the table of the status list", None),
        "m0003_transactions" => ("makes room for the proof of transactions", None),
        "m0004_active_tokens" => ("makes indexes of active tokens", Some("tokens")),
        "m0005_currency" => (
            "makes room for checkpoints; from here on the release before changes nothing",
            None,
        ),
        "m0006_display_names" => ("adds display names as searches use them", Some("users")),
        "m0007_event_subjects" => ("makes an index of events", Some("events")),
        "m0008_overlap" => ("adds the mark of an overlap that ends at first use", None),
        "m0009_self_regenerate" => ("adds what tokens that regenerate themselves need", None),
        "m0010_responsible" => ("adds and indexes responsible persons", Some("users")),
        "m0011_groups" => ("adds the groups of users", None),
        "m0012_policy" => ("makes the table of the policy", None),
        "m0013_operator_keys" => ("makes the table of operator keys", None),
        "m0014_emails" => ("adds e-mail addresses", None),
        "m0015_identities" => ("makes the table of identities at providers", None),
        "m0016_provider_sign_in" => ("adds and indexes sign-ins at providers", Some("sessions")),
        "m0017_signed_in_elsewhere" => ("adds the times of sign-ins at other providers", None),
        "m0018_directory" => (
            "adds and indexes entries of the directory, and makes the table of its groups",
            Some("users"),
        ),
        "m0019_pruned_beside" => (
            "makes the tables of removed events, and an index of places",
            Some("status_places"),
        ),
        _ => ("", None),
    }
}

async fn count<C: ConnectionTrait>(connection: &C, table: &str) -> Result<u64, DbErr> {
    let statement = Statement::from_string(
        connection.get_database_backend(),
        format!("SELECT COUNT(*) FROM {table}"),
    );
    let row = connection.query_one_raw(statement).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::MigratorTrait;

    use super::super::Migrator;
    use super::described;

    #[test]
    fn every_migration_is_described() {
        for migration in Migrator::migrations() {
            assert_ne!(described(migration.name()).0, "", "{}", migration.name());
        }
    }
}
