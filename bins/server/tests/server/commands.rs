//! The commands that look at a server and its settings.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use ats_pat_test_support::{TestDatabase, on_every_server};
use insta::assert_snapshot;
use rustix::process::Signal;

use crate::process::Folder;

const SETTINGS: &str = r#"
database-url = "postgres://ats:s3cret@db/ats"
trusted-proxies = ["192.0.2.1", "10.0.0.0/8"]
connections = 100

[policy]
scopes = [{ name = "orders:read", description = "Read \"orders\"" }]

[[policy.groups]]
group = "corp/builders"
max-lifetime-days = 10

[oidc.corp]
issuer = "https://id.example.com"
client-id = "ats-pat"
client-secret = "s3cret"
"#;

fn run(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    folder.command(arguments, environment).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a command that must end with this exit code. Returns what it says and its errors.
#[track_caller]
fn ends(
    folder: &Folder,
    code: i32,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> [String; 2] {
    let output = run(folder, arguments, environment);
    let said = [text(&output.stdout), text(&output.stderr)];
    assert_eq!(output.status.code(), Some(code), "{said:?}");
    said
}

#[test]
fn each_setting_is_printed_with_its_source_and_without_secrets() {
    let folder = Folder::empty();
    std::fs::write(folder.path("ats.toml"), SETTINGS).unwrap();
    std::fs::write(folder.path("secret"), "s3cret\n").unwrap();
    let environment = [
        ("ATS_PAT_LOG", "warn"),
        ("ATS_PAT_OIDC_CORP_LABEL", "Contoso"),
        ("ATS_PAT_OIDC_PARTNER_CLIENT_SECRET_FILE", "secret"),
        ("ATS_PAT_OIDC_PARTNER_CLIENT_ID", "ats"),
        ("ATS_PAT_OIDC_PARTNER_ISSUER", "https://partner.example.com"),
    ];
    let arguments = [
        "--config",
        "ats.toml",
        "config",
        "print",
        "--listen",
        "127.0.0.1:9",
    ];
    let [said, _] = ends(&folder, 0, &arguments, &environment);
    assert!(!said.contains("s3cret"), "{said}");
    assert_snapshot!(said);
    // A settings file may be made of it.
    let used = said.replace("postgres://ats:***@", "postgres://ats@");
    std::fs::write(folder.path("again.toml"), used).unwrap();
    let [again, _] = ends(
        &folder,
        0,
        &["--config", "again.toml", "config", "check"],
        &[],
    );
    assert_eq!(again, "the settings are valid\n");
}

#[test]
fn settings_are_checked_as_a_start_does_and_nothing_is_made() {
    let folder = Folder::empty();
    let [said, _] = ends(&folder, 0, &["config", "check"], &[]);
    assert_eq!(said, "the settings are valid\n");
    let wrong = ("ATS_PAT_CONNECTIONS", "many");
    let [_, wrong_value] = ends(&folder, 2, &["config", "check"], &[wrong]);
    assert!(wrong_value.contains("ATS_PAT_CONNECTIONS"), "{wrong_value}");
    let provider = [
        ("ATS_PAT_OIDC_CORP_ISSUER", "https://id.example.com"),
        ("ATS_PAT_OIDC_CORP_CLIENT_ID", "ats"),
        ("ATS_PAT_OIDC_CORP_SIGNING_ALGORITHMS", "HS256"),
    ];
    let [_, algorithm] = ends(&folder, 1, &["config", "check"], &provider);
    assert!(algorithm.contains("HS256"), "{algorithm}");
    assert!(folder.left_on_disk().is_empty());
}

#[test]
fn a_healthcheck_asks_the_server_of_these_settings() {
    let folder = Folder::empty();
    let server = folder.serve_with(
        &[],
        &[
            ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0"),
            ("ATS_PAT_DRAIN_SECONDS", "3600"),
        ],
    );
    let operations = server.operations.clone().unwrap();
    let address = server.address.clone();
    let settings = [
        [("ATS_PAT_OPERATIONS_LISTEN", operations.as_str())],
        [("ATS_PAT_LISTEN", address.as_str())],
    ];
    for settings in &settings {
        let [said, _] = ends(&folder, 0, &["healthcheck"], settings);
        assert!(said.contains("database: ok"), "{said}");
    }
    server.signal(Signal::TERM);
    while server.get("/health/ready").starts_with("HTTP/1.1 200") {
        std::thread::yield_now();
    }
    for settings in &settings {
        let [said, error] = ends(&folder, 1, &["healthcheck"], settings);
        assert!(said.starts_with("ending: failing"), "{said}");
        assert!(error.contains("status 503"), "{error}");
        ends(&folder, 0, &["healthcheck", "--live"], settings);
    }
    server.kill();
    let [_, gone] = ends(&folder, 1, &["healthcheck"], &settings[0]);
    assert!(gone.contains("no server answers on"), "{gone}");
    let any = [("ATS_PAT_LISTEN", "127.0.0.1:0")];
    let [_, any] = ends(&folder, 1, &["healthcheck"], &any);
    assert!(any.contains("`listen` has port 0"), "{any}");
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = Folder::empty();
    let [said, error] = ends(&folder, 1, &["doctor"], &[]);
    assert!(said.contains("warning  data-folder: "), "{said}");
    assert!(
        said.contains("failing  database: there is no database"),
        "{said}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(folder.left_on_disk().is_empty());

    let server = folder.serve(&[]);
    let [said, _] = ends(&folder, 0, &["doctor"], &[]);
    for check in [
        "callers",
        "data-folder",
        "master-key",
        "anchor",
        "disk",
        "database",
        "durability",
        "keys",
        "sealed-keys",
        "signing-key",
    ] {
        assert!(
            said.contains(&format!("ok       {check}: ")),
            "{check}: {said}"
        );
    }
    assert!(said.contains("synchronous is 2"), "{said}");
    server.stop(Signal::TERM);

    assert!(
        said.contains("warning  backup: none was made here"),
        "{said}"
    );
    let note = |made_at: &str| {
        let note = format!(r#"{{"MadeAt":"{made_at}","HeadSeq":7,"File":"/backups/it"}}"#);
        std::fs::write(folder.path("ats-pat-data/last-backup"), note).unwrap();
        ends(&folder, 0, &["doctor"], &[])[0].clone()
    };
    let said = note("2026-01-01T00:00:00Z");
    assert!(said.contains("warning  backup: the last one"), "{said}");
    assert!(said.contains("ends at event 7"), "{said}");
    let said = note(&SystemClock.now().to_string());
    assert!(said.contains("ok       backup: the last one"), "{said}");
    assert!(
        said.contains(" 0 hours old") && said.contains("/backups/it"),
        "{said}"
    );
    let said = note("yesterday");
    assert!(said.contains("warning  backup: the note"), "{said}");

    // Warnings are no failures, unless that is asked for.
    let public = [("ATS_PAT_PUBLIC_URL", "http://pat.example.com")];
    let [said, _] = ends(&folder, 0, &["doctor"], &public);
    assert!(said.contains("warning  callers: "), "{said}");
    ends(&folder, 1, &["doctor", "--strict"], &public);

    let anchor = folder.path("ats-pat-data/anchor");
    let kept = std::fs::read(&anchor).unwrap();
    std::fs::remove_file(&anchor).unwrap();
    let [said, _] = ends(&folder, 0, &["doctor"], &[]);
    assert!(said.contains("warning  anchor: "), "{said}");
    std::fs::write(&anchor, kept).unwrap();

    let key = folder.path("ats-pat-data/master.key");
    let open = std::fs::Permissions::from_mode(0o604);
    std::fs::set_permissions(&key, open).unwrap();
    let [said, _] = ends(&folder, 1, &["doctor"], &[]);
    assert!(
        said.contains("failing  data-folder: ") && said.contains("mode 0604"),
        "{said}"
    );
    std::fs::remove_file(&key).unwrap();
    let [said, _] = ends(&folder, 1, &["doctor"], &[]);
    assert!(said.contains("failing  master-key: "), "{said}");
}

#[test]
fn the_doctor_knows_of_a_proxy_that_is_not_trusted() {
    let folder = Folder::empty();
    let operations = [("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0")];
    let server = folder.serve_with(&[], &operations);
    let address = server.operations.clone().unwrap();
    let settings = [("ATS_PAT_OPERATIONS_LISTEN", address.as_str())];
    let [said, _] = ends(&folder, 0, &["doctor"], &settings);
    assert!(said.contains("ok       proxies: since its start"), "{said}");

    server.get_with("/health/live", "X-Forwarded-For: 198.51.100.7\r\n");
    let [said, _] = ends(&folder, 0, &["doctor"], &settings);
    assert!(
        said.contains("warning  proxies: since its start, the server got 1 requests")
            && said.contains("set `trusted-proxies`"),
        "{said}"
    );
    server.stop(Signal::TERM);
    let [said, _] = ends(&folder, 0, &["doctor"], &settings);
    let unknown = format!("because no server answers on {address}");
    assert!(said.contains(&unknown), "{said}");

    let trusted = [
        ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:0"),
        ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let server = folder.serve_with(&[], &trusted);
    server.get_with("/health/live", "X-Forwarded-For: 198.51.100.7\r\n");
    let address = server.operations.clone().unwrap();
    let settings = [("ATS_PAT_OPERATIONS_LISTEN", address.as_str())];
    let [said, _] = ends(&folder, 0, &["doctor"], &settings);
    assert!(said.contains("ok       proxies: since its start"), "{said}");
    server.stop(Signal::TERM);
}

#[test]
fn the_doctor_says_how_far_a_change_of_the_master_key_is() {
    let folder = Folder::empty();
    folder.serve(&[]).stop(Signal::TERM);
    let file = folder.path("ats-pat-data/master.key");
    let old = std::fs::read_to_string(&file).unwrap();
    let old = old.lines().find(|line| !line.starts_with('#')).unwrap();
    let new = "A".repeat(43);
    let told = |keys: &[&str]| {
        std::fs::write(&file, keys.join("\n")).unwrap();
        let [said, _] = ends(&folder, 0, &["doctor"], &[]);
        let line = said.lines().find(|line| line.contains(" sealed-keys: "));
        line.unwrap().to_owned()
    };
    let of_two = "sealed-keys: 2 of 2 are sealed under the first key of the master key file";
    assert_eq!(told(&[old]), format!("ok       {of_two}"));
    assert!(told(&[old, &new]).contains("its second key opens nothing"));
    let line = told(&[&new, old]);
    assert!(
        line.starts_with("warning  sealed-keys: 0 of 2 are"),
        "{line}"
    );
    assert!(line.contains("start a server with this file"), "{line}");

    // The server does it at its start, and says so.
    let (_, _, log) = folder.serve(&[]).stop(Signal::TERM);
    assert!(log.contains("keys=2 of=2"), "{log}");
    let line = told(&[&new, old]);
    assert!(line.starts_with(&format!("ok       {of_two}")), "{line}");
    assert!(line.contains("remove it as soon as every server"), "{line}");
    let (_, _, log) = folder.serve(&[]).stop(Signal::TERM);
    assert!(log.contains("opens nothing"), "{log}");
    assert_eq!(told(&[&new]), format!("ok       {of_two}"));
    folder.serve(&[]).stop(Signal::TERM);
}

#[test]
fn completions_and_man_pages_are_written_without_settings() {
    let folder = Folder::empty();
    let wrong = [("ATS_PAT_CONNECTIONS", "many")];
    let [said, _] = ends(&folder, 0, &["completions", "bash"], &wrong);
    assert!(said.contains("healthcheck"), "{said}");
    ends(&folder, 0, &["man-pages", "man"], &wrong);
    let page = std::fs::read_to_string(folder.path("man/ats-pat-server.1")).unwrap();
    assert!(page.contains("\\-\\-config"), "{page}");
    let page = std::fs::read_to_string(folder.path("man/ats-pat-server-doctor.1")).unwrap();
    assert!(page.contains("\\-\\-strict"), "{page}");
    let pages = folder.left_on_disk();
    assert!(
        !pages.iter().any(|page| page.contains("man-pages")),
        "{pages:?}"
    );
}

#[on_every_server(flavor = "multi_thread")]
async fn the_doctor_knows_how_a_database_server_must_be_set(database: &TestDatabase) {
    let url = database.url().to_owned();
    let said = tokio::task::spawn_blocking(move || {
        let folder = Folder::empty();
        let settings = [("ATS_PAT_DATABASE_URL", url.as_str())];
        let server = folder.serve_with(&[], &settings);
        let output = run(&folder, &["doctor"], &settings);
        server.stop(Signal::TERM);
        text(&output.stdout)
    });
    let said = said.await.unwrap();
    for check in ["database", "clock", "keys"] {
        assert!(said.contains(&format!("ok       {check}: ")), "{said}");
    }
    // The databases of tests give up durability for speed.
    let unsafe_ones = ["fsync is off: ", "innodb_flush_log_at_trx_commit is 0: "];
    assert!(
        unsafe_ones
            .iter()
            .any(|told| said.contains(&format!("failing  durability: {told}"))),
        "{said}"
    );
}

#[test]
fn the_version_is_told() {
    let [said, _] = ends(&Folder::empty(), 0, &["--version"], &[]);
    let version = concat!("ats-pat-server ", env!("CARGO_PKG_VERSION"));
    assert!(said.starts_with(version), "{said}");
}
