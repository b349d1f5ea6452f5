//! Tables: which part of them is looked at, the heads of their columns, their rows and pages.

mod column;
mod pager;
mod row;
mod search;
mod view;

pub use column::Column;
pub use pager::Pager;
pub use row::{Badge, Row};
pub use search::{folded, owner_called, owner_named, search_text};
pub use view::ListView;
