//! Reads a backup back, and verifies all that is in it.

use std::fs;
use std::path::Path;

use ats_pat_files::folder_of;
use ats_pat_service::{AuditReport, MasterKeySource};

use super::copy::examine;
use super::error::{BackupError, not_read};
use super::file::{self, BackupHead};
use super::workspace::Workspace;
use crate::master_key::{keys_of, master_key_source};
use crate::settings::Settings;
use crate::start_error::StartError;

/// A backup whose content was verified.
#[derive(Clone, Debug)]
pub struct VerifiedBackup {
    /// What it says about itself.
    pub head: BackupHead,
    /// The length of the file, in bytes.
    pub length: u64,
    /// What `audit verify` finds in it.
    pub audit: AuditReport,
}

/// Reads a backup and verifies its content. Needs the master key and no database.
///
/// # Errors
/// [`BackupError`].
pub async fn verify_backup(
    settings: &Settings,
    public_url: &str,
    file: &Path,
) -> Result<VerifiedBackup, BackupError> {
    // A wrong path is told as such, and no folder is made for it.
    fs::File::open(file).map_err(|source| not_read(file, source))?;
    let workspace = Workspace::make(folder_of(file), file)?;
    let source = master_key(settings)?;
    verify(settings, public_url, &source, file, &workspace).await
}

/// Opens `file` into the workspace's `content.db`, and looks at everything in it.
pub(super) async fn verify(
    settings: &Settings,
    public_url: &str,
    source: &MasterKeySource,
    file: &Path,
    workspace: &Workspace,
) -> Result<VerifiedBackup, BackupError> {
    let content = workspace.file("content.db");
    let master = keys_of(source).map_err(StartError::from)?;
    let head = file::open(file, &content, &master)?;
    let source = source.clone();
    let audit = examine(settings, public_url, source, file, &content, &head).await?;
    let length = fs::metadata(file)
        .map_err(|source| not_read(file, source))?
        .len();
    Ok(VerifiedBackup {
        head,
        length,
        audit,
    })
}

/// Where the master key comes from.
pub(super) fn master_key(settings: &Settings) -> Result<MasterKeySource, StartError> {
    Ok(master_key_source(settings)?)
}

#[cfg(test)]
mod tests {
    use ats_pat_service::SignatureProvider;

    use super::super::back_up;
    use super::*;
    use crate::open::{Access, Opened};
    use crate::settings::CommonFlags;

    const URL: &str = "http://127.0.0.1:8080";

    /// A deployment, and two backups of it that end at different events.
    struct Scene {
        folder: tempfile::TempDir,
        settings: Settings,
    }

    impl Scene {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let flags = CommonFlags {
                data_dir: Some(folder.path().join("data").display().to_string().into()),
                ..CommonFlags::default()
            };
            let settings = Settings::load(&flags, None, []).unwrap();
            let scene = Self { folder, settings };
            let provider = SignatureProvider::default();
            let opened = Opened::open(&scene.settings, URL, Access::Server, provider);
            let opened = opened.await.unwrap();
            let (first, second) = (scene.file("first"), scene.file("second"));
            back_up(&scene.settings, URL, &first).await.unwrap();
            opened.service.make_setup_link().await.unwrap();
            back_up(&scene.settings, URL, &second).await.unwrap();
            opened.close().await;
            scene
        }

        fn file(&self, name: &str) -> std::path::PathBuf {
            self.folder.path().join(name)
        }

        /// The head and the content of a backup.
        fn parts(&self, backup: &str) -> (BackupHead, Vec<u8>) {
            let master = keys_of(&master_key(&self.settings).unwrap()).unwrap();
            let content = self.file("content");
            let head = file::open(&self.file(backup), &content, &master).unwrap();
            let bytes = fs::read(&content).unwrap();
            fs::remove_file(content).unwrap();
            (head, bytes)
        }

        /// What is said of a backup that was sealed by the right key, and has these parts.
        async fn said_of(&self, head: &BackupHead, content: &[u8]) -> Result<(), String> {
            let master = keys_of(&master_key(&self.settings).unwrap()).unwrap();
            let (plain, sealed) = (self.file("plain"), self.file("sealed"));
            fs::write(&plain, content).unwrap();
            file::seal(&plain, &sealed, head, &master, [7; 32]).unwrap();
            let verified = verify_backup(&self.settings, URL, &sealed).await;
            fs::remove_file(sealed).unwrap();
            verified.map(drop).map_err(|error| error.to_string())
        }
    }

    #[tokio::test]
    async fn a_backup_whose_database_is_damaged_is_refused() {
        let scene = Scene::new().await;
        let (head, mut content) = scene.parts("first");
        assert_eq!(scene.said_of(&head, &content).await, Ok(()));
        // How many pages are unused: there are none. Every row can be read all the same.
        content[39] += 1;
        let refused = scene.said_of(&head, &content).await.unwrap_err();
        assert!(refused.contains("is damaged"), "{refused}");
    }

    #[tokio::test]
    async fn a_backup_that_is_not_the_one_that_its_head_names_is_refused() {
        let scene = Scene::new().await;
        let ((first, earlier), (second, later)) = (scene.parts("first"), scene.parts("second"));
        for (head, content) in [(&second, &earlier), (&first, &later)] {
            let refused = scene.said_of(head, content).await.unwrap_err();
            assert!(refused.contains("ends at another event"), "{refused}");
        }
        // The number alone proves nothing.
        let mut renamed = first.clone();
        renamed.head_hash = second.head_hash.clone();
        let refused = scene.said_of(&renamed, &earlier).await.unwrap_err();
        assert!(refused.contains("ends at another event"), "{refused}");
    }
}
