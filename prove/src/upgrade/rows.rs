//! An attacker's changes to rows, by someone who can read and write the database.

use anyhow::Result;

use crate::databases::{Client, Kind};

/// Every table with tags, and its key. Tables that others refer to come first.
const TABLES: [(&str, &str); 7] = [
    ("users", "id"),
    ("sessions", "id_hash"),
    ("tokens", "id"),
    ("secrets", "hash"),
    ("status_places", "place"),
    ("signing_keys", "kid"),
    ("setup_link", "id"),
];

/// Copies all rows into tables beside them.
pub fn copy(client: &Client) -> Result<()> {
    for (table, _) in TABLES {
        client.ask(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ))?;
    }
    Ok(())
}

/// Puts the copies back. Rows that were made since stay, except secrets, because the copies need
/// their places.
pub fn put_back(kind: Kind, client: &Client) -> Result<()> {
    client.ask("DELETE FROM secrets WHERE hash NOT IN (SELECT hash FROM kept_secrets)")?;
    for (table, key) in TABLES {
        let columns = columns(kind, client, table)?;
        let set: Vec<_> = columns
            .iter()
            .filter(|column| *column != key)
            .map(|column| {
                format!("{column} = (SELECT k.{column} FROM kept_{table} k WHERE k.{key} = {table}.{key})")
            })
            .collect();
        let set = set.join(", ");
        client.ask(&format!(
            "UPDATE {table} SET {set} WHERE {key} IN (SELECT {key} FROM kept_{table})"
        ))?;
        client.ask(&format!(
            "INSERT INTO {table} SELECT * FROM kept_{table} WHERE {key} NOT IN (SELECT {key} FROM {table})"
        ))?;
    }
    Ok(())
}

/// Plants a secret of the token with this name, and makes this user's row unreadable.
pub fn plant(kind: Kind, client: &Client, token: &str, user: &str) -> Result<()> {
    let hash = "5a".repeat(32);
    let hash = match kind {
        Kind::Postgres => format!("'\\x{hash}'::bytea"),
        Kind::Sqlite | Kind::Mariadb => format!("x'{hash}'"),
    };
    client.ask(&format!(
        "INSERT INTO secrets (hash, key_id, token_id, generation, slot, tag_key_id, tag) \
         SELECT {hash}, s.key_id, s.token_id, 99, 2, s.tag_key_id, s.tag FROM secrets s \
         JOIN tokens t ON t.id = s.token_id WHERE t.name = '{token}'"
    ))?;
    client.ask(&format!(
        "UPDATE users SET kind = 'alien' WHERE name = '{user}'"
    ))?;
    Ok(())
}

/// All tags, as the database prints them.
pub fn tags(kind: Kind, client: &Client) -> Result<String> {
    let mut all = String::new();
    for (table, key) in TABLES {
        let tag = match kind {
            Kind::Postgres => "encode(tag, 'hex')",
            Kind::Sqlite | Kind::Mariadb => "hex(tag)",
        };
        all += &client.ask(&format!("SELECT {tag} FROM {table} ORDER BY {key}"))?;
        all += "\n";
    }
    Ok(all)
}

/// How many rows have tags.
pub fn count(client: &Client) -> Result<u64> {
    let mut all = 0;
    for (table, _) in TABLES {
        all += client.number(&format!("SELECT COUNT(*) FROM {table}"))?;
    }
    Ok(all)
}

/// How many events ended an upgrade.
pub fn upgrades(client: &Client) -> Result<u64> {
    client.number("SELECT COUNT(*) FROM events WHERE kind = 'database.upgraded'")
}

fn columns(kind: Kind, client: &Client, table: &str) -> Result<Vec<String>> {
    let schema = match kind {
        Kind::Sqlite => {
            let names = client.ask(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
            return Ok(names.lines().map(ToOwned::to_owned).collect());
        }
        Kind::Postgres => "current_schema()",
        Kind::Mariadb => "DATABASE()",
    };
    let names = client.ask(&format!(
        "SELECT column_name FROM information_schema.columns \
         WHERE table_name = '{table}' AND table_schema = {schema}"
    ))?;
    Ok(names.lines().map(ToOwned::to_owned).collect())
}
