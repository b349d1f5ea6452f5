//! Archiving old events into a folder, and removing them from the log: for a timer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock as _;
use ats_pat_program::Access;
use ats_pat_service::{
    ArchiveError, ArchivedPart, Operator, PruneError, Pruning, Service, SystemClock,
};
use clap::Args;
use serde::Serialize;

use super::archive_folder::ArchiveFolder;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::Shown;

#[derive(Args)]
pub struct Retain {
    /// The folder of the archives, which this command alone writes: a new one is added
    folder: PathBuf,
    /// How many days events stay in the log
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=36_500))]
    keep_days: u32,
    /// Although `audit verify` finds something: make a note of its findings first
    #[arg(long)]
    despite_findings: bool,
}

const WITH_THE_KEYS: &str =
    "events are removed with the keys that sealed the log, which no interface gives";

impl Retain {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let before = SystemClock
            .now()
            .before(Duration::from_hours(24) * self.keep_days);
        let wish = Pruning {
            despite_findings: self.despite_findings,
        };
        let done = invocation
            .at_the_database(WITH_THE_KEYS, Access::Use, async |service| {
                retain(&service, &self.folder, before, wish).await
            })
            .await?;
        invocation.output.one(&done)
    }
}

#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Retained {
    /// The new archive. `None` if no event was old enough.
    archive: Option<PathBuf>,
    archived: u64,
    removed: u64,
}

/// Archives what is older than `before`, and removes it.
pub(super) async fn retain(
    service: &Service,
    folder: &Path,
    before: Timestamp,
    wish: Pruning,
) -> Result<Retained, Failure> {
    let taken = ArchiveFolder::take(folder)?;
    let archives = taken.archives()?;
    let operator = service.operator();
    let last = operator.newest_archive(&archives);
    let last = last.map_err(|error| about(folder, error))?;
    let file = taken.archive_of(before);
    let part = ArchivedPart {
        after: last.clone(),
        before: Some(before),
    };
    let mut done = Retained::default();
    let newest = match operator.archive_events(&file, &part).await {
        Ok(archived) => {
            done.archived = archived.events;
            done.archive = Some(file.clone());
            Some(file)
        }
        // A run within the same second archived them.
        Err(ArchiveError::Exists { .. }) if archives.contains(&file) => Some(file),
        Err(ArchiveError::Nothing) => last,
        Err(error) => return Err(about(folder, error)),
    };
    if let Some(newest) = newest {
        done.removed = prune(&operator, archives, newest, wish).await?;
    }
    Ok(done)
}

