//! Where databases are made.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use super::arguments::Arguments;
use crate::databases::{Client, Kind, Memory, Server};
use crate::installation::Installation;
use crate::signals::Signals;

/// The place for databases of one kind, and the programs of both releases.
pub struct Ground {
    pub kind: Kind,
    pub server: Option<Server>,
    pub former: PathBuf,
    pub programs: PathBuf,
    pub work: TempDir,
}

/// One installation with programs of both releases, and its database.
pub struct Site {
    pub former: Installation,
    pub new: Installation,
    pub client: Client,
}

impl Ground {
    pub fn new(kind: Kind, arguments: &Arguments, signals: &Signals) -> Result<Self> {
        let work = TempDir::with_prefix("ats-pat-prove-")?;
        // The account of database servers needs access to it.
        fs::set_permissions(work.path(), Permissions::from_mode(0o755))?;
        let mut server = kind.server(
            &work.path().join("database"),
            work.path(),
            Memory::Little,
            signals,
        )?;
        if let Some(server) = &mut server {
            server.start(signals)?;
        }
        Ok(Self {
            kind,
            server,
            former: arguments.former.clone(),
            programs: arguments.place.programs.clone(),
            work,
        })
    }

    /// A database of its own.
    pub fn site(&self, name: &str) -> Result<Site> {
        let url = match &self.server {
            Some(server) => Some(server.create_another(name)?),
            None => None,
        };
        self.site_at(name, url.as_deref())
    }

    /// Another installation on the database of `site`.
    pub fn beside(&self, name: &str, site: &Site) -> Result<Site> {
        let beside = self.site_at(name, site.former.database_url())?;
        beside.former.share_master_key(&site.former)?;
        Ok(beside)
    }

    pub fn site_at(&self, name: &str, url: Option<&str>) -> Result<Site> {
        let folder = self.work.path().join(name);
        let log = self.work.path().join(format!("{name}.log"));
        let former = Installation::new(&self.former, &folder, &log, url)?;
        Ok(Site {
            new: former.with_programs(&self.programs),
            client: self.kind.client(&folder, url)?,
            former,
        })
    }

    pub fn is_server(&self) -> bool {
        self.server.is_some()
    }
}
