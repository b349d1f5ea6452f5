//! The guards of the cache, by name: the simulation takes out each of them once, and must see what goes wrong.

/// What keeps a revoked token from being answered from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// A change that takes rights away is acknowledged only once every lease from before has ended.
    Wait,
    /// So is one that found nothing to change, since another call may have done it just now.
    WaitOfTheUnchanged,
    /// Answers from memory count only while the lease holds.
    LeaseCheck,
    /// What was read is kept only if nothing was applied since that concerns it.
    FillRule,
    /// A read under way is joined only if it began less than a lease ago.
    JoinedLoad,
    /// What was read is kept only if the log that is followed holds all that the read saw.
    SameLog,
    /// A poll asks for the last known event once more.
    InclusivePoll,
    /// A poll that finds a rotation reads the ring before it renews the lease.
    RingFirst,
    /// What was read of the ring is signed by from memory only if the log that is followed holds all that the read saw.
    RingOfThisLog,
    /// A row counts only if the event log says that it stands there.
    Currency,
}

/// Which guards stand: all, but in the simulation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guards {
    #[cfg(test)]
    taken_out: [Option<Guard>; 2],
}

impl Guards {
    #[cfg(test)]
    pub(crate) fn without(guard: Guard) -> Self {
        Self {
            taken_out: [Some(guard), None],
        }
    }

    /// Where one guard covers for another.
    #[cfg(test)]
    pub(crate) fn without_both(guards: [Guard; 2]) -> Self {
        Self {
            taken_out: guards.map(Some),
        }
    }

    #[cfg(test)]
    pub(crate) fn stand(self, guard: Guard) -> bool {
        !self.taken_out.contains(&Some(guard))
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "in the simulation they differ")]
    pub(crate) const fn stand(self, _: Guard) -> bool {
        true
    }
}
