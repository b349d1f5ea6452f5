//! What a program tells about its own command line: completions for shells, and man pages.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

/// Arguments of the command that writes completions.
#[derive(Args, Clone, Copy, Debug)]
pub struct Completions {
    /// The shell that the completions are for
    shell: Shell,
}

impl Completions {
    /// Writes the completions of the program with this command line to standard output.
    ///
    /// # Errors
    /// The error of standard output.
    pub fn run(self, mut program: Command) -> io::Result<()> {
        // Into memory first, because `generate` panics if a pipe is closed.
        let mut script = Vec::new();
        let name = program.get_name().to_owned();
        clap_complete::generate(self.shell, &mut program, name, &mut script);
        io::stdout().write_all(&script)
    }
}

/// Arguments of the command that writes man pages.
#[derive(Args, Clone, Debug)]
pub struct ManPages {
    /// The folder to write them into; it is made if it is missing
    folder: PathBuf,
}

impl ManPages {
    /// Writes a page for the program with this command line, and one for each of its commands.
    ///
    /// # Errors
    /// The error of the folder or of a file in it.
    pub fn run(&self, program: Command) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        // The help of options is in each page. A page for each `help` would be a copy.
        clap_mangen::generate_to(program.disable_help_subcommand(true), &self.folder)
    }
}
