//! What the store measures, for operators.

use ats_pat_measure::Measured;

/// The connections and statements of a store.
#[derive(Clone, Debug, Default)]
pub struct StoreFigures {
    /// The pools of connections.
    pub pools: Vec<PoolFigures>,
    /// How long statements outside transactions took, including the wait for a connection, by
    /// purpose.
    pub statements: Vec<(&'static str, Measured)>,
}

/// How much work a store does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// How many changes can be under way. They are serial, but the next one waits where the last
    /// one ends.
    pub changes: usize,
    /// How many reads other than the [vital](super::Store::vital) ones and those of exchanges.
    pub reads: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            changes: 4,
            reads: 8,
        }
    }
}

/// A pool of connections.
#[derive(Clone, Debug)]
pub struct PoolFigures {
    /// What its connections are for.
    pub name: &'static str,
    /// How many are open.
    pub open: u32,
    /// How many of the open ones are idle.
    pub idle: u32,
    /// How many may be open.
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
    /// The sum of both counts.
    pub const fn and(self, other: Self) -> Self {
        Self {
            active: self.active + other.active,
            expired: self.expired + other.expired,
            revoked: self.revoked + other.revoked,
            expiring: self.expiring + other.expiring,
        }
    }
}
