use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::group::BOUNDS;
use super::row::Row;
use super::table::TABLE;
use super::{CommonFlags, LogFormat, ServerFlags, Settings, SettingsError};

/// A character more than the name of a product may have.
const TOO_LONG: &str = "The Personal Access Tokens of a Company with a Very Long Name";

/// More scopes than a claim may name.
static MANY_SCOPES: LazyLock<String> = LazyLock::new(|| {
    let scopes: Vec<_> = (0..40).map(|number| format!("{number:099}=x")).collect();
    scopes.join(",")
});

/// The sources of one try.
#[derive(Default)]
struct Given<'a> {
    file: Option<&'a str>,
    variables: Vec<(&'a str, &'a str)>,
    flags: Vec<(&'a str, &'a str)>,
}

impl<'a> Given<'a> {
    fn file(text: &'a str) -> Self {
        Self {
            file: Some(text),
            ..Self::default()
        }
    }

    fn variable(name: &'a str, value: &'a str) -> Self {
        Self::default().and_variable(name, value)
    }

    fn flag(name: &'a str, value: &'a str) -> Self {
        Self::default().and_flag(name, value)
    }

    fn and_variable(mut self, name: &'a str, value: &'a str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn and_flag(mut self, name: &'a str, value: &'a str) -> Self {
        self.flags.push((name, value));
        self
    }

    fn load(&self) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let mut common = CommonFlags::default();
        let mut server = ServerFlags::default();
        if let Some(text) = self.file {
            let path = folder.path().join("ats.toml");
            std::fs::write(&path, text).unwrap();
            common.config = Some(path);
        }
        for (flag, value) in &self.flags {
            match *flag {
                "--data-dir" => common.data_dir = Some((*value).into()),
                "--database-url" => common.database_url = Some((*value).into()),
                "--listen" => server.listen = Some((*value).into()),
                "--public-url" => server.public_url = Some((*value).into()),
                "--config" => common.config = Some(value.into()),
                other => panic!("{other}"),
            }
        }
        let environment = self
            .variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Settings::load(&common, Some(&server), environment)
    }

    fn settings(&self) -> Settings {
        self.load().unwrap()
    }

    fn sentence(&self) -> String {
        let error = self
            .load()
            .map(|settings| format!("{settings:?}"))
            .unwrap_err();
        let text = ats_pat_service::causes(&error);
        let name = text
            .split_whitespace()
            .find(|word| word.ends_with("/ats.toml") || word.ends_with("/ats.toml:"));
        match name {
            Some(path) => text.replace(path.trim_end_matches(':'), "ats.toml"),
            None => text,
        }
    }
}

#[test]
fn without_any_source_the_defaults_of_the_contract_stand() {
    let settings = Given::default().settings();
    assert_eq!(
        settings.database_url().expose_secret(),
        "sqlite:ats-pat-data/ats-pat.db"
    );
    assert_eq!(settings.anchor_file(), Path::new("ats-pat-data/anchor"));
    assert_eq!(
        settings.public_url_at(settings.listen),
        "http://127.0.0.1:8080"
    );
    insta::assert_debug_snapshot!(settings);
}

