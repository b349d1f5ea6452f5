//! The start: exactly one of several programs that start at once makes the keys.

use std::path::Path;
use std::sync::Arc;

use ats_pat_domain::port::Store;
use ats_pat_service::{
    MasterKeySource, OpenError, Parts, Service, Settings, SignatureProvider, SystemClock,
    SystemRandomness,
};
use ats_pat_test_support::world::{CHEAP, ISSUER, migrated};
use ats_pat_test_support::{TestDatabase, on_every_database};
use tempfile::TempDir;

fn parts(store: &Arc<dyn Store>, folder: &Path) -> Parts {
    Parts {
        store: Arc::clone(store),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        settings: Settings::new(ISSUER),
        providers: Vec::new(),
        master_key: MasterKeySource::File(folder.join("master.key")),
        anchor_file: Some(folder.join("anchor")),
        password_cost: CHEAP,
        alone: false,
        signature_provider: SignatureProvider::default(),
    }
}

#[on_every_database(flavor = "multi_thread")]
async fn servers_that_start_with_one_data_folder_share_its_keys(database: &TestDatabase) {
    let store = migrated(database.url()).await;
    let folder = TempDir::new().unwrap();
    let starters: Vec<_> = (0..6)
        .map(|_| tokio::spawn(Service::open(parts(&store, folder.path()))))
        .collect();
    for starter in starters {
        let service = starter.await.unwrap().unwrap();
        assert_eq!(service.jwks().await.unwrap().keys().len(), 1);
    }
    assert_eq!(store.keys().root_keys().await.unwrap().len(), 1);
}

#[on_every_database(flavor = "multi_thread")]
async fn only_one_of_several_first_starts_makes_keys_and_the_others_leave_no_file(
    database: &TestDatabase,
) {
    let store = migrated(database.url()).await;
    let folders: Vec<_> = (0..4).map(|_| TempDir::new().unwrap()).collect();
    let starters: Vec<_> = folders
        .iter()
        .map(|folder| tokio::spawn(Service::open(parts(&store, folder.path()))))
        .collect();
    let mut opened = 0;
    for (starter, folder) in starters.into_iter().zip(&folders) {
        match starter.await.unwrap() {
            Ok(_) => {
                opened += 1;
                assert!(folder.path().join("master.key").exists());
            }
            // The later ones find sealed keys, and no file to open them with.
            Err(OpenError::WrongMasterKey { .. } | OpenError::Auth(_)) => {
                assert!(!folder.path().join("master.key").exists());
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(opened, 1);
}
