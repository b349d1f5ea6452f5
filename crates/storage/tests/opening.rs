//! Opening a database. Errors say what is wrong and what to do, and never show the password.

use std::error::Error;
use std::fs;
use std::time::Duration;

use ats_pat_domain::port::{ChangeOrder, CommitError, Repositories, Store, StoreError};
use ats_pat_storage::{Database, LockError, OpenError, OpenOptions, Tls};
use ats_pat_test_support::conformance::{open, samples};
use ats_pat_test_support::{Kind, TestDatabase, on_every_server, sqlite};
use tempfile::TempDir;

const PATIENT: OpenOptions = OpenOptions {
    max_connections: 2,
    acquire_timeout: Duration::from_secs(2),
    statement_timeout: Duration::from_secs(5),
    tls: Tls::BeyondThisMachine,
};

async fn refusal(url: &str) -> OpenError {
    match Database::open(url, PATIENT).await {
        Ok(_) => panic!("the URL leads nowhere, yet it opened"),
        Err(error) => error,
    }
}

/// Everything that an operator or a log may see of an error.
fn said(error: &dyn Error) -> String {
    let mut said = vec![format!("{error:?}")];
    let mut next = Some(error);
    while let Some(error) = next {
        said.push(error.to_string());
        next = error.source();
    }
    said.join(" / ")
}

#[tokio::test]
async fn a_wrong_place_for_a_file_is_named() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();

    let error = refusal(&format!("sqlite:{}", path("missing/db"))).await;
    assert!(
        matches!(&error, OpenError::FolderMissing { folder } if folder.ends_with("missing")),
        "{error}"
    );

    let error = refusal(&format!("sqlite:{}", folder.path().display())).await;
    assert!(matches!(error, OpenError::IsAFolder { .. }), "{error}");

    fs::write(
        path("text"),
        "this is a text of some length, and not a database at all".repeat(100),
    )
    .unwrap();
    let error = refusal(&format!("sqlite:{}", path("text"))).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");

    for url in ["sqlite::memory:", "sqlite:x?mode=memory"] {
        assert!(matches!(refusal(url).await, OpenError::InMemory), "{url}");
    }
    for url in ["", "ats-pat.db", "oracle://scott:tiger@host/db"] {
        let error = refusal(url).await;
        assert!(matches!(error, OpenError::UnknownScheme), "{url}");
        assert!(!said(&error).contains("tiger"));
    }
    let error = refusal("mysql://scott:tiger@127.0.0.1").await;
    assert!(matches!(error, OpenError::InvalidUrl { .. }), "{error}");
    let error = refusal("postgres://scott:tiger@127.0.0.1:port/db").await;
    assert!(matches!(error, OpenError::InvalidUrl { .. }), "{error}");
    assert!(!said(&error).contains("tiger"));
}

