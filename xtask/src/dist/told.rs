//! What the programs tell of their own command lines: man pages, and completions for shells.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::release::{PROGRAMS, output_of};
use crate::workspace;

/// Where pages and completions were written.
pub struct Told {
    /// The folder of the man pages of section 1.
    pub pages: PathBuf,
    /// The completions of both programs.
    pub completions: Vec<Completion>,
}

/// The completions of a program for a shell.
pub struct Completion {
    pub file: PathBuf,
    /// The folder where the shell looks on Debian.
    pub folder: &'static str,
    /// The name that the shell looks for.
    pub name: String,
}

impl Told {
    /// Lets the programs of this folder write into `work`.
    pub fn by(programs: &Path, work: &Path) -> Result<Self> {
        let pages = work.join("man");
        let mut completions = Vec::new();
        for program in PROGRAMS {
            let path = programs.join(program);
            let path = path.to_string_lossy();
            output_of(workspace::command(&path).arg("man-pages").arg(&pages))?;
            for (shell, folder, name) in [
                (
                    "bash",
                    "usr/share/bash-completion/completions",
                    program.to_owned(),
                ),
                (
                    "fish",
                    "usr/share/fish/vendor_completions.d",
                    format!("{program}.fish"),
                ),
                (
                    "zsh",
                    "usr/share/zsh/vendor-completions",
                    format!("_{program}"),
                ),
            ] {
                let script = output_of(workspace::command(&path).args(["completions", shell]))?;
                let file = work.join(format!("{program}.{shell}"));
                fs::write(&file, script + "\n")?;
                completions.push(Completion { file, folder, name });
            }
        }
        let told = Self { pages, completions };
        for program in PROGRAMS {
            let page = told.pages.join(format!("{program}.1"));
            ensure!(page.is_file(), "{program} wrote no man page");
        }
        Ok(told)
    }

    /// The man pages, sorted.
    pub fn pages(&self) -> Result<Vec<PathBuf>> {
        let mut pages = Vec::new();
        for entry in fs::read_dir(&self.pages)? {
            pages.push(entry?.path());
        }
        pages.sort();
        Ok(pages)
    }
}
