//! The same tour by each client: sign in, create, an error with its code, list, exchange, identity,
//! revoke.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::program::{client, folder_in, node_module, python, run, source};
use crate::support::{PASSWORD, Server, admin_json};

/// The output of every tour.
const SAID: &str = "\
signed in as ada
created tour: Active, last used never
refused: 1301 tour
listed tour of 1
speaks for ada with all
revoked: Revoked
refused: 1203
";

/// Runs a tour against a server of its own.
fn assert_tours(tour: &mut Command) {
    let folder = TempDir::new().expect("a folder");
    let server = Server::start(folder.path());
    let add = ["user", "add", "ada", "--password-stdin"];
    admin_json(folder.path(), &add, &format!("{PASSWORD}\n"));
    assert_eq!(run(tour.args([&server.url, PASSWORD])), SAID);
}

/// Checks the types of a tour with its client strictly, and runs the result.
fn assert_tours_in_typescript(name: &str) {
    let client = client(name);
    let folder = folder_in(&client);
    let tour = folder.path().join("tour.ts");
    std::fs::copy(source(&format!("typescript/{name}.ts")), &tour).expect("the tour");
    let settings = r#"{
        "extends": "../tsconfig.json",
        "compilerOptions": {"rootDir": "..", "outDir": "built"},
        "files": ["tour.ts"],
        "exclude": []
    }"#;
    std::fs::write(folder.path().join("tsconfig.json"), settings).expect("its settings");
    run(node_module("tsc").arg("--project").arg(folder.path()));
    let place = folder.path().strip_prefix(&client).expect("a part of it");
    let built = folder.path().join("built").join(place).join("tour.js");
    assert_tours(Command::new("node").arg(built));
}

fn assert_tours_in_python(name: &str, tour: &str) {
    let tour = source(&format!("python/{tour}.py"));
    assert_tours(python().env("PYTHONPATH", client(name)).arg(tour));
}

#[test]
fn openapi_fetch_with_the_types_of_openapi_typescript() {
    assert_tours_in_typescript("openapi-fetch");
}

#[test]
fn hey_api_openapi_ts() {
    assert_tours_in_typescript("hey-api");
}

#[test]
fn openapi_generator_for_python() {
    assert_tours_in_python("openapi-generator-python", "openapi_generator");
}

#[test]
fn openapi_python_client() {
    assert_tours_in_python("openapi-python-client", "openapi_python_client");
}

#[test]
fn progenitor() {
    let built = client("progenitor").with_file_name("progenitor-built");
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo's environment for this test's package must not reach the tour.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            cargo.env_remove(name);
        }
    }
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(source("rust/Cargo.toml"))
        .arg("--target-dir")
        .arg(&built);
    run(&mut cargo);
    assert_tours(&mut Command::new(Path::new(&built).join("debug/tour")));
}
