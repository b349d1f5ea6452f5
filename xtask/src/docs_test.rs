//! Runs the commands of the documentation as a reader would, with the programs of a build.
//!
//! Each page is a shell, and its blocks are typed into it one after the other. The pages run at the
//! same time, each in namespaces of its own.

mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::process::Signals;
use crate::{apt, workspace};
use page::{Action, Part};

const PRELUDE: &str = include_str!("docs_test/prelude.sh");
/// The folder whose pages are run besides the README.
const FOLDER: &str = "docs";
/// The service in the documentation, and the one of the test.
const SERVICE: (&str, &str) = ("https://pat.example.com", "http://127.0.0.1:8080");
/// What the commands use, and Debian's packages of it.
const NEEDED: [(&str, &str); 4] = [
    ("curl", "curl"),
    ("jq", "jq"),
    ("ip", "iproute2"),
    ("script", "bsdutils"),
];
/// How long a page may take, in seconds. Most of the time goes into passwords and restarts.
const LONGEST: &str = "300";
/// The end of a block in the script. No page has such a line.
const END: &str = "END-OF-THE-BLOCK";

/// Arguments of `cargo xtask docs-test`.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with ats-pat-server and ats-pat-admin [default: target/debug, where the tests build
    /// them]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Only pages whose path contains this
    page: Option<String>,
}

/// Runs the commands of every page.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    let wanted = arguments.page.as_deref().unwrap_or_default();
    check(arguments.programs.as_deref(), wanted, &signals)
}

/// Runs the pages whose path contains `wanted`, with the programs of this folder, or those that the
/// tests built.
pub fn check(programs: Option<&Path>, wanted: &str, signals: &Signals) -> Result<()> {
    let programs = match programs {
        Some(programs) => programs.canonicalize()?,
        None => workspace::metadata()?.target_directory.join("debug").into(),
    };
    if !programs.join("ats-pat-server").is_file() {
        bail!("{} has no ats-pat-server", programs.display());
    }
    let missing: Vec<_> = NEEDED
        .into_iter()
        .filter(|(program, _)| apt::find(program).is_none())
        .map(|(_, package)| package)
        .collect();
    apt::ensure(&missing, "leave the documentation out", signals)?;
    let mut running = Vec::new();
    for name in pages()? {
        if name.contains(wanted) {
            running.extend(Running::start(&name, &programs)?);
        }
    }
    if running.is_empty() {
        bail!("no page has a block that is marked to be run");
    }
    let mut failed = Vec::new();
    for page in running {
        let name = page.name.clone();
        if !page.ended(signals)? {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("commands of {} failed", failed.join(", "))
}

/// The pages, from the root of the workspace.
fn pages() -> Result<Vec<String>> {
    let mut pages = vec!["README.md".to_owned()];
    for entry in fs::read_dir(workspace::root().join(FOLDER))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|end| end == "md") {
            pages.push(format!("{FOLDER}/{name}"));
        }
    }
    pages.sort();
    Ok(pages)
}

/// A page whose commands run.
struct Running {
    name: String,
    shell: Child,
    /// It is removed with this.
    _scene: TempDir,
}

impl Running {
    /// Starts it, if it has something to run.
    fn start(name: &str, programs: &Path) -> Result<Option<Self>> {
        let page = fs::read_to_string(workspace::root().join(name))?;
        let parts = page::parts(&page).with_context(|| name.to_owned())?;
        if parts.is_empty() {
            return Ok(None);
        }
        let scene = TempDir::new()?;
        let file = scene.path().join("commands.sh");
        fs::write(&file, script(name, &parts))?;
        let mut shell = workspace::command("unshare");
        shell.args(["--map-root-user", "--mount", "--net", "--pid", "--fork"]);
        shell.args(["--kill-child", "--mount-proc", "timeout"]);
        shell.args(["--kill-after=5", LONGEST, "bash"]).arg(&file);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ATS_PAT_") {
                shell.env_remove(name);
            }
        }
        shell.env("ATS_PAT_LOG", "warn");
        shell.env("ATS_PAT_DRAIN_SECONDS", "0");
        shell.env("PATH", search_path(programs)?);
        shell.current_dir(scene.path()).stdin(Stdio::null());
        let shell = shell.spawn().context("unshare of util-linux is needed")?;
        Ok(Some(Self {
            name: name.to_owned(),
            shell,
            _scene: scene,
        }))
    }

    /// Waits for its end. Returns whether every command succeeded.
    fn ended(mut self, signals: &Signals) -> Result<bool> {
        loop {
            if let Some(status) = self.shell.try_wait()? {
                return Ok(status.success());
            }
            signals.pause()?;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has ended. With its shell, all its processes end.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the commands need those of the system, too"
)]
fn search_path(programs: &Path) -> Result<std::ffi::OsString> {
    let others = std::env::var_os("PATH").unwrap_or_default();
    let others: Vec<PathBuf> = std::env::split_paths(&others).collect();
    let mut all = vec![programs.to_owned()];
    all.extend(others);
    // Only root's search path has ip and mount in it.
    all.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    Ok(std::env::join_paths(all)?)
}

/// The script of a page.
fn script(name: &str, parts: &[Part]) -> String {
    let mut script = vec![format!("page={name}\n{PRELUDE}")];
    // What the next block is filled with.
    let mut fills = Vec::new();
    for Part { line, action } in parts {
        let (block, by) = match action {
            Action::Fill { text, command } => {
                let text = text.replace('\'', "'\\''");
                fills.push(format!("fill '{text}' \"$({command})\"\n"));
                continue;
            }
            Action::Hidden(commands) => {
                script.push(format!("place=$page:{line}\n{commands}"));
                continue;
            }
            Action::Run(block) => (block.replace(SERVICE.0, SERVICE.1), "run"),
            Action::Serve(block) => (block.replace(SERVICE.0, SERVICE.1), "serve"),
            Action::Settings(block) => (block.clone(), "settings"),
        };
        let fills = std::mem::take(&mut fills).concat();
        script.push(format!(
            "at {line} \"$(cat <<'{END}'\n{block}{END}\n)\"\n{fills}{by}\n"
        ));
    }
    script.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_understood() {
        let mut run = 0;
        for name in pages().unwrap() {
            let page = fs::read_to_string(workspace::root().join(&name)).unwrap();
            run += page::parts(&page).unwrap().len();
        }
        assert!(run > 20, "only {run} parts of the documentation are run");
    }

    #[test]
    fn a_block_is_filled_before_it_runs_and_only_that_one() {
        let parts = page::parts(
            "<!-- docs-test: fill ID with cat id -->\n```sh run\ncurl https://pat.example.com/ID\n```\n\
             ```sh run\ntrue\n```\n",
        );
        let script = script("a.md", &parts.unwrap());
        let (_, script) = script.split_once("export serving\n").unwrap();
        assert_eq!(
            script,
            "at 2 \"$(cat <<'END-OF-THE-BLOCK'\ncurl http://127.0.0.1:8080/ID\nEND-OF-THE-BLOCK\n)\"\n\
             fill 'ID' \"$(cat id)\"\nrun\n\
             at 5 \"$(cat <<'END-OF-THE-BLOCK'\ntrue\nEND-OF-THE-BLOCK\n)\"\nrun\n"
        );
    }
}
