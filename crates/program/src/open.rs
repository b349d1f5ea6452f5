//! The wiring: data folder, database, schema, use cases.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use ats_pat_auth::{AuthError, MasterKeys};
use ats_pat_domain::port::IdentityProvider;
use ats_pat_service::{
    Accepted, MasterKeySource, Parts, PasswordCost, RestoreChoice, Service, SignatureProvider,
    SystemClock, SystemRandomness,
};
use ats_pat_storage::{Database, ExclusiveLock, MigrationStatus, OpenOptions, PlannedMigration};
use secrecy::ExposeSecret as _;

use crate::data_folder::{self, DataFolder};
use crate::master_key::master_key_source;
use crate::settings::Settings;
use crate::start_error::StartError;

/// What a program may do to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Make the database if it is missing, migrate it, and use a SQLite file alone.
    Server,
    /// Make the database if it is missing, and migrate it.
    Create,
    /// Use the database as it is, because a mistyped place must not become a new, empty service.
    Use,
}

/// What the binary chooses for the use cases.
pub struct Libraries {
    /// The library that signs tokens.
    pub signatures: SignatureProvider,
    /// The identity providers of the settings.
    pub providers: Vec<Arc<dyn IdentityProvider>>,
}

/// The use cases over their database.
pub struct Opened {
    /// The use cases, ready to answer.
    pub service: Service,
    database: Arc<Database>,
    _lock: Option<ExclusiveLock>,
}

impl Opened {
    /// Opens the service that `settings` name. Callers see it at `public_url`, and
    /// `signature_provider` signs its tokens. A start that fails removes the folders that it made.
    pub async fn open(
        settings: &Settings,
        public_url: &str,
        access: Access,
        signature_provider: SignatureProvider,
    ) -> Result<Self, StartError> {
        let opened = OpenedDatabase::open_with_keys(settings, access).await?;
        let libraries = Libraries {
            signatures: signature_provider,
            providers: Vec::new(),
        };
        Self::over(opened, settings, public_url, access, libraries).await
    }

    pub(crate) async fn over(
        OpenedDatabase { database, folder }: OpenedDatabase,
        settings: &Settings,
        public_url: &str,
        access: Access,
        Libraries {
            signatures: signature_provider,
            providers,
        }: Libraries,
    ) -> Result<Self, StartError> {
        let lock = match access {
            Access::Server => database.lock_exclusively()?,
            Access::Create | Access::Use => None,
        };
        match access {
            Access::Server | Access::Create => {
                database.migrate().await?;
                tell_of_later_release(&database).await?;
            }
            Access::Use => require_current(&database).await?,
        }
        let database = Arc::new(database);
        let parts = Parts {
            signature_provider,
            providers,
            ..parts(
                settings,
                public_url,
                Arc::clone(&database),
                lock.is_some(),
                master_key_source(settings)?,
            )
        };
        let service = if access == Access::Server {
            let service = Service::open(parts).await?;
            service.seal_anew().await?;
            service
        } else {
            Service::open_for_operators(parts).await?
        };
        folder.keep();
        Ok(Self {
            service,
            database,
            _lock: lock,
        })
    }

    /// Ends in order: data that is only in memory is written, and the connections are closed.
    pub async fn close(self) {
        self.service.flush().await;
        self.database.close().await;
    }
}

/// A database whose schema has not been checked, for the commands about the database itself.
pub struct OpenedDatabase {
    pub(crate) database: Database,
    folder: DataFolder,
}

impl OpenedDatabase {
    /// Opens the database that `settings` name.
    pub async fn open(settings: &Settings, access: Access) -> Result<Self, StartError> {
        Self::connect(settings, folder(settings, access)?).await
    }

    /// Like [`Self::open`], for callers that need the keys later. A master key file that can't be
    /// used is refused before anything is written to the folder.
    pub(crate) async fn open_with_keys(
        settings: &Settings,
        access: Access,
    ) -> Result<Self, StartError> {
        let folder = folder(settings, access)?;
        check_master_key_file(settings, access)?;
        Self::connect(settings, folder).await
    }

    async fn connect(settings: &Settings, folder: DataFolder) -> Result<Self, StartError> {
        let url = settings.database_url();
        let options = OpenOptions {
            tls: settings.database_tls,
            ..OpenOptions::default()
        };
        let database = Database::open(url.expose_secret(), options).await?;
        Ok(Self { database, folder })
    }

    /// The state of the schema.
    pub async fn migration_status(self) -> Result<MigrationStatus, StartError> {
        let status = self.database.migration_status().await;
        self.database.close().await;
        Ok(status?)
    }

