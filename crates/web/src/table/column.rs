//! The heads of columns.

/// The head of a column.
pub struct Column {
    /// The label, in the person's language.
    pub label: &'static str,
    /// The address of a click. Empty for a column that can't be sorted by.
    pub address: String,
    /// `ascending`, `descending` or nothing, for `aria-sort`.
    pub sorted: &'static str,
}

impl Column {
    /// A column without sorting.
    pub const fn plain(label: &'static str) -> Self {
        Self {
            label,
            address: String::new(),
            sorted: "",
        }
    }
}
