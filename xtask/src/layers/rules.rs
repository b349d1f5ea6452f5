//! The rules. They can be read as a picture of the workspace.

/// Which crates of the workspace a crate may use. A crate without a row is refused, so that a new
/// crate gets its place before it gets its code.
pub const ARROWS: &[(&str, &[&str])] = &[
    ("ats-pat-text", &[]),
    ("ats-pat-measure", &[]),
    ("ats-pat-domain", &["ats-pat-measure", "ats-pat-text"]),
    ("ats-pat-files", &[]),
    ("ats-pat-token", &[]),
    (
        "ats-pat-auth",
        &["ats-pat-token", "ats-pat-domain", "ats-pat-files"],
    ),
    // Who somebody is at a provider. Who that is here, the service decides.
    ("ats-pat-identity", &["ats-pat-token", "ats-pat-domain"]),
    (
        "ats-pat-storage",
        &["ats-pat-domain", "ats-pat-files", "ats-pat-measure"],
    ),
    (
        "ats-pat-service",
        &[
            "ats-pat-auth",
            "ats-pat-token",
            "ats-pat-domain",
            "ats-pat-files",
            "ats-pat-measure",
            "ats-pat-text",
        ],
    ),
    (
        "ats-pat-http",
        &[
            "ats-pat-service",
            "ats-pat-auth",
            "ats-pat-token",
            "ats-pat-domain",
            "ats-pat-measure",
        ],
    ),
    // The API, the pages and SCIM don't know each other.
    (
        "ats-pat-api",
        &[
            "ats-pat-http",
            "ats-pat-service",
            "ats-pat-auth",
            "ats-pat-token",
            "ats-pat-domain",
            "ats-pat-text",
        ],
    ),
    (
        "ats-pat-web",
        &[
            "ats-pat-http",
            "ats-pat-service",
            "ats-pat-auth",
            "ats-pat-token",
            "ats-pat-domain",
            "ats-pat-text",
        ],
    ),
    (
        "ats-pat-scim",
        &[
            "ats-pat-http",
            "ats-pat-service",
            "ats-pat-domain",
            "ats-pat-text",
        ],
    ),
    (
        "ats-pat-telemetry",
        &[
            "ats-pat-http",
            "ats-pat-service",
            "ats-pat-domain",
            "ats-pat-measure",
        ],
    ),
    // It listens to spans, and knows which requests are recorded, but none of those that write
    // spans.
    ("ats-pat-traces", &["ats-pat-http", "ats-pat-token"]),
    ("ats-pat-program", BELOW_PROGRAM),
    ("ats-pat-server", BELOW_BINARIES),
    ("ats-pat-admin", BELOW_BINARIES),
    ("ats-pat-test-macros", &[]),
    ("ats-pat-test-support", BELOW_TEST_SUPPORT),
    ("ats-pat-verify", &["ats-pat-token"]),
    ("ats-pat-client", &["ats-pat-token"]),
    ("example-axum-service", &["ats-pat-verify"]),
    ("example-poem-service", &["ats-pat-verify"]),
    // It starts the programs unchanged, and calls them as other programs do.
    ("bench-revocation", &["ats-pat-client"]),
    // In addition to measuring the programs, it measures minting alone.
    ("bench-exchange", &["ats-pat-auth", "ats-pat-token"]),
    ("bench-database", &["ats-pat-auth", "ats-pat-token"]),
    // It causes faults below the programs, and knows them only as their callers do.
    ("prove", &[]),
    ("xtask", &[]),
];

const BELOW_PROGRAM: &[&str] = &[
    "ats-pat-identity",
    "ats-pat-api",
    "ats-pat-web",
    "ats-pat-http",
    "ats-pat-service",
    "ats-pat-storage",
    "ats-pat-auth",
    "ats-pat-token",
    "ats-pat-domain",
    "ats-pat-files",
    "ats-pat-text",
];

const BELOW_BINARIES: &[&str] = &[
    "ats-pat-scim",
    "ats-pat-telemetry",
    "ats-pat-traces",
    "ats-pat-client",
    "ats-pat-identity",
    "ats-pat-program",
    "ats-pat-api",
    "ats-pat-web",
    "ats-pat-http",
    "ats-pat-service",
    "ats-pat-storage",
    "ats-pat-auth",
    "ats-pat-token",
    "ats-pat-domain",
    "ats-pat-files",
    "ats-pat-text",
];

const BELOW_TEST_SUPPORT: &[&str] = &[
    "ats-pat-test-macros",
    "ats-pat-service",
    "ats-pat-storage",
    "ats-pat-token",
    "ats-pat-domain",
];

/// Crates that may be used as dev-dependencies only. Every crate may use them.
pub const FOR_TESTS: &[&str] = &["ats-pat-test-support"];

/// Crates from outside that only these crates of the workspace may use, except for tests.
pub const KEPT_TO: &[(&[&str], &[&str])] = &[
    // Their types stay behind the ports of the domain. The tests' databases are made with the same
    // crates.
    (
        &["sea-orm", "sea-orm-migration", "sqlx"],
        &["ats-pat-storage", "ats-pat-test-support", "bench-database"],
    ),
    // Texts are in one crate. Code that shows them calls its methods.
    (
        &["fluent-bundle", "fluent-syntax", "intl-memoizer"],
        &["ats-pat-text"],
    ),
    // Its next major version is near.
    (
        &["poem"],
        &[
            "ats-pat-http",
            "ats-pat-api",
            "ats-pat-web",
            "ats-pat-scim",
            "ats-pat-telemetry",
            "ats-pat-program",
            "ats-pat-server",
            "ats-pat-verify",
            "example-poem-service",
            // The products that the service is compared with.
            "bench-exchange",
        ],
    ),
    (&["poem-openapi"], &["ats-pat-api"]),
    // Everybody else writes spans with tracing.
    (
        &[
            "opentelemetry",
            "opentelemetry-http",
            "opentelemetry-otlp",
            "opentelemetry_sdk",
            "tracing-opentelemetry",
        ],
        &["ats-pat-traces"],
    ),
    // The protocol stays behind the port of the domain.
    (&["openidconnect", "oauth2"], &["ats-pat-identity"]),
];

/// Crates from outside that these crates of the workspace may not use, except for tests.
pub const KEPT_FROM: &[(&str, &[&str])] = &[
    ("ats-pat-domain", &["tokio"]),
    ("ats-pat-token", &["tokio"]),
];

/// How many files of these crates still use each other in circles. The numbers may only become
/// smaller, and a crate whose number would be 0 leaves the list.
pub const FILES_IN_CIRCLES: &[(&str, usize)] = &[];