    /// What [`migrate`](Self::migrate) would do. Changes nothing.
    pub async fn migration_plan(self) -> Result<Vec<PlannedMigration>, StartError> {
        let plan = self.database.migration_plan().await;
        self.database.close().await;
        Ok(plan?)
    }

    /// Brings the schema up to date. Returns the names of the migrations that were applied.
    pub async fn migrate(self) -> Result<Vec<String>, StartError> {
        let applied = self.database.migrate().await?;
        self.folder.keep();
        self.database.close().await;
        Ok(applied)
    }
}

/// Accepts a database that is older than the one that this data folder last saw, as `choice` says.
pub async fn accept_restore(
    settings: &Settings,
    public_url: &str,
    choice: RestoreChoice,
) -> Result<Accepted, StartError> {
    let OpenedDatabase { database, .. } =
        OpenedDatabase::open_with_keys(settings, Access::Use).await?;
    // The lock is a server's, because no server may use this SQLite file in the meantime.
    let lock = database.lock_exclusively()?;
    database.migrate().await?;
    let database = Arc::new(database);
    let master_key = master_key_source(settings)?;
    let alone = lock.is_some();
    let parts = parts(
        settings,
        public_url,
        Arc::clone(&database),
        alone,
        master_key,
    );
    let accepted = Service::accept_restore(parts, choice).await;
    database.close().await;
    drop(lock);
    Ok(accepted?)
}

/// Refuses a database whose schema is not this program's.
pub(crate) async fn require_current(database: &Database) -> Result<(), StartError> {
    let status = database.migration_status().await?;
    status.refuse_newer()?;
    if !status.pending.is_empty() {
        return Err(StartError::Outdated {
            pending: status.pending,
        });
    }
    Ok(())
}

/// An operator who upgrades one server after the other sees in the log which one is behind.
async fn tell_of_later_release(database: &Database) -> Result<(), StartError> {
    let beside = database.migration_status().await?.beside;
    if !beside.is_empty() {
        tracing::info!(
            migrations = beside.join(", "),
            "a later release has added to the database, and this one works beside it",
        );
    }
    Ok(())
}

fn folder(settings: &Settings, access: Access) -> Result<DataFolder, StartError> {
    match access {
        Access::Server | Access::Create => DataFolder::make(&settings.data_dir),
        Access::Use => {
            if let Some(path) = missing_file(settings) {
                return Err(StartError::NoDatabase { path });
            }
            data_folder::check(&settings.data_dir)?;
            Ok(DataFolder::default())
        }
    }
}

/// The parts of a service over a database that `alone` says is this program's alone.
pub(crate) fn parts(
    settings: &Settings,
    public_url: &str,
    store: Arc<Database>,
    alone: bool,
    master_key: MasterKeySource,
) -> Parts {
    Parts {
        store,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        settings: settings.for_service(public_url),
        providers: Vec::new(),
        master_key,
        // An admin program far from the servers has no data folder for it.
        anchor_file: settings.data_dir.is_dir().then(|| settings.anchor_file()),
        password_cost: PasswordCost::OWASP,
        alone,
        signature_provider: SignatureProvider::default(),
    }
}

/// Refuses a master key file that can't be used, before anything is made. The service decides
/// whether a missing file may be made, because it knows whether the database has keys.
fn check_master_key_file(settings: &Settings, access: Access) -> Result<(), AuthError> {
    if !settings.master_key_command.is_empty() {
        // It runs once, when the keys are needed.
        return Ok(());
    }
    match MasterKeys::read(&settings.master_key_file()) {
        Ok(_) => Ok(()),
        Err(AuthError::MasterKeyFileMissing { path }) => {
            // The parent of a bare file name is empty.
            let folder = path.parent().unwrap_or(&path);
            if access == Access::Use || folder.as_os_str().is_empty() || folder.is_dir() {
                return Ok(());
            }
            Err(AuthError::MasterKeyFileNotCreated {
                source: io::ErrorKind::NotFound.into(),
                path,
            })
        }
        Err(error) => Err(error),
    }
}

/// The missing SQLite file. `None` if the file exists, or if the database is on a server.
fn missing_file(settings: &Settings) -> Option<PathBuf> {
    let path = match &settings.database_url {
        None => settings.database_file(),
        Some(url) => {
            let path = url.expose_secret().strip_prefix("sqlite:")?;
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = path.split('?').next().unwrap_or_default();
            if path.contains('%') {
                // The storage decodes the escapes, and makes the file.
                return None;
            }
            PathBuf::from(path)
        }
    };
    (!path.exists()).then_some(path)
}
