//! Completions for shells.

use std::io::{self, Write as _};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Arguments;
use crate::failure::Failure;

#[derive(Args)]
pub struct Command {
    /// For which shell
    shell: Shell,
}

impl Command {
    pub fn run(&self) -> Result<(), Failure> {
        // Into memory first: `generate` panics where a pipe is closed.
        let mut script = Vec::new();
        let mut command = Arguments::command();
        let name = command.get_name().to_owned();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        io::stdout().write_all(&script).map_err(Failure::Output)
    }
}
