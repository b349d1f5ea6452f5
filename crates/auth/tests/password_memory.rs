//! The memory that is left after work on passwords. This test needs a process of its own.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::sync::{Barrier, Mutex};

use ats_pat_auth::{Password, PasswordHasher};

const MIB: u64 = 1024;

/// Resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn many_threads_that_hash_one_after_the_other_leave_one_buffer_behind_until_it_is_given_back() {
    const THREADS: usize = 12;
    let hasher = PasswordHasher::default();
    let password = Password::typed("whatever is typed");
    let (together, turn) = (Barrier::new(THREADS + 1), Mutex::new(()));
    let before = resident();
    let after = std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                // Twice, because the allocator gives the first block of this size back to the
                // system.
                for _ in 0..2 {
                    together.wait();
                    let _turn = turn.lock().unwrap();
                    hasher.verify_unknown(&password).unwrap();
                }
                together.wait();
                together.wait();
            });
        }
        for _ in 0..3 {
            together.wait();
        }
        let after = resident();
        together.wait();
        after
    });
    let grown = after.saturating_sub(before);
    assert!(grown < 2 * 19 * MIB, "{} MiB", grown / MIB);
    // The second time, too, because the allocator would keep it then.
    for _ in 0..2 {
        hasher.give_back_memory();
        let left = resident().saturating_sub(before);
        assert!(left < 5 * MIB, "{} MiB", left / MIB);
        hasher.verify_unknown(&password).unwrap();
    }
}
