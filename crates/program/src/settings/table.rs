//! The table of settings: all that is said of each.
//!
//! A row names the field of [`Settings`], its type and the key in the file. The environment variable follows from the
//! key. The comment is the documentation. `read` is a method of `Found`, for numbers with their bounds. `default` is
//! what an operator would write, `without` says in words what is so without a value. `flag` is one of both programs,
//! `server flag` one of the server alone; name, value and help follow.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{GroupPolicy, MayCreate, ProviderName};
use ats_pat_service::{LocalPasswords, PolicySource};
use ats_pat_storage::Tls;
use clap::Args;
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::error::SettingsError;
use super::found::Found;
use super::provider::{KEYS, Provider};
use super::row::{SettingRow, Standard, settings};
use super::source::Sources;
use super::traces::TraceHeader;
use super::value::LogFormat;

settings! {
    /// The folder of the SQLite database, the master key and the anchor; made with mode 0700
    pub data_dir: PathBuf {
        key: "data-dir",
        read: path,
        default: "ats-pat-data",
        flag: "--data-dir" "DIR" "The folder of database, keys and anchor [default: ./ats-pat-data]",
    }

    /// `sqlite:PATH`, `postgres://USER@HOST/NAME` or `mysql://USER@HOST/NAME`; a password in it is refused as a flag
    pub(crate) database_url: Option<SecretString> {
        key: "database-url",
        read: database_url,
        without: "SQLite in the data folder",
        secret: true,
        flag: "--database-url" "URL" "sqlite:, postgres: or mysql:, without a password [default: SQLite in the data folder]",
    }

    /// `required`: only a database server whose certificate is verified gets the password, over loopback too; `off`:
    /// the URL decides, and without a word in it the server
    pub database_tls: Tls {
        key: "database-tls",
        read: database_tls,
        without: "`required`, except over loopback and sockets",
    }

    /// For how long a server that starts tries to reach its database; the admin program tries once
    pub start_patience: Duration { key: "start-patience-seconds", read: seconds in 0..=3600, default: 60 }

    /// The address and port to serve on; port 0 takes a free one
    pub listen: SocketAddr {
        key: "listen",
        read: address,
        default: "127.0.0.1:8080",
        server flag: "--listen" "ADDR" "The address and port to serve on [default: 127.0.0.1:8080]",
    }

    /// The address and port of the operations listener, which serves `/metrics` and `/health/…` without a sign-in: an
    /// address that only operators reach
    pub operations_listen: Option<SocketAddr> { key: "operations-listen", read: address, without: "off" }

    /// For how many seconds a server that SIGTERM asks to end goes on serving while `/health/ready` answers 503, so that
    /// balancers send it nothing more; 0 ends it without this wait
    pub drain: Duration { key: "drain-seconds", read: seconds in 0..=3600, default: 5 }

    /// The origin that callers see, without a path: the issuer of authentication tokens; a wildcard address requires
    /// it
    pub public_url: Option<String> {
        key: "public-url",
        read: origin,
        without: "`http://` and the address",
        server flag: "--public-url" "URL" "The origin that callers see [default: http:// and the address]",
    }

    /// Whom authentication tokens can be for: the claim `aud`; a list of texts of printable ASCII without spaces
    pub audience: Vec<String> { key: "audience", read: audience, without: "the issuer" }

    /// Whom an authentication token is for if its exchange names nobody: some of `audience`, with its first; a list
    pub(super) default_audience: Option<Vec<String>> {
        key: "default-audience",
        read: audience,
        without: "all of `audience`",
    }

    /// `true`: the claim `scope` of a token with `all` also names every scope of `policy.scopes`, after `all`
    pub(super) expand_all_scope: bool { key: "expand-all-scope", read: yes_or_no, default: false }

    /// The file of the master key, made on the first start; two keys in it: the first seals, both open
    pub(super) master_key_file: Option<PathBuf> {
        key: "master-key-file",
        read: path,
        without: "`master.key` in the data folder",
    }

    /// A program and its arguments, which write the master key to standard output instead of a file: a list. It runs at
    /// each start, without a shell, for 30 seconds at most
    pub(crate) master_key_command: Vec<String> {
        key: "master-key-command",
        read: list,
        without: "`master-key-file`",
    }

    /// After how many days a server makes a new signing key; 0 leaves that to `ats-pat-admin key rotate`
    pub(super) signing_key_rotate_days: u32 {
        key: "signing-key-rotate-days",
        read: number in 0..=3650,
        default: 0,
    }

    /// How many days after its expiry the entry of a token is removed, with its history: at least 3; 0 keeps it for ever
    pub(super) ended_tokens_days: u32 {
        key: "ended-tokens-days",
        read: number in 0..=36500,
        default: 0,
    }

    /// Networks (CIDR) whose forwarding headers are believed; a list
    pub trusted_proxies: Vec<IpNet> { key: "trusted-proxies", read: networks, without: "none" }

    /// How many connections are open at once; where a further one comes, the one that was idle for longest is closed
    pub connections: u32 { key: "connections", read: number in 16..=1_000_000, default: 4096 }

    /// How many of them one address, or one /64 of IPv6, may hold; by default a quarter of `connections`. This machine
    /// and `trusted-proxies` are excepted
    pub connections_per_address: Option<u32> {
        key: "connections-per-address",
        read: number in 1..=1_000_000,
        without: "1024",
    }

    /// How long an authentication token lives, in minutes
    pub(super) token_lifetime_minutes: u32 { key: "token-lifetime-minutes", read: number in 1..=60, default: 5 }

    /// After how long without a request a session ends
    pub session_idle: Duration { key: "session-idle-minutes", read: minutes in 1..=1440, default: 30 }

    /// After how long a session ends in any case
    pub session_absolute: Duration { key: "session-absolute-hours", read: hours in 1..=720, default: 12 }

    /// `file`: the policy is the one of these settings. `database`: once `ats-pat-admin policy apply`, the administrators'
    /// page or the interface put one into the database, that one counts for every server, without a restart
    pub(super) policy_source: PolicySource { key: "policy-source", read: policy_source, default: "file" }

    /// The longest lifetime of a personal access token
    pub(super) max_lifetime_days: u32 { key: "policy.max-lifetime-days", read: number in 1..=36_500, default: 366 }

    /// The lifetime that forms propose; at most the longest, to which its default is cut
    pub(super) default_lifetime_days: u32 {
        key: "policy.default-lifetime-days",
        read: number in 1..=36_500,
        default: 30,
    }

    /// How many active tokens one owner may have
    pub(super) max_active_tokens: u32 { key: "policy.max-active-tokens", read: number in 1..=100_000, default: 100 }

    /// The longest time that a replaced secret may go on working after `regenerate`, in hours; 0 forbids it
    pub(super) max_overlap_hours: u32 { key: "policy.max-overlap-hours", read: number in 0..=8760, default: 168 }

    /// Whether tokens may be made that get new secrets by themselves; `false` also stops those that were made
    pub(super) self_regenerate_allowed: bool {
        key: "policy.self-regenerate-allowed",
        read: boolean,
        default: true,
    }

    /// The scopes on offer besides `all`: a list of `{ name, description }`; in the environment
    /// `name=description,name=description`
    pub(super) scopes: Vec<Scope> { key: "policy.scopes", read: scopes, without: "none but `all`" }

    /// `everyone` or `nobody`: who may make tokens. Tokens that there are go on
    pub(super) may_create: MayCreate { key: "policy.may-create", read: may_create, default: "everyone" }

    /// Whether tokens may have the scope `all`; `false` also stops those that were made
    pub(super) all_scope_allowed: bool { key: "policy.all-scope-allowed", read: boolean, default: true }

    /// Networks (CIDR) that tokens may be used from, besides their own; a list. It also counts for tokens that were made
    pub(super) required_networks: Vec<AllowedNetworks> {
        key: "policy.required-networks",
        read: required_networks,
        without: "anywhere",
    }

    /// After how many days without a use a token is revoked; 0 is never
    pub(super) revoke_unused_after_days: u32 {
        key: "policy.revoke-unused-after-days",
        read: number in 0..=36_500,
        default: 0,
    }

    /// How many minutes ago a user may have given the password at most when a token gets a secret; older sign-ins are
    /// asked for it once more. 0 never asks
    pub(super) recent_sign_in_minutes: u32 {
        key: "policy.recent-sign-in-minutes",
        read: number in 0..=43_200,
        default: 0,
    }

    /// How long an authentication token lives, in minutes: the name that `token-lifetime-minutes` has in a policy
    pub(super) authentication_token_minutes: Option<u32> {
        key: "policy.authentication-token-minutes",
        read: number in 1..=60,
        without: "`token-lifetime-minutes`",
    }

    /// What is different for the members of groups: tables `[[policy.groups]]`, each with `group` and any of the keys of
    /// `[policy]` above but `authentication-token-minutes`
    pub(super) policy_groups: Vec<GroupPolicy> {
        key: "policy.groups",
        read: policy_groups,
        without: "none",
        file only: true,
    }

    /// `on`, `administrators` or `off`: who may sign in with a password of this service. Other than `on` needs an
    /// identity provider
    pub local_passwords: LocalPasswords { key: "local-passwords", read: local_passwords, default: "on" }

    /// The identity provider (NAME of `[oidc.NAME]`) whose directory keeps users and groups over SCIM, at `/scim/v2`
    pub(super) scim_provider: Option<ProviderName> { key: "scim.provider", read: provider_name, without: "no SCIM" }

    /// The claim of that provider with the `externalId` that the directory gives a user: `oid` for Entra ID. Dots lead
    /// into a claim
    pub(super) scim_identity_claim: String { key: "scim.identity-claim", read: claim, default: "sub" }

    /// How many sign-ins of one account from one address may fail in a quarter of an hour
    pub sign_in_failures_per_quarter_hour: u32 {
        key: "sign-in-failures-per-quarter-hour",
        read: number in 1..=10_000,
        default: 10,
    }

    /// How many tokens one user may create, regenerate or edit in a minute; 0 sets no limit. Revoking, signing out and
    /// disabling are never limited
    pub changes_per_user_per_minute: u32 {
        key: "changes-per-user-per-minute",
        read: number in 0..=100_000,
        default: 120,
    }

    /// How many exchanges by one personal access token may succeed in a minute; 0 sets no limit
    pub exchanges_per_token_per_minute: u32 {
        key: "exchanges-per-token-per-minute",
        read: number in 0..=10_000_000,
        default: 0,
    }

    /// How many exchanges by all tokens of one owner may succeed in a minute; 0 sets no limit
    pub exchanges_per_owner_per_minute: u32 {
        key: "exchanges-per-owner-per-minute",
        read: number in 0..=10_000_000,
        default: 0,
    }

    /// For how many personal access tokens a server remembers what exchanges need, three quarters of a KiB each; 0
    /// asks the database in every exchange
    pub cache_entries: u32 { key: "cache-entries", read: number in 0..=10_000_000, default: 100_000 }

    /// What the pages call the product (1 to 60 characters)
    pub product_name: String { key: "product-name", read: product_name, default: "ATS Personal Access Tokens" }

    /// The color of the pages' buttons and links: `#rrggbb`
    pub accent_color: [u8; 3] { key: "accent-color", read: color, default: "#0b57b7" }

    /// A filter of tracing's: a level, or levels by target such as `warn,ats_pat_service=debug`
    pub log: Option<String> { key: "log", read: log_filter, without: "`info`, the admin program `off`" }

    /// `text` or `json`; the log goes to standard error
    pub log_format: LogFormat { key: "log-format", read: log_format, default: "text" }

    /// The address of an OpenTelemetry collector that takes traces of requests (OTLP over HTTP, with Protobuf). Without
    /// a path it gets `/v1/traces`
    pub traces_endpoint: Option<Url> { key: "traces-endpoint", read: traces_endpoint, without: "no traces" }

    /// Which part of the requests is traced, from 0 to 1, besides those that callers behind `trusted-proxies` trace
    pub traces_ratio: f64 { key: "traces-ratio", read: ratio, default: "0.01" }

    /// Headers that the collector asks for, such as `Authorization: Bearer SECRET`: a list; over https only, except for
    /// a collector on this machine
    pub traces_headers: Vec<TraceHeader> { key: "traces-headers", read: trace_headers, without: "none", secret: true }

    /// A file with the certificates (PEM) of the authorities that may speak for the collector, instead of the system's
    pub traces_ca_file: Option<PathBuf> { key: "traces-ca-file", read: path, without: "those of the system" }
}

/// The table of all settings for the documentation, in Markdown, between two marks.
pub fn settings_reference() -> String {
    let rows: Vec<_> = TABLE.iter().map(ToString::to_string).collect();
    let rows = rows.join("\n");
    let keys: Vec<_> = KEYS.iter().map(ToString::to_string).collect();
    let keys = keys.join("\n");
    format!(
        "<!-- settings: written by `cargo xtask settings` -->\n
| key | environment | flag | default | meaning |\n|---|---|---|---|---|\n{rows}\n
An identity provider that users can sign in at is a table `[oidc.NAME]`, where NAME is 1 to 32 small letters and digits;
in the environment NAME is in capitals. Any number of providers is possible.\n
| key | environment | default | meaning |\n|---|---|---|---|\n{keys}\n
<!-- end of settings -->\n"
    )
}
