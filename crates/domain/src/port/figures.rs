//! What the database tells of itself, for operators.

use ats_pat_measure::Measured;

/// The connections and statements of a store so far.
#[derive(Clone, Debug, Default)]
pub struct StoreFigures {
    /// The pools of connections, each by what it is for.
    pub pools: Vec<PoolFigures>,
    /// How long statements outside transactions took, by what they were for. The wait for a
    /// connection is a part of it.
    pub statements: Vec<(&'static str, Measured)>,
}

/// A pool of connections.
#[derive(Clone, Debug)]
pub struct PoolFigures {
    /// What its connections are for.
    pub name: &'static str,
    /// How many are open.
    pub open: u32,
    /// How many of these wait for work.
    pub idle: u32,
    /// How many there may be.
    pub most: u32,
}

/// How many tokens have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// Those that are active.
    pub active: u64,
    /// Those whose expiry has passed.
    pub expired: u64,
    /// Those that were revoked.
    pub revoked: u64,
    /// Those that are active and expire soon.
    pub expiring: u64,
}

impl TokenCounts {
    /// The same with those of another part of the tokens.
    pub const fn and(self, other: Self) -> Self {
        Self {
            active: self.active + other.active,
            expired: self.expired + other.expired,
            revoked: self.revoked + other.revoked,
            expiring: self.expiring + other.expiring,
        }
    }
}
