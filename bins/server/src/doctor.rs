//! `doctor`: what is wrong with this installation, and what to do.

use std::io::{self, Write as _};

use ats_pat_program::{Finding, Settings, Verdict, examine, visible};

use crate::failure::Failure;
use crate::libraries::SIGNATURES;

/// Says what is wrong with this installation, and what to do
///
/// It looks at everything that the server uses. It changes nothing but the one row that every
/// server writes to see that the database keeps it. A server may run meanwhile. Exit code 1 means
/// that something is failing.
#[derive(clap::Args, Clone, Copy)]
pub struct Command {
    /// Warnings count as failures, too
    #[arg(long)]
    strict: bool,
}

impl Command {
    #[tokio::main(flavor = "current_thread")]
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let public_url = settings.public_url_at(settings.listen);
        let findings = examine(settings, &public_url, SIGNATURES).await;
        let lines: String = findings.iter().map(line).collect();
        io::stdout()
            .lock()
            .write_all(lines.as_bytes())
            .map_err(Failure::Output)?;
        let tolerated = if self.strict {
            Verdict::Good
        } else {
            Verdict::Warning
        };
        let wrong = findings.iter().filter(|it| it.verdict > tolerated).count();
        if wrong == 0 {
            Ok(())
        } else {
            Err(Failure::Findings { wrong })
        }
    }
}

fn line(finding: &Finding) -> String {
    let verdict = match finding.verdict {
        Verdict::Good => "ok",
        Verdict::Warning => "warning",
        Verdict::Failing => "failing",
    };
    format!(
        "{verdict:<8} {}: {}\n",
        finding.check,
        visible(&finding.message)
    )
}