#[test]
fn every_setting_can_stand_in_the_file() {
    let text = r#"
        data-dir = "/var/lib/ats-pat"
        database-url = "postgres://ats:s3cret@db/ats"
        database-tls = "off"
        start-patience-seconds = 0
        listen = "0.0.0.0:80"
        public-url = "https://pat.example.com"
        audience = ["orders", "stock"]
        default-audience = ["orders"]
        expand-all-scope = true
        master-key-file = "/run/secrets/master.key"
        trusted-proxies = ["10.0.0.0/8", "2001:db8::1"]
        connections = 100
        connections-per-address = 50
        token-lifetime-minutes = 1
        session-idle-minutes = 2
        session-absolute-hours = 3
        policy-source = "database"
        sign-in-failures-per-quarter-hour = 4
        changes-per-user-per-minute = 0
        cache-entries = 0
        product-name = "Contoso Tokens"
        accent-color = '#7A1fa2'
        log = "warn,ats_pat_service=debug"
        log-format = "json"

        [policy]
        max-lifetime-days = 90
        default-lifetime-days = 7
        max-active-tokens = 5
        max-overlap-hours = 48
        self-regenerate-allowed = false
        scopes = [{ name = "orders:read", description = "Read orders" }]
        may-create = "nobody"
        all-scope-allowed = false
        required-networks = ["10.0.0.0/8", "192.0.2.7"]
        revoke-unused-after-days = 90
        recent-sign-in-minutes = 15

        [[policy.groups]]
        group = "corp/builders"
        max-lifetime-days = 366
        default-lifetime-days = 90
        max-active-tokens = 50
        max-overlap-hours = 0
        self-regenerate-allowed = true
        scopes = [{ name = "build", description = "Build" }]
        may-create = "everyone"
        all-scope-allowed = true
        required-networks = []
        revoke-unused-after-days = 0
        recent-sign-in-minutes = 60

        [[policy.groups]]
        group = "scim/0193f2a0"
        required-networks = ["192.0.2.0/24"]
    "#;
    for row in TABLE.iter().filter(|row| !row.file_only) {
        let name = row.name.rsplit('.').next().unwrap();
        assert!(text.contains(&format!("        {name} = ")), "{name}");
    }
    insta::assert_debug_snapshot!(Given::file(text).settings());
}

#[test]
fn every_setting_has_an_environment_variable() {
    let given = [
        ("ATS_PAT_DATA_DIR", "/var/lib/ats-pat"),
        ("ATS_PAT_DATABASE_URL", "mysql://ats:s3cret@db/ats"),
        ("ATS_PAT_DATABASE_TLS", "required"),
        ("ATS_PAT_START_PATIENCE_SECONDS", "90"),
        ("ATS_PAT_LISTEN", "[::]:80"),
        ("ATS_PAT_PUBLIC_URL", "https://pat.example.com"),
        ("ATS_PAT_AUDIENCE", "orders, stock"),
        ("ATS_PAT_DEFAULT_AUDIENCE", "stock, orders, stock"),
        ("ATS_PAT_EXPAND_ALL_SCOPE", "true"),
        ("ATS_PAT_MASTER_KEY_FILE", "/run/secrets/master.key"),
        ("ATS_PAT_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::1"),
        ("ATS_PAT_CONNECTIONS", "100"),
        ("ATS_PAT_CONNECTIONS_PER_ADDRESS", "50"),
        ("ATS_PAT_TOKEN_LIFETIME_MINUTES", "1"),
        ("ATS_PAT_SESSION_IDLE_MINUTES", "2"),
        ("ATS_PAT_SESSION_ABSOLUTE_HOURS", "3"),
        ("ATS_PAT_POLICY_SOURCE", "database"),
        ("ATS_PAT_POLICY_MAX_LIFETIME_DAYS", "90"),
        ("ATS_PAT_POLICY_DEFAULT_LIFETIME_DAYS", "7"),
        ("ATS_PAT_POLICY_MAX_ACTIVE_TOKENS", "5"),
        ("ATS_PAT_POLICY_MAX_OVERLAP_HOURS", "48"),
        ("ATS_PAT_POLICY_SELF_REGENERATE_ALLOWED", "false"),
        (
            "ATS_PAT_POLICY_SCOPES",
            "orders:read=Read orders, orders:write = Change = write orders",
        ),
        ("ATS_PAT_POLICY_MAY_CREATE", "nobody"),
        ("ATS_PAT_POLICY_ALL_SCOPE_ALLOWED", "false"),
        ("ATS_PAT_POLICY_REQUIRED_NETWORKS", "10.0.0.0/8, 192.0.2.7"),
        ("ATS_PAT_POLICY_REVOKE_UNUSED_AFTER_DAYS", "90"),
        ("ATS_PAT_POLICY_RECENT_SIGN_IN_MINUTES", "15"),
        ("ATS_PAT_SIGN_IN_FAILURES_PER_QUARTER_HOUR", "4"),
        ("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0"),
        ("ATS_PAT_CACHE_ENTRIES", "0"),
        ("ATS_PAT_PRODUCT_NAME", " Contoso Tokens "),
        ("ATS_PAT_ACCENT_COLOR", "#7a1fa2"),
        ("ATS_PAT_LOG", "warn,ats_pat_service=debug"),
        ("ATS_PAT_LOG_FORMAT", "json"),
    ];
    let variables: Vec<_> = TABLE.iter().filter_map(Row::variable).collect();
    assert_eq!(given.map(|(name, _)| name.to_owned()), *variables);
    let given = Given {
        variables: given.to_vec(),
        ..Given::default()
    };
    insta::assert_debug_snapshot!(given.settings());
}

