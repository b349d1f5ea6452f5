//! Open files: each connection needs one, and systems allow only a few by default.

use rustix::process::{Resource, getrlimit, setrlimit};

/// How many files the program opens besides the callers' connections: the database's, its own, the
/// log.
const OTHERS: u64 = 128;

/// Raises the limit on open files as far as the system allows. Returns how many of `connections`
/// that allows, and logs it if these are too few.
pub fn enough_for(connections: u32) -> u32 {
    let mut limit = getrlimit(Resource::Nofile);
    let allowed = limit.current;
    limit.current = limit.maximum;
    let allowed = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the number of open files could not be raised to the hard limit");
            allowed
        }
    };
    let Some(allowed) = allowed else {
        return connections;
    };
    let room = u32::try_from(allowed.saturating_sub(OTHERS)).unwrap_or(u32::MAX);
    if room >= connections {
        return connections;
    }
    let room = room.max(1);
    tracing::warn!(
        open_files = allowed,
        needed = u64::from(connections) + OTHERS,
        "this process may open too few files for `connections`, so it holds {room} at once: raise its hard limit \
         (`LimitNOFILE=` of systemd, `ulimit -Hn`), or lower `connections`"
    );
    room
}
