//! The memory of database servers.

/// How much memory a database server has.
#[derive(Clone, Copy)]
pub enum Memory {
    /// So little that it often writes its data files, which then can fail.
    Little,
    /// As much as a database of a million rows needs.
    Plenty,
}
