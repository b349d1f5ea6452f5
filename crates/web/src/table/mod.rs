//! Tables: the view in the address, the heads of columns, the rows and the pager.

mod badge;
mod column;
mod filter;
mod pager;
mod row;
mod search;
mod view;

pub use badge::Badge;
pub use column::Column;
pub use pager::Pager;
pub use row::{TokenRow, in_short};
pub use search::{folded, owner_called, owner_named, search_text};
pub use view::{ListView, PAGE_SIZE};
