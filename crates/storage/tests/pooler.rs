//! A pooler between the program and PostgreSQL. The tests need Debian's `pgbouncer`.

#![expect(clippy::unwrap_used, reason = "a test may fail; its helpers too")]
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use ats_pat_domain::port::{ChangeOrder, Repositories as _, Store as _};
use ats_pat_storage::{Database, OpenError, OpenOptions};
use ats_pat_test_support::conformance::samples;
use ats_pat_test_support::{Kind, TestDatabase, on_every_server};
use tempfile::TempDir;

/// A running PgBouncer. It stops when this value is dropped.
struct Pooler {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Pooler {
    /// Starts one before the server of `database`; `None` if it is not installed.
    fn before(database: &TestDatabase, pool_mode: &str) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .into_iter()
            .find(|path| fs::exists(path).is_ok_and(|is_there| is_there))?;
        let (_, rest) = database.url().split_once("://").unwrap();
        let (credentials, place) = rest.split_once('@').unwrap();
        let (user, password) = credentials.split_once(':').unwrap();
        let (server, name) = place.split_once('/').unwrap();
        let (host, port) = server.split_once(':').unwrap();
        let own_port = {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\n{name} = host={host} port={port} user={user} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own_port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {pool_mode}\n"
        );
        fs::write(&file, settings).unwrap();
        let mut command = Command::new(program);
        if rustix::process::geteuid().is_root() {
            // It refuses to run as root.
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            command.args(["-u", "nobody"]);
        }
        let mut process = command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut before = Vec::new();
        let mut lines = log.lines();
        while !before
            .last()
            .is_some_and(|line: &String| line.contains("process up"))
        {
            let line = lines.next();
            let line = line.unwrap_or_else(|| panic!("it ended: {before:?}"));
            before.push(line.unwrap());
        }
        // Later log lines must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            process,
            url: format!("postgres://{user}@127.0.0.1:{own_port}/{name}"),
            _folder: folder,
        })
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[on_every_server]
async fn a_pooler_that_shares_sessions_among_transactions_is_refused_by_name(
    database: &TestDatabase,
) {
    if database.kind() != Kind::Postgres {
        return;
    }
    for pool_mode in ["transaction", "statement"] {
        let Some(pooler) = Pooler::before(database, pool_mode) else {
            return;
        };
        let opened = Database::open(&pooler.url, OpenOptions::default()).await;
        let error = opened.unwrap_err();
        if pool_mode == "transaction" {
            assert!(matches!(error, OpenError::Pooled { .. }), "{error:?}");
            assert!(error.to_string().contains("pool_mode = session"), "{error}");
        }
    }
}

#[on_every_server]
async fn a_pooler_that_keeps_sessions_apart_may_be_in_the_way(database: &TestDatabase) {
    if database.kind() != Kind::Postgres {
        return;
    }
    let Some(pooler) = Pooler::before(database, "session") else {
        return;
    };
    let options = OpenOptions {
        max_connections: 4,
        ..OpenOptions::default()
    };
    let store = Database::open(&pooler.url, options).await.unwrap();
    store.migrate().await.unwrap();
    let change = store
        .begin(samples::change_id(), ChangeOrder::Last)
        .await
        .unwrap();
    change.insert_user(&samples::user(1, "ada")).await.unwrap();
    change.append(&samples::event(1)).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(store.users().all().await.unwrap().len(), 1);
    store.close().await;
}
