//! Tries the administration API with requests that schemathesis makes from the document.

use std::path::PathBuf;

use anyhow::Result;

use super::server::{self, Server};
use crate::clients::install::document;
use crate::clients::python;
use crate::process::Signals;
use crate::steps::step;
use crate::workspace;

const REQUIREMENTS: &str = include_str!("interface/requirements.txt");
const CONFIGURATION: &str = include_str!("interface/schemathesis.toml");
/// Everything that an operator key may do.
const RIGHTS: [&str; 7] = [
    "users",
    "administrators",
    "tokens",
    "service-tokens",
    "audit",
    "policy",
    "keys",
];

/// Fails if an answer is not as the document says.
pub fn run(programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    let tools = workspace::root().join("target/tools/long-interface");
    step("schemathesis at hand", || {
        python::packages(&tools, REQUIREMENTS, signals)
    })?;
    let folder = server::programs(programs, signals)?;
    let configuration = tools.join("schemathesis.toml");
    std::fs::write(&configuration, CONFIGURATION)?;
    step("every administration operation by schemathesis", || {
        let settings = [
            ("ATS_PAT_POLICY_SOURCE", "database"),
            ("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0"),
        ];
        let server = Server::start(&folder, &settings)?;
        let mut add = vec!["operator-key", "add", "schemathesis", "--expires", "1"];
        add.extend(RIGHTS.iter().flat_map(|right| ["--right", right]));
        let key = server.admin(&add)?;
        let mut schemathesis = python::program_in(&tools, "st");
        // The configuration takes the key from here, so that no list of processes shows it.
        schemathesis.env("OPERATOR_KEY", key.trim());
        schemathesis.current_dir(&tools);
        schemathesis.arg("--config-file").arg(&configuration);
        schemathesis.arg("run").arg(document());
        schemathesis.args(["--url", server.address(), "--no-color"]);
        signals.succeed(&mut schemathesis)
    })
}
