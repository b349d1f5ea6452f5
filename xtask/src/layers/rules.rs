//! The rules themselves: read as the picture of the workspace.

/// Which of our crates a crate may use. What stands in no row may use none, and a crate that is not named here is
/// refused, so that a new room gets its place before it gets its code.
pub const ARROWS: &[(&str, &[&str])] = &[
    ("ats-pat-text", &[]),
    ("ats-pat-domain", &["ats-pat-text"]),
    ("ats-pat-files", &[]),
    ("ats-pat-token", &[]),
    (
        "ats-pat-auth",
        &["ats-pat-token", "ats-pat-domain", "ats-pat-files"],
    ),
    ("ats-pat-storage", &["ats-pat-domain", "ats-pat-files"]),
    (
        "ats-pat-service",
        &[
            "ats-pat-auth",
            "ats-pat-token",
            "ats-pat-domain",
            "ats-pat-files",
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
        ],
    ),
    // The API and the pages know nothing of each other.
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
    ("ats-pat-program", BELOW_PROGRAM),
    ("ats-pat-server", BELOW_BINARIES),
    ("ats-pat-admin", BELOW_BINARIES),
    ("ats-pat-test-macros", &[]),
    ("ats-pat-test-support", BELOW_TEST_SUPPORT),
    ("ats-pat-verify", &["ats-pat-token"]),
    ("ats-pat-client", &["ats-pat-token"]),
    ("example-axum-service", &["ats-pat-verify"]),
    ("example-poem-service", &["ats-pat-verify"]),
    // It starts the programs as they are, and calls them as other programs do.
    ("bench-revocation", &["ats-pat-client"]),
    // Beside the programs it measures minting alone.
    ("bench-exchange", &["ats-pat-auth", "ats-pat-token"]),
    ("bench-database", &["ats-pat-auth", "ats-pat-token"]),
    // It breaks what lies below the programs, and knows them as their callers do.
    ("prove", &[]),
    ("xtask", &[]),
];

const BELOW_PROGRAM: &[&str] = &[
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
    "ats-pat-client",
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
    "ats-pat-domain",
];

/// Crates that may be used as dev-dependencies only, and by every one of ours.
pub const FOR_TESTS: &[&str] = &["ats-pat-test-support"];

/// Crates from outside that only these of ours may use, tests aside.
pub const KEPT_TO: &[(&[&str], &[&str])] = &[
    // Their types stay behind the ports of the domain; the tests' databases are made with the same.
    (
        &["sea-orm", "sea-orm-migration", "sqlx"],
        &["ats-pat-storage", "ats-pat-test-support", "bench-database"],
    ),
    // Texts are in one room; whoever shows them calls its methods.
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
            "ats-pat-program",
            "ats-pat-server",
            "ats-pat-verify",
            "example-poem-service",
            // What the service is measured against.
            "bench-exchange",
        ],
    ),
    (&["poem-openapi"], &["ats-pat-api"]),
];

/// Crates from outside that these of ours may not use, tests aside.
pub const KEPT_FROM: &[(&str, &[&str])] = &[
    ("ats-pat-domain", &["tokio"]),
    ("ats-pat-token", &["tokio"]),
];

/// How many files of these crates still use each other in circles. The numbers only become smaller, and a crate whose
/// number would be 0 leaves the list.
pub const FILES_IN_CIRCLES: &[(&str, usize)] = &[];
