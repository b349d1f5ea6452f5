//! Full disks and missing folders: acknowledged changes are real, and readiness says what is wrong.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_by, admin_program, program, text};

/// The script of the process that keeps the disk mounted. It ends with its standard input.
const HOLD: &str = r#"mount -t tmpfs -o size=12m,mode=700 none "$1" && echo mounted && exec cat"#;

/// A folder whose `data` is a disk of 12 MB. Only programs that it starts see the disk.
struct SmallDisk {
    folder: TempDir,
    holder: Child,
}

impl SmallDisk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount"])
            .args(["sh", "-c", HOLD, "sh"])
            .arg(&data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare, of util-linux");
        let mut said = String::new();
        let mut output = BufReader::new(holder.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        assert_eq!(said, "mounted\n", "the system lets nobody mount a disk");
        Self { folder, holder }
    }

    /// A command that runs a program which sees the disk.
    fn run(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--user", "--preserve-credentials", "--mount", "--target"])
            .arg(self.holder.id().to_string())
            .arg("--")
            .arg(program);
        command
    }

    fn serve(&self) -> Server {
        Server::start_by(self.run(program()), self.folder.path(), &[])
    }

    /// The path of the disk for this process.
    fn path(&self, name: &str) -> PathBuf {
        let data = self.folder.path().join("data");
        let seen_from_root = data.strip_prefix("/").unwrap();
        let root = format!("/proc/{}/root", self.holder.id());
        Path::new(&root).join(seen_from_root).join(name)
    }

    /// Writes until the disk is full.
    fn fill(&self) {
        let mut ballast = File::create(self.path("ballast")).unwrap();
        for size in [64 * 1024, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

async fn ready(client: &Client) -> (u16, String) {
    let (status, body) = client.get("/health/ready").await;
    (status, text(&body))
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let disk = SmallDisk::new();
    let server = disk.serve();
    let add = ["user", "add", "ada", "--password-stdin"];
    let added = admin_by(
        disk.run(admin_program()),
        disk.folder.path(),
        &add,
        &format!("{PASSWORD}\n"),
    );
    assert!(added.status.success(), "{added:?}");
    let client = Client::new(&server);
    assert_eq!(client.sign_in("ada").await.0, 200);
    let (_, before) = client.create("before", 86_400).await;
    let secret_before = text(&before["Data"]["Secret"]);

    disk.fill();
    let mut number = 0;
    while client.create(&format!("filler {number}"), 86_400).await.0 != 503 {
        number += 1;
    }
    let (status, told) = ready(&client).await;
    assert_eq!(status, 503, "{told}");
    assert!(
        told.contains("storage: failing: the database's disk is full"),
        "{told}"
    );
    disk.make_room();
    while ready(&client).await.0 != 200 {
        tokio::task::yield_now().await;
    }
    // A refusal rolls back, and later changes must be real all the same.
    assert_eq!(client.create("before", 86_400).await.0, 409);
    let (status, after) = client.create("after", 86_400).await;
    assert_eq!(status, 201);
    let secret_after = text(&after["Data"]["Secret"]);
    let id = text(&before["Data"]["Token"]["Id"]);
    let revoke = format!("/api/personalaccesstoken/{id}/revoke");
    assert_eq!(client.post(&revoke, &json!({})).await.0, 200);
    let again = Client::new(&server);
    assert_eq!(again.sign_in("ada").await.0, 200);
    assert_eq!(again.get("/api/session").await.0, 200);
    let is_so = async |client: &Client| {
        let after = client.exchange(&secret_after).await.1;
        let before = client.exchange(&secret_before).await.1;
        assert_eq!(after["ResponseCode"], 1, "{after}");
        assert_eq!(before["ResponseCode"], 1203, "{before}");
    };
    is_so(&client).await;
    server.kill();
    let server = disk.serve();
    is_so(&Client::new(&server)).await;
    let verify = ["audit", "verify"];
    let verified = admin_by(disk.run(admin_program()), disk.folder.path(), &verify, "");
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn nothing_is_acknowledged_while_the_data_folder_is_gone() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    let add = ["user", "add", "ada", "--password-stdin"];
    let admin = Command::new(admin_program());
    let added = admin_by(admin, folder.path(), &add, &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{added:?}");
    let client = Client::new(&server);
    assert_eq!(client.sign_in("ada").await.0, 200);
    assert_eq!(ready(&client).await.0, 200);

    let (data, aside) = (folder.path().join("data"), folder.path().join("aside"));
    std::fs::rename(&data, &aside).unwrap();
    assert_eq!(client.create("nowhere", 86_400).await.0, 503);
    let (status, told) = ready(&client).await;
    assert_eq!(status, 503, "{told}");
    assert!(
        told.contains("the database file is no longer at its path"),
        "{told}"
    );

    std::fs::rename(&aside, &data).unwrap();
    while ready(&client).await.0 != 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.create("here", 86_400).await.0, 201);
}
