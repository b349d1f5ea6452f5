//! The place of a server: a data folder and an address, which programs of both releases use in
//! turn.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use crate::installation::Installation;
use crate::program::Program;
use crate::signals::Signals;
use crate::upgrade::stop;

/// Whose programs run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Release {
    /// The release before.
    Former,
    /// This one.
    New,
}

/// A server that runs.
pub struct Seat {
    former: Installation,
    new: Installation,
    running: Release,
    program: Program,
}

impl Seat {
    /// Starts a server of the release before. `programs` has the folders of both, the former's
    /// first.
    pub fn start(
        programs: [&Path; 2],
        folder: &Path,
        log: &Path,
        url: Option<&str>,
        first: Option<&Self>,
        signals: &Signals,
    ) -> Result<Self> {
        let [former, new] = programs;
        let former = Installation::new(former, folder, log, url)?;
        if let Some(first) = first {
            former.share_master_key(&first.former)?;
        }
        let program = former.start(Vec::new(), signals)?;
        Ok(Self {
            new: former.with_programs(new),
            former,
            running: Release::Former,
            program,
        })
    }

    /// Ends the server, and starts one of this release at its place.
    pub fn change_to(&mut self, release: Release, signals: &Signals) -> Result<()> {
        stop(&mut self.program, signals)?;
        self.program = self.of(release).start(Vec::new(), signals)?;
        self.running = release;
        Ok(())
    }

    /// Its installation with the programs of a release.
    pub fn of(&self, release: Release) -> &Installation {
        match release {
            Release::Former => &self.former,
            Release::New => &self.new,
        }
    }

    /// The release whose server runs.
    pub fn running(&self) -> Release {
        self.running
    }

    pub fn address(&self) -> SocketAddr {
        self.former.address()
    }
}
