//! The links between the pages of a list.

use ats_pat_text::Text;

/// The place of a page in its list, with the links to its neighbours.
pub struct Pager {
    /// The place in words: `1–15 of 10,000`.
    pub text: String,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
}

impl Pager {
    /// The pager of `page` of a list with `total` entries.
    pub fn new(
        page: u32,
        size: u32,
        total: u64,
        text: Text,
        address: impl Fn(u32) -> String,
    ) -> Self {
        let before = u64::from(page - 1) * u64::from(size);
        let last = (before + u64::from(size)).min(total);
        let pages = total.div_ceil(size.into());
        let previous = (page > 1).then(|| {
            // On a page past the end, *Previous* leads to the last page.
            let pages = u32::try_from(pages).unwrap_or(u32::MAX).max(1);
            address((page - 1).min(pages))
        });
        Self {
            text: if before < total {
                text.page_place(before + 1, last, total)
            } else {
                text.page_place_past_end(total)
            },
            previous,
            next: (last < total).then(|| address(page + 1)),
        }
    }
}
