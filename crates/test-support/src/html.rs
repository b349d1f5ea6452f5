//! Pages as the Nu Html Checker and html-validate see them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The rules of html-validate. Scopes share a name, as a group of boxes does. No browser should
/// keep the tokens that a person types into `/docs`.
const RULES: &str = include_str!("html/rules.json");

/// What is wrong with these pages, each a name and its HTML as the server sent it: a line for each
/// fault.
pub fn faults(pages: &[(String, String)]) -> Vec<String> {
    let folder = TempDir::with_prefix("ats-pat-html-").expect("a temporary folder");
    std::fs::write(folder.path().join(".htmlvalidate.json"), RULES).expect("a file");
    let pages_in = folder.path().join("pages");
    std::fs::create_dir(&pages_in).expect("a folder");
    for (name, html) in pages {
        let file = pages_in.join(format!("{name}.html"));
        std::fs::write(file, html).expect("a file");
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/html/node_modules");
    let mut nu = Command::new("java");
    nu.arg("-jar").arg(tools.join("vnu-jar/build/dist/vnu.jar"));
    nu.args(["--stdout", "--exit-zero-always", "--format", "gnu"]);
    nu.arg(&pages_in);
    let mut validate = Command::new(tools.join(".bin/html-validate"));
    validate.args(["--formatter", "text"]).arg(&pages_in);
    let mut faults = lines(&mut nu, &pages_in);
    faults.extend(lines(&mut validate, &pages_in));
    faults
}

fn lines(program: &mut Command, folder: &Path) -> Vec<String> {
    let output = program.stdin(Stdio::null()).output();
    let Output { stdout, stderr, .. } = output.expect("`cargo xtask test` installs it");
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines = said.lines().filter(|line| !line.trim().is_empty());
    let place = PathBuf::from(folder).display().to_string();
    lines.map(|line| line.replace(&place, "")).collect()
}
