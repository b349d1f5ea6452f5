//! First schema: users, their sign-ins, their tokens.

use sea_orm::DbErr;
use sea_orm_migration::SchemaManager;
use sea_orm_migration::schema::{
    big_integer, blob, boolean, integer, small_integer, string_len, text, uuid,
};

use super::columns::{create, hash, index, key, nullable, reference, short_bytes, table, unique};

pub async fn create_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    users(manager).await?;
    sessions(manager).await?;
    tokens(manager).await?;
    secrets(manager).await?;
    token_usage(manager).await
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let users = table(
        "users",
        [
            key(uuid("id")),
            string_len("name", 100),
            blob("name_folded"),
            hash("name_key"),
            string_len("display_name", 100),
            string_len("kind", 16),
            nullable(text("password_hash")),
            boolean("is_admin"),
            boolean("disabled"),
            big_integer("created_at"),
            integer("key_id"),
            short_bytes("tag"),
        ],
    );
    let name = unique(index("users_name", "users", ["name_key"]));
    create(manager, users, [name]).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut sessions = table(
        "sessions",
        [
            key(hash("id_hash")),
            integer("key_id"),
            uuid("user_id"),
            big_integer("created_at"),
            big_integer("last_seen_at"),
            big_integer("ends_at"),
            short_bytes("tag"),
        ],
    );
    sessions.foreign_key(&mut reference(
        "sessions_user_fk",
        ("sessions", "user_id"),
        ("users", "id"),
    ));
    let user = index("sessions_user", "sessions", ["user_id"]);
    create(manager, sessions, [user]).await
}

async fn tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut tokens = table(
        "tokens",
        [
            key(uuid("id")),
            uuid("owner_id"),
            string_len("name", 100),
            blob("name_folded"),
            hash("name_key"),
            string_len("description", 500),
            blob("description_folded"),
            text("scopes"),
            nullable(text("allowed_networks")),
            big_integer("generation"),
            big_integer("created_at"),
            big_integer("expires_at"),
            nullable(big_integer("regenerated_at")),
            nullable(big_integer("revoked_at")),
            integer("key_id"),
            short_bytes("tag"),
        ],
    );
    tokens.foreign_key(&mut reference(
        "tokens_owner_fk",
        ("tokens", "owner_id"),
        ("users", "id"),
    ));
    let name = index("tokens_owner_name", "tokens", ["owner_id", "name_key"]);
    let created = index("tokens_owner_created", "tokens", ["owner_id", "created_at"]);
    create(manager, tokens, [name, created]).await
}

async fn secrets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut secrets = table(
        "secrets",
        [
            key(hash("hash")),
            integer("key_id"),
            uuid("token_id"),
            big_integer("generation"),
            nullable(small_integer("slot")),
            nullable(big_integer("valid_until")),
            nullable(big_integer("status_index")),
            integer("tag_key_id"),
            short_bytes("tag"),
        ],
    );
    secrets.foreign_key(&mut reference(
        "secrets_token_fk",
        ("secrets", "token_id"),
        ("tokens", "id"),
    ));
    let slot = unique(index("secrets_token_slot", "secrets", ["token_id", "slot"]));
    let generation = unique(index(
        "secrets_token_generation",
        "secrets",
        ["token_id", "generation"],
    ));
    create(manager, secrets, [slot, generation]).await
}

async fn token_usage(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut usage = table(
        "token_usage",
        [
            key(uuid("token_id")),
            big_integer("last_used_at"),
            string_len("last_used_from", 64),
        ],
    );
    usage.foreign_key(&mut reference(
        "token_usage_token_fk",
        ("token_usage", "token_id"),
        ("tokens", "id"),
    ));
    create(manager, usage, []).await
}
