//! The span of a statement in traces: what kind it is and which table it is about, never its text
//! and never its values.

use sea_orm::DbErr;
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::failure::{Class, classify};

/// The kinds of statements that are told apart.
const OPERATIONS: [&str; 7] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "ROLLBACK",
];

/// The longest name of a table of ours.
const TABLE_NAME_LENGTH: usize = 40;

/// A span for a statement of this text, if the request that it belongs to is recorded. Names follow
/// OpenTelemetry's semantic conventions for databases.
pub(crate) fn span(system: &'static str, sql: &str) -> Span {
    let span = info_span!(
        "statement",
        "otel.kind" = "client",
        "otel.name" = Empty,
        "otel.status_code" = Empty,
        "db.system.name" = system,
        "db.operation.name" = Empty,
        "db.collection.name" = Empty,
        "error.type" = Empty,
    );
    if !span.is_disabled() {
        let operation = operation(sql);
        span.record("db.operation.name", operation);
        if let Some(table) = table(sql) {
            span.record("db.collection.name", table);
            span.record("otel.name", format!("{operation} {table}"));
        } else {
            span.record("otel.name", operation);
        }
    }
    span
}

/// Notes the failure of a statement.
pub(crate) fn failed(span: &Span, error: &DbErr) {
    let class = match classify(error) {
        Class::Retryable => "retryable",
        Class::Conflict => "conflict",
        Class::Unavailable => "unavailable",
        Class::Storage(_) => "storage",
        Class::Corrupt => "corrupt",
        Class::Other => "other",
    };
    span.record("otel.status_code", "ERROR");
    span.record("error.type", class);
}

fn operation(sql: &str) -> &'static str {
    let word = sql.split_ascii_whitespace().next().unwrap_or_default();
    let known = OPERATIONS.iter();
    let known = known
        .copied()
        .find(|known| word.eq_ignore_ascii_case(known));
    known.unwrap_or("other")
}

/// The first table that the statement names outside parentheses, where subqueries are.
fn table(sql: &str) -> Option<&str> {
    let mut words = sql.split_ascii_whitespace();
    let mut depth = 0;
    words.find(|word| {
        let is_outside = depth == 0;
        depth += word.matches('(').count();
        depth = depth.saturating_sub(word.matches(')').count());
        is_outside && ["FROM", "INTO", "UPDATE"].contains(word)
    })?;
    let name = words.next()?.trim_matches(['"', '`', '(', ')', ',', ';']);
    let is_ours = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!name.is_empty() && name.len() <= TABLE_NAME_LENGTH && name.bytes().all(is_ours))
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_its_kind_and_its_table() {
        for (sql, kind, about) in [
            (
                r#"SELECT "user"."id" FROM "user" WHERE "user"."id" = $1"#,
                "SELECT",
                Some("user"),
            ),
            (
                "INSERT INTO `event` (`seq`) VALUES (?)",
                "INSERT",
                Some("event"),
            ),
            (
                r#"UPDATE "event_head" SET "change" = ?"#,
                "UPDATE",
                Some("event_head"),
            ),
            (
                r#"SELECT "a", (SELECT "v" FROM "key_ring" WHERE ("id") = 1) FROM "secrets" AS "s""#,
                "SELECT",
                Some("secrets"),
            ),
            ("DELETE FROM session WHERE 1", "DELETE", Some("session")),
            ("BEGIN IMMEDIATE", "BEGIN", None),
            ("WITH a AS (SELECT 1) SELECT 2", "other", None),
            ("", "other", None),
        ] {
            assert_eq!((operation(sql), table(sql)), (kind, about), "{sql}");
        }
    }

    #[test]
    fn no_value_is_taken_for_a_table() {
        for sql in [
            "SELECT 1 FROM 'atspat_secret'",
            "SELECT 1 FROM ada@example.com",
            "SELECT 1 FROM atspat_0Secret",
            "UPDATE",
        ] {
            assert_eq!(table(sql), None, "{sql}");
        }
    }
}
