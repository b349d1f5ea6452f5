//! Counts, which texts show or which choose a plural.

/// A count of any unsigned type, as an argument of a text.
pub trait Number {
    /// The count as the widest type that texts take.
    fn number(&self) -> u64;
}

impl Number for u64 {
    fn number(&self) -> u64 {
        *self
    }
}

impl Number for u32 {
    fn number(&self) -> u64 {
        u64::from(*self)
    }
}

impl Number for usize {
    fn number(&self) -> u64 {
        u64::try_from(*self).unwrap_or(u64::MAX)
    }
}

impl<N: Number> Number for &N {
    fn number(&self) -> u64 {
        (*self).number()
    }
}
