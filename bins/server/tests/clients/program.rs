//! Programs in other languages, with the tools and clients of `cargo xtask clients`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The path of a source of these tests.
pub fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(path)
}

/// The folder of a client.
pub fn client(name: &str) -> PathBuf {
    there(root().join("target/clients").join(name))
}

/// A folder for builds inside a client's folder. It is removed when it is dropped.
pub fn folder_in(client: &Path) -> TempDir {
    let folder = tempfile::Builder::new().prefix("tour-").tempdir_in(client);
    folder.expect("a folder")
}

/// A program from npm.
pub fn node_module(name: &str) -> Command {
    let tools = root().join("target/tools/clients/node/node_modules/.bin");
    Command::new(there(tools.join(name)))
}

/// Python with the libraries that clients need.
pub fn python() -> Command {
    Command::new(there(root().join("target/tools/clients/python/bin/python")))
}

/// Runs a program that must succeed. Returns its output.
pub fn run(command: &mut Command) -> String {
    run_with(command, "")
}

/// The same, with `input` on its standard input.
pub fn run_with(command: &mut Command, input: &str) -> String {
    let mut child = command
        // The server is on this machine, so a developer's proxy must not be used.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("its input");
    // A program may end without reading its input. Its exit code counts.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stdout).expect("text");
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{said}\n{complained}",
        output.status
    );
    said
}

fn there(path: PathBuf) -> PathBuf {
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask clients`",
        path.display()
    );
    path
}
