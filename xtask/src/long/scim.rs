//! Tries SCIM with scim2-tester, which makes its requests from the schemas that the server tells.

use std::path::PathBuf;

use anyhow::Result;

use super::server::{self, Server};
use crate::clients::python;
use crate::process::Signals;
use crate::steps::step;
use crate::workspace;

const REQUIREMENTS: &str = include_str!("scim/requirements.txt");
const TESTER: &str = include_str!("scim/tester.py");

/// Fails if a check of scim2-tester fails.
pub fn run(programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    let tools = workspace::root().join("target/tools/long-scim");
    step("scim2-tester at hand", || {
        python::packages(&tools, REQUIREMENTS, signals)
    })?;
    let folder = server::programs(programs, signals)?;
    let script = tools.join("tester.py");
    std::fs::write(&script, TESTER)?;
    step("/scim/v2 by scim2-tester", || {
        // Nobody signs in there.
        let settings = [
            ("ATS_PAT_OIDC_CORP_ISSUER", "https://id.example.com"),
            ("ATS_PAT_OIDC_CORP_CLIENT_ID", "ats"),
            ("ATS_PAT_SCIM_PROVIDER", "corp"),
        ];
        let server = Server::start(&folder, &settings)?;
        let add = [
            "operator-key",
            "add",
            "tester",
            "--expires",
            "1",
            "--right",
            "scim",
        ];
        let key = server.admin(&add)?;
        let mut tester = python::program_in(&tools, "python3");
        tester.env("OPERATOR_KEY", key.trim());
        tester.arg(&script);
        tester.arg(format!("{}/scim/v2", server.address()));
        signals.succeed(&mut tester)
    })
}
