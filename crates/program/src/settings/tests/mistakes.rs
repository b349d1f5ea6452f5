//! The sentence about each mistake.

use std::fmt::Write as _;

use super::given::{Given, MANY_SCOPES};

/// One character more than the product's name may have.
const TOO_LONG: &str = "The Personal Access Tokens of a Company with a Very Long Name";

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
        Given::file("master-key = 's3cret'"),
        Given::file("master-key-command = '/usr/bin/unseal'"),
        Given::file("master-key-command = ['/usr/bin/unseal']\nmaster-key-file = 'master.key'"),
        Given::variable("ATS_PAT_MASTER_KEY", "s3cret"),
        Given::variable("ATS_PAT_MASTER_KEY_FILE", "master.key")
            .and_variable("ATS_PAT_MASTER_KEY_COMMAND", "/usr/bin/unseal,x"),
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

#[test]
fn each_mistake_with_traces_says_what_to_do_and_quotes_no_header() {
    let mistakes = [
        Given::file("traces-endpoint = 'collector:4318'"),
        Given::file("traces-endpoint = 'grpc://collector:4317'"),
        Given::file("traces-endpoint = 'https://ats:s3cret@collector'"),
        Given::file("traces-ratio = '0.1'"),
        Given::file("traces-ratio = 1.5"),
        Given::file("traces-ratio = nan"),
        Given::variable("ATS_PAT_TRACES_RATIO", "1%"),
        Given::file("traces-headers = ['Authorization: s3cret']"),
        Given::file(
            "traces-endpoint = 'http://collector:4318'\ntraces-headers = ['Authorization: s3cret']",
        ),
        Given::file("traces-endpoint = 'http://[::1]'\ntraces-headers = ['Bearer s3cret']"),
        Given::file("traces-endpoint = 'http://[::1]'\ntraces-headers = ['A: s3crét']"),
    ];
    insta::assert_snapshot!(sentences(&mistakes));
}

pub(super) fn sentences(mistakes: &[Given<'_>]) -> String {
    let mut sentences = String::new();
    for mistake in mistakes {
        let sentence = mistake.sentence();
        assert!(!sentence.contains("s3cret"), "{sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
        writeln!(sentences, "{sentence}").unwrap();
    }
    sentences
}
