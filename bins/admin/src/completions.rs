//! Completions for shells.

use std::io::{self, Write as _};

use clap::Args;
use clap_complete::Shell;

use crate::failure::Failure;

#[derive(Args)]
pub struct Command {
    /// For which shell
    shell: Shell,
}

impl Command {
    /// Writes the completions of the program with this command line.
    pub fn run(&self, mut program: clap::Command) -> Result<(), Failure> {
        // Into memory first, because `generate` panics if a pipe is closed.
        let mut script = Vec::new();
        let name = program.get_name().to_owned();
        clap_complete::generate(self.shell, &mut program, name, &mut script);
        io::stdout().write_all(&script).map_err(Failure::Output)
    }
}
