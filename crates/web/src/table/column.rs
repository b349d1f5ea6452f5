//! The heads of columns.

/// The head of a column.
pub struct Column {
    /// What stands there.
    pub label: &'static str,
    /// Where a click leads; empty where the column can't be sorted by.
    pub address: String,
    /// `ascending`, `descending` or nothing, for `aria-sort`.
    pub sorted: &'static str,
}

impl Column {
    /// A column that can't be sorted by.
    pub const fn plain(label: &'static str) -> Self {
        Self {
            label,
            address: String::new(),
            sorted: "",
        }
    }
}