#[test]
fn the_last_source_wins() {
    let file = "listen = '127.0.0.1:1'\npublic-url = 'http://file'\ndata-dir = 'file'\nlog-format = 'json'";
    let settings = Given {
        file: Some(file),
        ..Given::default()
    }
    .and_variable("ATS_PAT_LISTEN", "127.0.0.1:2")
    .and_variable("ATS_PAT_PUBLIC_URL", "http://variable")
    .and_flag("--listen", "127.0.0.1:3")
    .settings();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.public_url.as_deref(), Some("http://variable"));
    assert_eq!(settings.data_dir, Path::new("file"));
    assert_eq!(settings.log_format, LogFormat::Json);
}

#[test]
fn an_empty_variable_is_as_an_unset_one_and_those_of_tests_and_others_are_left_alone() {
    let settings = Given::file("listen = '127.0.0.1:1'")
        .and_variable("ATS_PAT_LISTEN", "")
        .and_variable("ATS_PAT_DATABASE_URL", "")
        .and_variable("ATS_PAT_DATABASE_URL_FILE", "")
        .and_variable("ATS_PAT_TEST_POSTGRES", "x")
        .and_variable("ATS_OTHER", "x")
        .settings();
    assert_eq!(settings.listen.port(), 1);
    assert!(settings.database_url.is_none());
}

#[test]
fn service_links_of_kubernetes_are_no_settings_and_misspelt_settings_are_still_found() {
    let links = [
        ("ATS_PAT_PORT", "tcp://10.96.0.7:80"),
        ("ATS_PAT_PORT", "tcp://[fd00::7]:80"),
        ("ATS_PAT_SERVICE_HOST", "10.96.0.7"),
        ("ATS_PAT_SERVICE_HOST", "fd00::7"),
        ("ATS_PAT_SERVICE_PORT", "80"),
        ("ATS_PAT_SERVICE_PORT_HTTP", "80"),
        ("ATS_PAT_SERVICE_PORT_HTTP_ADMIN", "81"),
        ("ATS_PAT_PORT_80_TCP", "tcp://10.96.0.7:80"),
        ("ATS_PAT_PORT_80_TCP_PROTO", "tcp"),
        ("ATS_PAT_PORT_80_TCP_PORT", "80"),
        ("ATS_PAT_PORT_80_TCP_ADDR", "10.96.0.7"),
        ("ATS_PAT_PORT_53_UDP", "udp://10.96.0.7:53"),
        ("ATS_PAT_PORT_53_UDP_PROTO", "udp"),
        // Of other services whose names begin so.
        ("ATS_PAT_DB_SERVICE_HOST", "10.96.0.8"),
        ("ATS_PAT_DB_PORT", "tcp://10.96.0.8:5432"),
        ("ATS_PAT_DB_PORT_5432_TCP_ADDR", "10.96.0.8"),
    ];
    for (name, value) in links {
        let settings = Given::variable(name, value)
            .and_variable("ATS_PAT_LISTEN", "127.0.0.1:7")
            .settings();
        assert_eq!(settings.listen.port(), 7, "{name}");
    }
    for (name, value) in [
        ("ATS_PAT_PORT", "8080"),
        ("ATS_PAT_PORT", "127.0.0.1:8080"),
        ("ATS_PAT_LISTEN_PORT", "8080"),
        ("ATS_PAT_SERVICE_HOST", "pat.example.com"),
        ("ATS_PAT_SERVICE", "10.96.0.7"),
        ("ATS_PAT_SERVICE_PORT", "http"),
        ("ATS_PAT_PORT_80", "80"),
        ("ATS_PAT_PORT_80_TCP_NAME", "tcp"),
        ("ATS_PAT_PORT_HTTP_TCP", "tcp://10.96.0.7:80"),
        ("ATS_PAT_PORTS_80_TCP", "tcp://10.96.0.7:80"),
    ] {
        let refused = Given::variable(name, value).load();
        assert!(
            matches!(refused, Err(SettingsError::UnknownVariable { .. })),
            "{name}={value}"
        );
    }
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own_but_for_its_line_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    for (content, url) in [
        ("postgres://a:b@h/d\n", "postgres://a:b@h/d"),
        ("postgres://a:b@h/d\r\n", "postgres://a:b@h/d"),
        ("postgres://a:b@h/d ", "postgres://a:b@h/d "),
    ] {
        std::fs::write(&file, content).unwrap();
        let settings =
            Given::variable("ATS_PAT_DATABASE_URL_FILE", file.to_str().unwrap()).settings();
        assert_eq!(settings.database_url().expose_secret(), url);
    }
}

