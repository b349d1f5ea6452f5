//! Starts and stops the programs under load.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The server and the services that trust it, on free ports of the loopback address.
pub struct Programs {
    pub server: Program,
    pub services: [Service; 2],
    admin: AdminProgram,
    _folder: TempDir,
}

/// A service that verifies offline.
pub struct Service {
    pub name: &'static str,
    pub program: Program,
}

/// A running program. It is killed when this is dropped.
pub struct Program {
    pub url: String,
    _child: Child,
    // It is kept open, because a program that can't write any more may end.
    _output: Lines<BufReader<ChildStdout>>,
}

struct AdminProgram {
    path: std::path::PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Programs {
    /// Starts the programs in `folder`, with a data folder of their own.
    pub async fn start(folder: &Path, database_url: Option<&str>) -> Result<Self> {
        let data = TempDir::new()?;
        let mut environment = vec![
            ("ATS_PAT_DATA_DIR", data.path().display().to_string()),
            ("ATS_PAT_LOG", "warn".to_owned()),
            ("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0".to_owned()),
            (
                "ATS_PAT_POLICY_SCOPES",
                "orders:read=Read orders".to_owned(),
            ),
        ];
        if let Some(url) = database_url {
            environment.push(("ATS_PAT_DATABASE_URL", url.to_owned()));
        }
        let mut server = Command::new(folder.join("ats-pat-server"));
        server
            .args(["--listen", "127.0.0.1:0"])
            .envs(environment.iter().map(|(name, value)| (name, value)));
        let server = Program::start(server).await?;
        let service = async |name: &'static str| -> Result<Service> {
            let mut command = Command::new(folder.join(format!("example-{name}-service")));
            command
                .args(["--listen", "127.0.0.1:0", "--issuer", &server.url])
                .args(["--audience", &server.url]);
            Ok(Service {
                name,
                program: Program::start(command).await?,
            })
        };
        Ok(Self {
            services: [service("poem").await?, service("axum").await?],
            server,
            admin: AdminProgram {
                path: folder.join("ats-pat-admin"),
                environment,
            },
            _folder: data,
        })
    }

    /// Runs the admin program, which must succeed.
    pub async fn admin(&self, arguments: &[&str], input: &str) -> Result<()> {
        let environment = self.admin.environment.iter();
        let mut child = Command::new(&self.admin.path)
            .args(arguments)
            .envs(environment.map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the admin program can't be started")?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let status = child.wait().await?;
        if !status.success() {
            bail!("ats-pat-admin {} failed ({status})", arguments.join(" "));
        }
        Ok(())
    }
}

impl Program {
    /// Waits until it prints its address.
    async fn start(mut command: Command) -> Result<Self> {
        let name = command.as_std().get_program().display().to_string();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name} can't be started"))?;
        let output = child.stdout.take().context("no standard output")?;
        let mut output = BufReader::new(output).lines();
        while let Some(line) = output.next_line().await? {
            if let Some(url) = line.strip_prefix("listening on ") {
                return Ok(Self {
                    url: url.to_owned(),
                    _child: child,
                    _output: output,
                });
            }
        }
        bail!("{name} ended before it listened")
    }
}