/// Usually the newest archive has all that is to be removed. If an earlier run ended before it
/// removed its events, the archives before are needed, too.
async fn prune(
    operator: &Operator<'_>,
    mut archives: Vec<PathBuf>,
    newest: PathBuf,
    wish: Pruning,
) -> Result<u64, Failure> {
    let pruned = operator
        .prune_events(std::slice::from_ref(&newest), wish)
        .await;
    let pruned = match pruned {
        Err(PruneError::Archives { .. }) => {
            if !archives.contains(&newest) {
                archives.push(newest);
            }
            operator.prune_events(&archives, wish).await
        }
        other => other,
    };
    match pruned {
        Ok(pruned) => Ok(pruned.removed),
        Err(PruneError::Nothing { .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Adds what the operator can do if the archives are to blame.
fn about(folder: &Path, error: ArchiveError) -> Failure {
    match error {
        ArchiveError::NotOneChain { .. }
        | ArchiveError::NotContinued { .. }
        | ArchiveError::Pruned { .. } => Failure::Archives {
            folder: folder.to_owned(),
            source: error,
        },
        other => other.into(),
    }
}

impl Shown for Retained {
    const COLUMNS: &'static [&'static str] = &["Archive", "Archived", "Removed"];

    fn cells(&self) -> Vec<String> {
        let archive = self.archive.as_ref();
        vec![
            archive.map_or_else(|| "none".to_owned(), |path| path.display().to_string()),
            self.archived.to_string(),
            self.removed.to_string(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World};
    use ats_pat_test_support::{TestDatabase, on_every_database};

    use std::fs;

    use super::*;

    /// Signs in and out, which leaves events that nothing needs.
    async fn use_it(world: &World) {
        for _ in 0..2 {
            let password = PASSWORD.into();
            let signed_in = world.service.sign_in("ada", &password, ADDRESS);
            let id = signed_in.await.unwrap().session_id;
            let id = secrecy::ExposeSecret::expose_secret(&id);
            world.service.sign_out(Some(id)).await.unwrap();
        }
    }

    #[on_every_database]
    async fn each_run_archives_and_removes_what_became_old(database: &TestDatabase) {
        let world = World::new(database.url()).await;
        world.add_user("ada").await;
        let folder = tempfile::tempdir().unwrap();
        let run = async || {
            let before = world.now().before(2 * DAY);
            retain(&world.service, folder.path(), before, Pruning::default()).await
        };
        assert_eq!(run().await.unwrap(), Retained::default(), "nothing is old");
        for day in 0..3 {
            use_it(&world).await;
            world.clock.advance(3 * DAY);
            use_it(&world).await;
            let done = run().await.unwrap();
            assert!(done.removed > 0, "on day {day}: {done:?}");
            assert_eq!(run().await.unwrap().removed, 0);
        }
        let archives = archives(folder.path());
        assert_eq!(archives.len(), 3);
        let report = world.service.operator().verify_audit_with(&archives).await;
        assert_eq!(report.unwrap().findings, Vec::<String>::new());
    }

    #[on_every_database]
    async fn a_run_removes_what_an_interrupted_one_archived(database: &TestDatabase) {
        let world = World::new(database.url()).await;
        world.add_user("ada").await;
        use_it(&world).await;
        world.clock.advance(3 * DAY);
        use_it(&world).await;
        let folder = tempfile::tempdir().unwrap();
        let before = world.now().before(DAY);
        let first = folder.path().join("events-before-20200101T000000Z.jsonl");
        let part = ArchivedPart {
            after: None,
            before: Some(before),
        };
        let operator = world.service.operator();
        operator.archive_events(&first, &part).await.unwrap();
        world.clock.advance(3 * DAY);
        use_it(&world).await;
        let before = world.now().before(DAY);
        let done = retain(&world.service, folder.path(), before, Pruning::default()).await;
        let done = done.unwrap();
        assert!(done.removed > done.archived, "{done:?}");
    }

    fn archives(folder: &Path) -> Vec<PathBuf> {
        ArchiveFolder::take(folder).unwrap().archives().unwrap()
    }

    const LATE: &str = "events-before-99990101T000000Z.jsonl";

    /// A service with old events, and the time before which they are archived.
    async fn with_old_events(database: &TestDatabase) -> (World, Timestamp) {
        let world = World::new(database.url()).await;
        world.add_user("ada").await;
        use_it(&world).await;
        world.clock.advance(3 * DAY);
        use_it(&world).await;
        let before = world.now().before(DAY);
        (world, before)
    }

    /// What the operator reads.
    fn told(error: &Failure) -> String {
        let source = std::error::Error::source(error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    }

    async fn events(world: &World) -> u64 {
        let report = world.service.operator().verify_audit().await.unwrap();
        report.events
    }

    #[on_every_database]
    async fn what_is_no_regular_file_is_named_and_never_opened(database: &TestDatabase) {
        let (world, before) = with_old_events(database).await;
        let plants: [fn(&Path); 4] = [
            |path| fs::create_dir(path).unwrap(),
            |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            |path| std::os::unix::fs::symlink("nowhere", path).unwrap(),
            // A pipe: whoever opens it waits for a writer.
            |path| {
                let made = std::process::Command::new("mkfifo").arg(path).status();
                assert!(made.unwrap().success());
            },
        ];
        let count = events(&world).await;
        for plant in plants {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(LATE);
            plant(&path);
            let done = retain(&world.service, folder.path(), before, Pruning::default()).await;
            let told = done.unwrap_err().to_string();
            assert!(told.starts_with(&path.display().to_string()), "{told}");
            assert!(told.contains("move it out of the folder"), "{told}");
            assert_eq!(
                fs::read_dir(folder.path()).unwrap().count(),
                2,
                "it and the lock"
            );
        }
        assert_eq!(events(&world).await, count);
    }

    #[on_every_database]
    async fn a_file_that_is_no_archive_stops_the_run_and_is_named(database: &TestDatabase) {
        let (world, before) = with_old_events(database).await;
        let folder = tempfile::tempdir().unwrap();
        let run = async || retain(&world.service, folder.path(), before, Pruning::default()).await;
        let path = folder.path().join(LATE);
        fs::write(&path, "").unwrap();
        let count = events(&world).await;
        let error = run().await.unwrap_err();
        let told = told(&error);
        assert!(
            told.contains("move away what `audit retain` did not write"),
            "{told}"
        );
        assert!(told.contains(&path.display().to_string()), "{told}");
        assert_eq!(events(&world).await, count);
        fs::remove_file(&path).unwrap();
        assert!(run().await.unwrap().removed > 0);
    }

    #[on_every_database]
    async fn a_copy_with_a_later_name_changes_nothing(database: &TestDatabase) {
        let (world, before) = with_old_events(database).await;
        let folder = tempfile::tempdir().unwrap();
        let run =
            async |before| retain(&world.service, folder.path(), before, Pruning::default()).await;
        let first = run(before).await.unwrap().archive.unwrap();
        for _ in 0..2 {
            fs::copy(&first, folder.path().join(LATE)).unwrap();
            world.clock.advance(3 * DAY);
            use_it(&world).await;
            let done = run(world.now().before(DAY)).await.unwrap();
            assert!(done.archived > 0 && done.removed > 0, "{done:?}");
        }
        // Of a run that was interrupted, all archives are needed.
        world.clock.advance(3 * DAY);
        use_it(&world).await;
        let last = world
            .service
            .operator()
            .newest_archive(&archives(folder.path()));
        let part = ArchivedPart {
            after: last.unwrap(),
            before: Some(world.now().before(DAY)),
        };
        let interrupted = folder.path().join("events-before-20200101T000000Z.jsonl");
        let operator = world.service.operator();
        operator.archive_events(&interrupted, &part).await.unwrap();
        world.clock.advance(3 * DAY);
        use_it(&world).await;
        let done = run(world.now().before(DAY)).await.unwrap();
        assert!(done.removed > done.archived, "{done:?}");
    }

    #[on_every_database]
    async fn each_archive_is_read_in_every_run(database: &TestDatabase) {
        let (world, before) = with_old_events(database).await;
        let folder = tempfile::tempdir().unwrap();
        let run =
            async |before| retain(&world.service, folder.path(), before, Pruning::default()).await;
        let mut archives = vec![run(before).await.unwrap().archive.unwrap()];
        let next = async || {
            world.clock.advance(3 * DAY);
            use_it(&world).await;
            world.now().before(DAY)
        };
        for _ in 0..2 {
            let done = run(next().await).await.unwrap();
            archives.push(done.archive.unwrap());
        }
        let before = next().await;
        let count = events(&world).await;
        let [first, second, _] = &archives[..] else {
            panic!("{archives:?}");
        };
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(second, &elsewhere).unwrap();
        let lost = told(&run(before).await.unwrap_err());
        assert!(lost.contains("does not follow"), "{lost}");
        fs::rename(&elsewhere, second).unwrap();

        let whole = fs::read(first).unwrap();
        fs::write(first, &whole[..whole.len() - 9]).unwrap();
        let cut = told(&run(before).await.unwrap_err());
        assert!(cut.contains(&first.display().to_string()), "{cut}");
        assert_eq!(events(&world).await, count, "nothing was removed");
        fs::write(first, whole).unwrap();

        // The oldest ones may be kept elsewhere.
        fs::rename(first, &elsewhere).unwrap();
        assert!(run(before).await.unwrap().removed > 0);
    }

    #[on_every_database]
    async fn an_event_of_a_clock_that_was_ahead_keeps_no_other_one(database: &TestDatabase) {
        let (world, _) = with_old_events(database).await;
        let now = world.now();
        world.clock.advance(400 * DAY);
        world.add_user("grace").await;
        world.clock.set(now);
        use_it(&world).await;
        world.clock.advance(4 * DAY);
        use_it(&world).await;
        let folder = tempfile::tempdir().unwrap();
        let before = world.now().before(2 * DAY);
        let done = retain(&world.service, folder.path(), before, Pruning::default()).await;
        let archive = done.unwrap().archive.unwrap();
        let archived = fs::read_to_string(archive).unwrap();
        let users = archived.matches("user.created").count();
        assert_eq!(users, 2, "ada's and grace's");
        let last = archived.rfind("session.ended");
        assert!(last > archived.rfind("user.created"), "{archived}");
    }

    #[on_every_database]
    async fn a_missing_archive_stops_the_run(database: &TestDatabase) {
        let (world, before) = with_old_events(database).await;
        let folder = tempfile::tempdir().unwrap();
        let run =
            async |before| retain(&world.service, folder.path(), before, Pruning::default()).await;
        let first = run(before).await.unwrap().archive.unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&first, &elsewhere).unwrap();
        world.clock.advance(3 * DAY);
        use_it(&world).await;
        let before = world.now().before(DAY);
        let told = told(&run(before).await.unwrap_err());
        assert!(told.contains("bring back those that are missing"), "{told}");
        fs::rename(&elsewhere, &first).unwrap();
        assert!(run(before).await.unwrap().removed > 0);
    }
}