#[tokio::test]
async fn an_unknown_parameter_of_a_url_is_named_and_nothing_else_of_it() {
    let folder = TempDir::new().unwrap();
    let file = format!("sqlite:{}", folder.path().join("db").display());
    for (place, parameter) in [
        ("postgres://pat:tiger@127.0.0.1:1/db", "sslmod"),
        ("postgres://pat:tiger@127.0.0.1:1/db", "SSLMODE"),
        ("postgres://pat:tiger@127.0.0.1:1/db", "connect_timeout"),
        ("postgres://pat:tiger@127.0.0.1:1/db", "options[a"),
        ("mysql://pat:tiger@127.0.0.1:1/db", "ssl_mode"),
        ("mariadb://pat:tiger@127.0.0.1:1/db", "tls"),
        (&file, "key"),
    ] {
        let error = refusal(&format!("{place}?{parameter}=tiger")).await;
        let said = said(&error);
        assert!(
            said.contains(&format!("`{parameter}` is unknown")) && said.contains("remove it"),
            "{said}"
        );
        assert!(!said.contains("tiger"), "{said}");
    }
    // The driver also knows the encoded form of the parameter.
    let error = refusal("postgres://pat@127.0.0.1:1/db?sslm%6Fd=tiger").await;
    assert!(error.to_string().contains("`sslmod` is unknown"), "{error}");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn a_value_that_a_parameter_does_not_take_is_refused_without_it() {
    for (url, reason) in [
        (
            "postgres://pat@127.0.0.1:1/db?sslmode=tiger",
            "`sslmode` can't be used",
        ),
        (
            "postgres://pat@127.0.0.1:1/db?port=tiger",
            "`port` can't be used",
        ),
        (
            "postgres://pat@127.0.0.1:1/db?hostaddr=tiger",
            "`hostaddr` can't be used",
        ),
        (
            "mysql://pat@127.0.0.1:1/db?ssl-mode=tiger",
            "`ssl-mode` can't be used",
        ),
        ("sqlite:tiger?mode=ro", "`mode` can't be used"),
        ("sqlite:tiger?immutable=1", "`immutable` can't be used"),
        (
            "postgres://pat@127.0.0.1:1/db?sslmode=verify-full&ssl-mode=disable",
            "`sslmode` twice",
        ),
        (
            "postgres://pat@127.0.0.1:1/db?host=tiger&hostaddr=127.0.0.1",
            "write only one of them",
        ),
    ] {
        let error = refusal(url).await;
        assert!(error.to_string().contains(reason), "{url}: {error}");
        assert!(!said(&error).contains("tiger"), "{}", said(&error));
    }
}

#[tokio::test]
async fn a_password_with_special_characters_is_never_told() {
    for scheme in ["postgres", "mysql"] {
        for password in [
            "123?TIGER",
            "123/TIGER",
            "123#TIGER",
            "x?TIGER",
            "123?a=1&TIGER",
        ] {
            let error = refusal(&format!("{scheme}://pat:{password}@127.0.0.1:1/db")).await;
            assert!(matches!(error, OpenError::InvalidUrl { .. }), "{error}");
            assert!(
                error.to_string().contains("percent-encoded") || error.to_string().contains("%3F"),
                "{error}"
            );
            assert!(!said(&error).contains("TIGER"), "{}", said(&error));
        }
    }
}

#[on_every_server]
async fn parameters_that_the_driver_knows_are_taken(database: &TestDatabase) {
    let more = match database.kind() {
        Kind::Postgres => {
            "sslmode=PREFER&application_name=a%20b&options=-c%20work_mem%3D5MB\
             &options[statement_timeout]=60s&statement-cache-capacity=50"
        }
        _ => "ssl-mode=preferred&charset=utf8mb4&timezone=%2B00:00",
    };
    let opened = Database::open(&format!("{}?{more}", database.url()), PATIENT).await;
    assert!(opened.is_ok(), "{}", said(&opened.unwrap_err()));
}

#[tokio::test]
async fn a_socket_is_taken_as_a_parameter_and_as_the_address() {
    for url in [
        "postgres://pat@localhost/db?host=/missing",
        "postgres://pat@%2Fmissing/db",
        "mysql://pat@localhost/db?socket=/missing/socket",
    ] {
        let error = refusal(url).await;
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_is_made_for_its_owner_alone_and_locked_by_one_server() {
    let database = sqlite();
    let first = open(&database).await;
    #[cfg(unix)]
    for file in fs::read_dir(database.folder().unwrap()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
    assert_eq!(
        database
            .number("SELECT COUNT(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'")
            .await,
        1
    );

    let lock = first.lock_exclusively().unwrap().unwrap();
    assert!(lock.path().to_string_lossy().ends_with("test.db.lock"));
    let second = open(&database).await;
    let refused = second.lock_exclusively().unwrap_err();
    assert!(matches!(refused, LockError::Held { .. }), "{refused}");
    assert!(refused.to_string().contains("another server"));
    drop(lock);
    assert!(second.lock_exclusively().unwrap().is_some());
}

#[on_every_server]
async fn a_refused_login_is_explained_without_the_password(database: &TestDatabase) {
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (credentials, place) = rest.split_once('@').unwrap();
    let (user, password) = credentials.split_once(':').unwrap();
    let (server, name) = place.split_once('/').unwrap();

    let error = refusal(&format!("{scheme}://{user}:tiger@{place}")).await;
    assert!(
        matches!(&error, OpenError::AccessDenied { .. }),
        "{}",
        said(&error)
    );
    assert!(
        error.to_string().contains(user) && error.to_string().contains(server),
        "{error}"
    );
    assert!(!said(&error).contains("tiger"), "{}", said(&error));

    let error = refusal(&format!("{url}_missing")).await;
    assert!(
        matches!(&error, OpenError::NoSuchDatabase { .. }),
        "{}",
        said(&error)
    );
    assert!(
        error.to_string().contains(&format!("{name}_missing")),
        "{error}"
    );
    assert!(!said(&error).contains(password));

    let error = refusal(&format!("{scheme}://{user}:tiger@127.0.0.1:1/{name}")).await;
    assert!(
        matches!(&error, OpenError::Unreachable { .. }),
        "{}",
        said(&error)
    );
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    assert!(!said(&error).contains("tiger"));

    let store = open(database).await;
    assert!(store.lock_exclusively().unwrap().is_none());
    assert!(!format!("{store:?}").contains(password));
}

/// Ends the connection of the change under way, as a restart of the server does.
async fn break_connections(database: &TestDatabase) {
    if database.kind() == Kind::Postgres {
        let ended = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(database.number(ended).await > 0);
        return;
    }
    // The connection with a transaction, which stays until it is killed. Others may be closing by
    // themselves. The table of transactions is a copy that is a little late.
    let of_the_change = "SELECT CAST(COALESCE(MIN(t.trx_mysql_thread_id), 0) AS SIGNED) \
         FROM information_schema.INNODB_TRX t \
         JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id WHERE p.DB = DATABASE()";
    let id = loop {
        let id = database.number(of_the_change).await;
        if id > 0 {
            break id;
        }
    };
    database.execute(&format!("KILL {id}")).await;
}

#[on_every_server]
async fn a_connection_that_breaks_undoes_its_change_and_is_replaced(database: &TestDatabase) {
    let store = open(database).await;
    let change = store
        .begin(samples::change_id(), ChangeOrder::Last)
        .await
        .unwrap();
    change.insert_user(&samples::user(1, "ada")).await.unwrap();
    break_connections(database).await;
    let broken = change.append(&samples::event(1)).await;
    assert!(
        matches!(broken, Err(StoreError::Unavailable(_))),
        "{broken:?}"
    );
    let ended = change.commit().await;
    assert!(
        matches!(ended, Err(CommitError::Undone(StoreError::Unavailable(_)))),
        "{ended:?}"
    );
    assert!(store.users().all().await.unwrap().is_empty());
    store
        .begin(samples::change_id(), ChangeOrder::Last)
        .await
        .unwrap()
        .rollback()
        .await
        .unwrap();
    store.ping().await.unwrap();
}

#[on_every_server]
async fn a_postgres_database_that_cannot_store_every_character_is_refused(database: &TestDatabase) {
    if database.kind() != Kind::Postgres {
        return;
    }
    let url = format!("{}_latin1", database.url());
    let (_, name) = url.rsplit_once('/').unwrap();
    let make = format!("CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0");
    database.execute(&make).await;
    let error = refusal(&url).await;
    assert!(
        matches!(&error, OpenError::NotUtf8 { encoding, .. } if encoding == "LATIN1"),
        "{}",
        said(&error)
    );
    let error = error.to_string();
    assert!(
        error.contains(name) && error.contains("ENCODING 'UTF8'"),
        "{error}"
    );
    database.execute(&format!("DROP DATABASE {name}")).await;
}

#[on_every_server]
async fn an_error_quotes_no_value_of_a_statement(database: &TestDatabase) {
    let store = open(database).await;
    for expected in [true, false] {
        let change = store
            .begin(samples::change_id(), ChangeOrder::Last)
            .await
            .unwrap();
        let mut user = samples::user(1, "marker-in-a-name");
        user.row.password_hash = Some("marker-in-a-hash".to_owned());
        let inserted = change.insert_user(&user).await;
        assert_eq!(inserted.is_ok(), expected);
        if let Err(error) = inserted {
            assert!(!said(&error).contains("marker"), "{}", said(&error));
        }
        let _ = change.commit().await;
    }
}