#[test]
fn a_public_url_is_written_as_browsers_write_an_origin() {
    for (written, origin) in [
        ("https://pat.example.com/", "https://pat.example.com"),
        ("HTTPS://PAT.Example.COM:443", "https://pat.example.com"),
        ("http://10.0.0.1:80", "http://10.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        let settings = Given::flag("--public-url", written).settings();
        assert_eq!(settings.public_url.as_deref(), Some(origin), "{written}");
    }
}

#[test]
fn the_audience_is_the_issuer_unless_set() {
    let service = Given::default()
        .settings()
        .for_service("https://pat.example.com");
    assert_eq!(service.audience, ["https://pat.example.com"]);
    let service = Given::variable("ATS_PAT_AUDIENCE", "a,b,a")
        .settings()
        .for_service("https://pat.example.com");
    assert_eq!(service.audience, ["a", "b"]);
    assert_eq!(service.default_audience, None);
    assert_eq!(service.token_lifetime, Duration::from_mins(5));
}

#[test]
fn a_default_audience_is_a_part_of_the_audience_with_its_first() {
    let issuer = "https://pat.example.com";
    let default = |audience, default| {
        let given = Given::variable("ATS_PAT_AUDIENCE", audience);
        let given = given.and_variable("ATS_PAT_DEFAULT_AUDIENCE", default);
        let settings = given.load().ok()?;
        settings.for_service(issuer).default_audience
    };
    for (audience, named) in [("a,b,c", "a"), ("a,b,c", "c,a"), ("a", "a")] {
        let kept = named.split(',').map(ToOwned::to_owned).collect();
        assert_eq!(default(audience, named), Some(kept), "{named}");
    }
    for named in ["b", "d", "a,d", "A"] {
        assert_eq!(default("a,b,c", named), None, "{named}");
    }
    // Without `audience` the issuer is all there is.
    let only = Given::variable("ATS_PAT_DEFAULT_AUDIENCE", issuer).and_flag("--public-url", issuer);
    let service = only.settings().for_service(issuer);
    assert_eq!(
        (service.audience, service.default_audience),
        (vec![issuer.to_owned()], None)
    );
}

#[test]
fn a_program_that_serves_nobody_does_not_ask_for_the_public_url() {
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let environment = [variable(
        "ATS_PAT_DEFAULT_AUDIENCE",
        "https://pat.example.com",
    )];
    let settings = Settings::load(&CommonFlags::default(), None, environment);
    let service = settings.unwrap().for_service("http://127.0.0.1:8080");
    assert_eq!(service.default_audience, None);
}

#[test]
fn scopes_that_make_a_token_too_long_are_refused_where_all_is_written_out() {
    let (fewer, _) = MANY_SCOPES.rsplit_once(',').unwrap();
    for (scopes, expand, fits) in [
        (fewer, "true", true),
        (&MANY_SCOPES, "true", false),
        (&MANY_SCOPES, "false", true),
    ] {
        let given = Given::variable("ATS_PAT_POLICY_SCOPES", scopes)
            .and_variable("ATS_PAT_EXPAND_ALL_SCOPE", expand);
        assert_eq!(given.load().is_ok(), fits, "{} {expand}", scopes.len());
    }
}

#[test]
fn the_proposed_lifetime_follows_a_shorter_limit() {
    let policy = Given::file("policy.max-lifetime-days = 7")
        .settings()
        .for_service("https://pat.example.com")
        .policy
        .base;
    assert_eq!(
        (policy.max_lifetime_days, policy.default_lifetime_days),
        (7, 7)
    );
}

#[test]
fn a_folder_with_special_characters_still_names_its_database() {
    let settings = Given::flag("--data-dir", "/a b/100%?").settings();
    assert_eq!(
        settings.database_url().expose_secret(),
        "sqlite:/a b/100%25%3F/ats-pat.db"
    );
}

#[test]
fn no_password_meets_debug() {
    for given in [
        Given::variable("ATS_PAT_DATABASE_URL", "postgres://ats:s3cret@db/ats"),
        Given::file("database-url = 'postgres://ats:s3cret@db/ats'"),
    ] {
        assert!(!format!("{:?}", given.settings()).contains("s3cret"));
    }
    let flags = CommonFlags {
        database_url: Some("s3cret".into()),
        ..CommonFlags::default()
    };
    assert!(!format!("{flags:?}").contains("s3cret"));
}

#[test]
fn a_password_in_a_flag_is_refused_wherever_it_stands() {
    for url in [
        "postgres://ats:s3cret@db/ats",
        "mysql://ats:s3c/ret@db/ats",
        "postgres://ats:s3c#ret@db:port/ats",
        "postgres://ats@db/ats?password=s3cret",
        "postgres://ats@db/ats?PASSword=s3cret",
    ] {
        let error = Given::flag("--database-url", url).load().unwrap_err();
        assert!(
            matches!(error, SettingsError::PasswordInFlag),
            "{url}: {error}"
        );
    }
    for url in [
        "postgres://ats@db:5432/ats",
        "sqlite:/srv/a:b@c/ats.db",
        "mysql://db/ats",
    ] {
        assert!(Given::flag("--database-url", url).load().is_ok(), "{url}");
    }
}

#[test]
fn each_mistake_is_one_sentence_that_names_the_place_and_says_what_to_do() {
    let mistakes = [
        Given::file("listne = '127.0.0.1:1'"),
        Given::file("[policy]\nmax-lifetime-day = 1"),
        Given::file("[server]\nlisten = '127.0.0.1:1'"),
        Given::file("[empty]"),
        Given::file("policy = 1"),
        Given::file("data-dir = 'a'\ndatabase-url = 'postgres://ats:s3cret@db/ats\n"),
        Given::file("listen = '127.0.0.1:1'\nlisten = '127.0.0.1:2'"),
        Given::file("listen = 8080"),
        Given::file("listen = ''"),
        Given::file("data-dir = \"a\\u0000b\""),
        Given::file("audience = 'orders'"),
        Given::file("audience = []"),
        Given::file("audience = ['']"),
        Given::file("audience = [1]"),
        Given::file("audience = ['orders', 'the stock']"),
        Given::file("audience = ['bücher']"),
        Given::file("default-audience = ['orders']"),
        Given::file("audience = ['orders', 'stock']\ndefault-audience = ['orders', 'sales']"),
        Given::file("audience = ['orders', 'stock']\ndefault-audience = ['stock']"),
        Given::file("audience = ['orders', 'stock']\ndefault-audience = []"),
        Given::file("expand-all-scope = 'yes'"),
        Given::file("expand-all-scope = 1"),
        Given::file("token-lifetime-minutes = '5'"),
        Given::file("token-lifetime-minutes = 5.0"),
        Given::file("token-lifetime-minutes = 61"),
        Given::file("policy.default-lifetime-days = 400"),
        Given::file("policy.scopes = ['orders:read']"),
        Given::file("policy.scopes = [{ name = 'orders:read' }]"),
        Given::file("policy.scopes = [{ name = 'a', description = '', more = '' }]"),
        Given::file(
            "policy.scopes = [{ name = 'a', description = '' }, { name = 'a', description = '' }]",
        ),
        Given::file("policy.scopes = [{ name = 'all', description = '' }]"),
        Given::file("policy.scopes = [{ name = 'a b', description = '' }]"),
        Given::file("database-url = 'postgres://ats:s3cret@db:port/ats'"),
        Given::file("database-url = 'postgres:ats'"),
        Given::file("product-name = ''"),
        Given::file("product-name = \"a\\nb\""),
        Given::file("accent-color = 0x0b57b7"),
        Given::file("log = 1"),
        Given::variable("ATS_PAT_LISTNE", "127.0.0.1:1"),
        Given::variable("ATS_PAT_LISTEN_FILE", "listen"),
        Given::variable("ATS_PAT_CONFIG", "ats.toml"),
        Given::variable("ATS_PAT_DATABASE_URL", "sqlite:a")
            .and_variable("ATS_PAT_DATABASE_URL_FILE", "/dev/null"),
        Given::variable("ATS_PAT_DATABASE_URL", "oracle://ats:s3cret@db"),
        Given::variable("ATS_PAT_DATABASE_URL", "s3cret"),
        Given::variable("ATS_PAT_DATABASE_URL_FILE", "/"),
        Given::variable("ATS_PAT_DATABASE_URL_FILE", "/dev/null"),
        Given::variable("ATS_PAT_DATABASE_URL_FILE", "/nowhere/url"),
        Given::variable("ATS_PAT_TOKEN_LIFETIME_MINUTES", "0"),
        Given::variable("ATS_PAT_TOKEN_LIFETIME_MINUTES", "+5"),
        Given::variable("ATS_PAT_TOKEN_LIFETIME_MINUTES", "5m"),
        Given::variable("ATS_PAT_TOKEN_LIFETIME_MINUTES", "99999999999"),
        Given::variable("ATS_PAT_AUDIENCE", "a,,b"),
        Given::variable("ATS_PAT_EXPAND_ALL_SCOPE", "on"),
        Given::variable("ATS_PAT_EXPAND_ALL_SCOPE", "true")
            .and_variable("ATS_PAT_POLICY_SCOPES", &MANY_SCOPES),
        Given::variable("ATS_PAT_TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        Given::variable("ATS_PAT_POLICY_SCOPES", "orders:read"),
        Given::variable("ATS_PAT_POLICY_MAY_CREATE", "Everyone"),
        Given::variable("ATS_PAT_POLICY_REQUIRED_NETWORKS", "office"),
        Given::variable("ATS_PAT_PRODUCT_NAME", TOO_LONG),
        Given::variable("ATS_PAT_PRODUCT_NAME", " "),
        Given::variable("ATS_PAT_ACCENT_COLOR", "0b57b7"),
        Given::variable("ATS_PAT_ACCENT_COLOR", "#0b57b"),
        Given::variable("ATS_PAT_ACCENT_COLOR", "#0b57b7ff"),
        Given::variable("ATS_PAT_ACCENT_COLOR", "#0b57bé"),
        Given::variable("ATS_PAT_ACCENT_COLOR", "red"),
        Given::variable("ATS_PAT_DATABASE_TLS", "on"),
        Given::variable("ATS_PAT_LOG", "loud=loud"),
        Given::variable("ATS_PAT_LOG_FORMAT", "xml"),
        Given::flag("--config", "/nowhere/settings.toml"),
        Given::flag("--config", "/"),
        Given::flag("--data-dir", " "),
        Given::flag("--database-url", "postgres://ats:s3cret@db/ats"),
        Given::flag("--listen", "localhost:8080"),
        Given::flag("--listen", "127.0.0.1"),
        Given::flag("--listen", "0.0.0.0:8080"),
        Given::variable("ATS_PAT_LISTEN", "[::]:8080"),
        Given::flag("--public-url", "pat.example.com"),
        Given::flag("--public-url", "ftp://pat.example.com"),
        Given::flag("--public-url", "https://user@pat.example.com"),
        Given::flag("--public-url", "https://pat.example.com/pat"),
        Given::flag("--public-url", "https://pat.example.com?x"),
        Given::flag("--public-url", "https://"),
    ];
    insta::assert_snapshot!(sentences(&mistakes));
}

#[test]
fn each_mistake_with_a_group_names_the_group_and_says_what_to_do() {
    let mistakes = [
        Given::variable("ATS_PAT_POLICY_GROUPS", "corp/builders"),
        Given::file("policy.groups = 'corp/builders'"),
        Given::file("policy.may-creates = 'nobody'"),
        Given::file("[[policy.groups]]\nmax-lifetime-days = 7"),
        Given::file("[[policy.groups]]\ngroup = 'builders'"),
        Given::file("[[policy.groups]]\ngroup = 'a/b'\n[[policy.groups]]\ngroup = 'a/b'"),
        Given::file("[[policy.groups]]\ngroup = 'a/b'\nmax-lifetime-day = 7"),
        Given::file("[[policy.groups]]\ngroup = 'a/b'\nmax-lifetime-days = 0"),
        Given::file("[[policy.groups]]\ngroup = 'a/b'\nrequired-networks = ['office']"),
        Given::file("[[policy.groups]]\ngroup = 'a/b'\ndefault-lifetime-days = 367"),
    ];
    insta::assert_snapshot!(sentences(&mistakes));
}

fn sentences(mistakes: &[Given<'_>]) -> String {
    let mut sentences = String::new();
    for mistake in mistakes {
        let sentence = mistake.sentence();
        assert!(!sentence.contains("s3cret"), "{sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
        writeln!(sentences, "{sentence}").unwrap();
    }
    sentences
}

#[test]
fn a_name_of_the_product_is_counted_in_characters() {
    let name = "é".repeat(60);
    let settings = Given::variable("ATS_PAT_PRODUCT_NAME", &name).settings();
    assert_eq!(settings.product_name, name);
    let longer = "é".repeat(61);
    assert!(
        Given::variable("ATS_PAT_PRODUCT_NAME", &longer)
            .load()
            .is_err()
    );
}

#[test]
fn numbers_keep_to_their_bounds() {
    for row in TABLE {
        let Some((least, most)) = row.bounds else {
            continue;
        };
        let variable = row.variable().unwrap();
        for (value, fits) in [
            (i64::from(least) - 1, false),
            (least.into(), true),
            // The proposed lifetime is bound by the longest one as well.
            (most.into(), row.name != "policy.default-lifetime-days"),
            (i64::from(most) + 1, false),
        ] {
            let text = value.to_string();
            assert_eq!(
                Given::variable(&variable, &text).load().is_ok(),
                fits,
                "{variable}={value}"
            );
        }
    }
}

#[test]
fn groups_keep_to_the_same_bounds() {
    for (key, bounds) in BOUNDS {
        let name = format!("policy.{key}");
        let row = TABLE.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row.bounds, Some((*bounds.start(), *bounds.end())), "{key}");
    }
}

#[test]
fn a_group_can_set_whatever_the_policy_can() {
    let of_policy = |row: &&Row| row.name.starts_with("policy.") && !row.file_only;
    for row in TABLE.iter().filter(of_policy) {
        let key = row.name.trim_start_matches("policy.");
        let text = format!("[[policy.groups]]\ngroup = 'a/b'\n{key} = {{}}");
        let sentence = Given::file(&text).sentence();
        assert!(!sentence.contains("can't differ by group"), "{sentence}");
    }
}

#[test]
fn a_group_with_a_shorter_limit_cuts_what_is_proposed() {
    let policies = Given::file("[[policy.groups]]\ngroup = 'a/b'\nmax-lifetime-days = 7")
        .settings()
        .policies();
    let merged = policies.merged(&[0]);
    assert_eq!(
        (merged.max_lifetime_days, merged.default_lifetime_days),
        (7, 7)
    );
}
