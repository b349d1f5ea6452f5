//! First schema: the event log with its counter row, keys, the set-up link.

use ats_pat_domain::event::Head;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;
use sea_orm_migration::schema::{big_integer, blob, integer, small_integer, string_len, uuid};

use super::columns::{create, first_row, hash, index, key, nullable, short_bytes, table, unique};

pub async fn create_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    events(manager).await?;
    event_head(manager).await?;
    keys(manager).await?;
    setup_link(manager).await
}

async fn events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let events = table(
        "events",
        [
            key(big_integer("seq")),
            uuid("id"),
            small_integer("version"),
            big_integer("at"),
            string_len("actor", 64),
            nullable(uuid("owner")),
            string_len("kind", 64),
            string_len("subject", 255),
            blob("details"),
            nullable(hash("personal_hash")),
            integer("key_id"),
            short_bytes("hash"),
        ],
    );
    let id = unique(index("events_id", "events", ["id"]));
    let owner = index("events_owner", "events", ["owner", "seq"]);
    let kind = index("events_kind", "events", ["kind", "seq"]);
    create(manager, events, [id, owner, kind]).await?;
    if manager.get_database_backend() == DbBackend::MySql {
        // 64 KiB are too few for an event about many rows.
        let longer = "ALTER TABLE events MODIFY details LONGBLOB NOT NULL";
        manager.get_connection().execute_unprepared(longer).await?;
    }
    // No foreign key binds it to its event, because a row that is never read does no harm, and
    // because erasing then needs no order.
    let personal = table(
        "event_personal",
        [key(big_integer("seq")), short_bytes("salt"), blob("data")],
    );
    create(manager, personal, []).await
}

async fn event_head(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let head = table(
        "event_head",
        [key(integer("id")), big_integer("seq"), short_bytes("hash")],
    );
    create(manager, head, []).await?;
    let values = [
        1.into(),
        Head::EMPTY.seq.into(),
        Head::EMPTY.hash.to_vec().into(),
    ];
    first_row(manager, "event_head", ["id", "seq", "hash"], values).await
}

async fn keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let roots = table(
        "root_keys",
        [
            key(integer("key_id")),
            blob("sealed"),
            big_integer("created_at"),
        ],
    );
    create(manager, roots, []).await?;
    let signing = table(
        "signing_keys",
        [
            key(string_len("kid", 64)),
            string_len("algorithm", 16),
            hash("public"),
            nullable(blob("sealed")),
            big_integer("created_at"),
            big_integer("active_from"),
            nullable(big_integer("retired_at")),
            integer("key_id"),
            short_bytes("tag"),
        ],
    );
    create(manager, signing, []).await?;
    let ring = table("key_ring", [key(integer("id")), big_integer("version")]);
    create(manager, ring, []).await?;
    first_row(
        manager,
        "key_ring",
        ["id", "version"],
        [1.into(), 0_i64.into()],
    )
    .await
}

async fn setup_link(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let link = table(
        "setup_link",
        [
            key(integer("id")),
            hash("code_hash"),
            integer("key_id"),
            big_integer("expires_at"),
            integer("tag_key_id"),
            short_bytes("tag"),
        ],
    );
    create(manager, link, []).await
}
