//! The sources of settings, and which source wins.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::given::Given;
use crate::settings::row::SettingRow;
use crate::settings::table::TABLE;
use crate::settings::{LogFormat, SettingsError};

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
        operations-listen = "127.0.0.1:9090"
        drain-seconds = 30
        public-url = "https://pat.example.com"
        audience = ["orders", "stock"]
        default-audience = ["orders"]
        expand-all-scope = true
        master-key-command = ["/usr/bin/unseal", "ats pat"]
        signing-key-rotate-days = 90
        ended-tokens-days = 400
        trusted-proxies = ["10.0.0.0/8", "2001:db8::1"]
        connections = 100
        connections-per-address = 50
        token-lifetime-minutes = 1
        session-idle-minutes = 2
        session-absolute-hours = 3
        policy-source = "database"
        local-passwords = "administrators"
        sign-in-failures-per-quarter-hour = 4
        changes-per-user-per-minute = 0
        exchanges-per-token-per-minute = 600
        exchanges-per-owner-per-minute = 6000
        cache-entries = 0
        product-name = "Contoso Tokens"
        accent-color = '#7A1fa2'
        log = "warn,ats_pat_service=debug"
        log-format = "json"
        traces-endpoint = "https://otel.example.com"
        traces-ratio = 1
        traces-headers = ["Authorization: Bearer s3cret", "x-team: a"]
        traces-ca-file = "/etc/ssl/otel.pem"

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
        authentication-token-minutes = 1

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

        [scim]
        provider = "partner2"
        identity-claim = "oid"

        [oidc.corp]
        issuer = "https://id.example.com"
        client-id = "ats-pat"
        client-secret = "s3cret"
        label = "Contoso"
        scopes = "openid profile email groups"
        signing-algorithms = ["ES256"]
        user-name-claim = "upn"
        display-name-claim = "displayName"
        email-claim = "mail"
        groups-claim = "realm_access.roles"
        allowed-groups = ["staff"]
        administrator-groups = ["ats admins"]
        subject-is-id = true
        sign-in-every-days = 30

        [oidc.partner2]
        issuer = "http://127.0.0.1:9000/realms/a"
        client-id = "ats-pat"
    "#;
    // It can't be there beside `master-key-command`.
    let other = "master-key-file";
    for row in TABLE
        .iter()
        .filter(|row| !row.file_only && row.name != other)
    {
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
        ("ATS_PAT_OPERATIONS_LISTEN", "127.0.0.1:9090"),
        ("ATS_PAT_DRAIN_SECONDS", "0"),
        ("ATS_PAT_PUBLIC_URL", "https://pat.example.com"),
        ("ATS_PAT_AUDIENCE", "orders, stock"),
        ("ATS_PAT_DEFAULT_AUDIENCE", "stock, orders, stock"),
        ("ATS_PAT_EXPAND_ALL_SCOPE", "true"),
        ("ATS_PAT_MASTER_KEY_FILE", "/run/secrets/master.key"),
        // It can't be there beside the file.
        ("ATS_PAT_MASTER_KEY_COMMAND", ""),
        ("ATS_PAT_SIGNING_KEY_ROTATE_DAYS", "90"),
        ("ATS_PAT_ENDED_TOKENS_DAYS", "400"),
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
        ("ATS_PAT_POLICY_AUTHENTICATION_TOKEN_MINUTES", "1"),
        ("ATS_PAT_LOCAL_PASSWORDS", "on"),
        ("ATS_PAT_SCIM_PROVIDER", "corp"),
        ("ATS_PAT_SCIM_IDENTITY_CLAIM", "oid"),
        ("ATS_PAT_SIGN_IN_FAILURES_PER_QUARTER_HOUR", "4"),
        ("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0"),
        ("ATS_PAT_EXCHANGES_PER_TOKEN_PER_MINUTE", "600"),
        ("ATS_PAT_EXCHANGES_PER_OWNER_PER_MINUTE", "6000"),
        ("ATS_PAT_CACHE_ENTRIES", "0"),
        ("ATS_PAT_PRODUCT_NAME", " Contoso Tokens "),
        ("ATS_PAT_ACCENT_COLOR", "#7a1fa2"),
        ("ATS_PAT_LOG", "warn,ats_pat_service=debug"),
        ("ATS_PAT_LOG_FORMAT", "json"),
        ("ATS_PAT_TRACES_ENDPOINT", "http://[::1]:4318/otlp?x=1"),
        ("ATS_PAT_TRACES_RATIO", "0.25"),
        ("ATS_PAT_TRACES_HEADERS", "Authorization: Bearer s3cret"),
        ("ATS_PAT_TRACES_CA_FILE", "/etc/ssl/otel.pem"),
    ];
    let variables: Vec<_> = TABLE.iter().filter_map(SettingRow::variable).collect();
    assert_eq!(given.map(|(name, _)| name.to_owned()), *variables);
    let given = Given {
        variables: given.to_vec(),
        ..Given::default()
    }
    .and_variable("ATS_PAT_OIDC_CORP_ISSUER", "https://id.example.com")
    .and_variable("ATS_PAT_OIDC_CORP_CLIENT_ID", "ats");
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
        // Links of other services whose names begin in the same way.
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
