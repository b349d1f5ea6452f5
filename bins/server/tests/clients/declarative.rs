//! `examples/declarative`, as it is there, against the real server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{python, run};
use crate::support::{Client, Server, admin, admin_json, text};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/declarative");

/// A server, and a folder with the file.
struct Scene {
    folder: TempDir,
    server: Server,
    key: String,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = Server::start(folder.path());
        admin_json(folder.path(), &["user", "add", "ada"], "");
        let rights = ["users", "tokens", "service-tokens"];
        let rights = rights.iter().flat_map(|right| ["--right", right]);
        let add = ["operator-key", "add", "declarative", "--expires", "1"];
        let add: Vec<&str> = add.into_iter().chain(rights).collect();
        let key = admin_json(folder.path(), &add, "");
        fs::copy(
            Path::new(EXAMPLE).join("accounts.yaml"),
            folder.path().join("accounts.yaml"),
        )
        .unwrap();
        Self {
            key: text(&key["Secret"]),
            folder,
            server,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the script says.
    fn says(&self, what: &str) -> String {
        let mut script = python();
        script.arg(Path::new(EXAMPLE).join("declarative.py"));
        script
            .args([what, &self.server.url])
            .arg(self.path("accounts.yaml"));
        run(script.env("OPERATOR_KEY", &self.key))
    }

    /// The number of the last event.
    fn events(&self) -> Value {
        admin_json(self.folder.path(), &["audit", "list", "--limit", "1"], "")[0]["Seq"].clone()
    }

    fn secret(&self, name: &str) -> String {
        fs::read_to_string(self.path(name))
            .unwrap()
            .trim_end()
            .to_owned()
    }

    fn edit(&self, from: &str, to: &str) {
        let file = fs::read_to_string(self.path("accounts.yaml")).unwrap();
        assert!(file.contains(from));
        fs::write(self.path("accounts.yaml"), file.replace(from, to)).unwrap();
    }
}

#[tokio::test]
async fn what_the_file_says_is_done_once() {
    let scene = Scene::new();
    let before = scene.events();
    let steps = "add account nightly-build\n\
        make token nightly-build/registry: there is none\n\
        make token nightly-build/reports: there is none\n\
        add account backup\n";
    assert_eq!(scene.says("plan"), format!("{steps}4 to do\n"));
    assert_eq!(scene.events(), before);
    assert_eq!(scene.says("apply"), format!("{steps}4 done\n"));
    let client = Client::new(&scene.server);
    for file in ["secrets/registry.token", "secrets/reports.token"] {
        let mode = fs::metadata(scene.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(client.exchange(&scene.secret(file)).await.0, 200);
    }
    let (after, secrets) = (scene.events(), scene.secret("secrets/registry.token"));
    for what in ["apply", "plan"] {
        assert_eq!(scene.says(what), "nothing to do\n");
    }
    assert_eq!(scene.events(), after, "the second run changes nothing");
    assert_eq!(scene.secret("secrets/registry.token"), secrets);
}

#[tokio::test]
async fn what_the_file_no_longer_says_is_changed_and_nothing_else() {
    let scene = Scene::new();
    scene.says("apply");
    let client = Client::new(&scene.server);
    let [registry, reports] = ["secrets/registry.token", "secrets/reports.token"];
    let (before, reports_before) = (scene.secret(registry), scene.secret(reports));
    scene.edit("127.0.0.0/8, ", "127.0.0.1, ");
    scene.edit(
        "      reports:\n        secret-file: secrets/reports.token\n",
        "",
    );
    let steps = "revoke token nightly-build/reports\n\
        make token nightly-build/registry: its scopes or networks are others\n";
    assert_eq!(scene.says("apply"), format!("{steps}2 done\n"));
    assert_eq!(client.exchange(&before).await.0, 401);
    assert_eq!(client.exchange(&reports_before).await.0, 401);
    assert_eq!(client.exchange(&scene.secret(registry)).await.0, 200);

    fs::remove_file(scene.path(registry)).unwrap();
    let steps = "make token nightly-build/registry: its secret is not in the file\n";
    assert_eq!(scene.says("apply"), format!("{steps}1 done\n"));
    scene.edit("renew-days: 14", "renew-days: 91");
    let steps = "make token nightly-build/registry: it expires soon\n";
    assert_eq!(scene.says("plan"), format!("{steps}1 to do\n"));
    scene.edit("renew-days: 91", "renew-days: 14");
    let disable = ["user", "disable", "nightly-build"];
    assert!(admin(scene.folder.path(), &disable, "").status.success());
    fs::remove_file(scene.path(registry)).unwrap();
    assert_eq!(scene.says("apply"), "nothing to do\n");
}
