//! The counters that use cases add to.

use ats_pat_domain::Code;
use ats_pat_domain::port::TokenCounts;
use ats_pat_measure::{Counts, Level, Times};
use parking_lot::Mutex;

use crate::service::error::Error;

/// What use cases note.
#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) exchanges: Outcomes,
    pub(crate) sign_ins: Outcomes,
    /// The tokens by status, once they were counted.
    pub(crate) tokens: Mutex<Option<TokenCounts>>,
}

/// What changes note for the metrics.
pub(crate) struct ChangesNoted {
    /// Those that wait for their turn, or have it.
    pub(crate) under_way: Level,
    pub(crate) outcomes: Outcomes,
    /// How long COMMIT took.
    pub(crate) commits: Times,
}

impl Default for ChangesNoted {
    fn default() -> Self {
        Self {
            under_way: Level::default(),
            outcomes: Outcomes::default(),
            commits: Times::new(Times::LONG),
        }
    }
}

/// Counts by response code.
pub(crate) struct Outcomes(Counts);

impl Default for Outcomes {
    fn default() -> Self {
        Self(Counts::new(Code::ALL.len()))
    }
}

impl Outcomes {
    pub(crate) fn note<T>(&self, result: &Result<T, Error>) {
        let code = match result {
            Ok(_) => Code::Success,
            Err(error) => error.code(),
        };
        self.0.add(code.number().into());
    }

    pub(crate) fn so_far(&self) -> Vec<(Code, u64)> {
        let counts = self.0.so_far();
        let codes = Code::ALL.iter();
        codes
            .filter_map(|code| Some((*code, *counts.get(&code.number().into())?)))
            .collect()
    }
}
