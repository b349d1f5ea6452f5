//! The view of a table of tokens: filter, order and page.

use std::borrow::Cow;

use ats_pat_domain::Status;
use ats_pat_domain::list::{Sort, SortField, TokenQuery};
use ats_pat_text::Text;

use super::column::Column;
use super::filter::Filter;
use super::pager::Pager;
use super::search::{folded, owner_called, search_text};
use crate::query::{Query, address};

/// How many tokens a page has. With the longest names and descriptions, a page stays under 100 kB.
pub const PAGE_SIZE: u32 = 15;

/// How many tokens a page of a service account has. Its addresses are longer, and its heading has
/// the account's name.
const SHORTER_PAGE: u32 = 14;

/// A view of a table. It is in the address, so people can save it and go back to it. What can't be
/// read there counts as absent.
#[derive(Clone)]
pub struct ListView {
    path: Cow<'static, str>,
    page_size: u32,
    /// In the table of everybody's tokens, only those of users whose names contain this text.
    pub owner: String,
    /// Only tokens with this status.
    pub status: Option<Status>,
    /// Only tokens with this text in name or description.
    pub search: String,
    /// The rest of the filter, in the table of everybody's tokens.
    pub filter: Filter,
    /// The order, which the heads of the columns change.
    pub sort: Sort,
    /// The number of the page, from 1.
    pub page: u32,
}

impl ListView {
    /// Reads the view of the table at `path` from a query.
    pub fn read(path: impl Into<Cow<'static, str>>, query: &Query) -> Self {
        let page = query.get("page").and_then(|page| page.parse().ok());
        Self {
            path: path.into(),
            page_size: PAGE_SIZE,
            owner: search_text(query, "owner"),
            status: query.get("status").and_then(|status| status.parse().ok()),
            search: search_text(query, "search"),
            filter: Filter::read(query),
            sort: query
                .get("sort")
                .and_then(|sort| Sort::parse(sort).ok())
                .unwrap_or(Sort::DEFAULT),
            page: page.filter(|page| *page > 0).unwrap_or(1),
        }
    }

    /// The same view of a service account's tokens.
    pub fn of_account(self) -> Self {
        Self {
            page_size: SHORTER_PAGE,
            ..self
        }
    }

    /// The query for the use case.
    pub fn query(&self) -> TokenQuery {
        self.filter.narrow(TokenQuery {
            owner_called: owner_called(&self.owner),
            page: self.page,
            page_size: self.page_size,
            status: self.status,
            search: folded(&self.search),
            sort: self.sort,
            ..TokenQuery::of(None)
        })
    }

    /// Whether the view filters tokens.
    pub fn is_filtered(&self) -> bool {
        self.status.is_some() || self.chooses()
    }

    /// Whether the view filters tokens by more than their status.
    pub fn chooses(&self) -> bool {
        !self.search.is_empty() || !self.owner.is_empty() || self.filter.is_set()
    }

    /// The name of the chosen status, or nothing.
    fn status_name(&self) -> &'static str {
        self.status.map_or("", Status::as_str)
    }

    /// The order in the address. Empty for the default order.
    pub fn sort_name(&self) -> &'static str {
        if self.sort == Sort::DEFAULT {
            ""
        } else {
            sort_name(self.sort)
        }
    }

    /// The address of this view.
    pub fn address(&self) -> String {
        self.address_at(&self.path)
    }

    /// `path` with this view as its query. A form that is posted there answers with the same view.
    pub fn address_at(&self, path: &str) -> String {
        self.address_with(path, &[])
    }

    /// The same with more pairs in the query.
    pub fn address_with(&self, path: &str, more: &[(&str, &str)]) -> String {
        let page = if self.page == 1 {
            String::new()
        } else {
            self.page.to_string()
        };
        let view = [
            ("owner", self.owner.as_str()),
            ("status", self.status_name()),
            ("search", &self.search),
            ("sort", self.sort_name()),
            ("page", &page),
        ];
        address(path, &[&view[..], &self.filter.pairs(), more].concat())
    }

    /// The view as names and values, for the fields of a form.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let address = self.suffix();
        let query = Query::parse(address.strip_prefix('?').unwrap_or_default());
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        query.pairs().map(owned).collect()
    }

    /// The query of this view with its question mark, or nothing.
    pub fn suffix(&self) -> String {
        self.address_at("")
    }

    /// The address of the last page of `total` tokens, if this page is past it.
    pub fn last_instead(&self, total: u64) -> Option<String> {
        let pages = u32::try_from(total.div_ceil(self.page_size.into())).unwrap_or(u32::MAX);
        (total > 0 && self.page > pages).then(|| self.on_page(pages))
    }

    fn on_page(&self, page: u32) -> String {
        Self {
            page,
            ..self.clone()
        }
        .address()
    }

    /// The head of a column.
    pub fn column(&self, label: &'static str, name: &str) -> Column {
        // The first click sorts as people usually want it: names from A, times from the latest.
        let Ok(first) = Sort::parse(name) else {
            return Column::plain(label);
        };
        let is_sorted = self.sort.field == first.field;
        let next = if is_sorted {
            Sort {
                field: first.field,
                descending: !self.sort.descending,
            }
        } else {
            first
        };
        let address = Self {
            sort: next,
            page: 1,
            ..self.clone()
        }
        .address();
        Column {
            label,
            address,
            sorted: match (is_sorted, self.sort.descending) {
                (false, _) => "",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
        }
    }

    /// The pager of this page among `total` tokens.
    pub fn pager(&self, total: u64, text: Text) -> Pager {
        Pager::new(self.page, self.page_size, total, text, |page| {
            self.on_page(page)
        })
    }

    /// The statuses to choose from: value, label, and whether it is chosen.
    pub fn statuses(&self, text: Text) -> [(&'static str, &'static str, bool); 4] {
        [
            ("", text.tokens_all_statuses()),
            (Status::Active.as_str(), text.status_active()),
            (Status::Expired.as_str(), text.status_expired()),
            (Status::Revoked.as_str(), text.status_revoked()),
        ]
        .map(|(name, label)| (name, label, name == self.status_name()))
    }

    /// The orders to choose from, for narrow pages, which have no heads of columns.
    pub fn sorts(&self, text: Text) -> Vec<(&'static str, &'static str, bool)> {
        [
            ("-CreatedAt", text.tokens_newest_first()),
            ("CreatedAt", text.tokens_oldest_first()),
            ("Name", text.tokens_by_name()),
            ("ExpiresAt", text.tokens_expiring_first()),
            ("-LastUsedAt", text.tokens_last_used_first()),
        ]
        .map(|(name, label)| (name, label, sort_name(self.sort) == name))
        .to_vec()
    }
}

const fn sort_name(sort: Sort) -> &'static str {
    match (sort.field, sort.descending) {
        (SortField::Name, false) => "Name",
        (SortField::Name, true) => "-Name",
        (SortField::CreatedAt, false) => "CreatedAt",
        (SortField::CreatedAt, true) => "-CreatedAt",
        (SortField::ExpiresAt, false) => "ExpiresAt",
        (SortField::ExpiresAt, true) => "-ExpiresAt",
        (SortField::LastUsedAt, false) => "LastUsedAt",
        (SortField::LastUsedAt, true) => "-LastUsedAt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(query: &str) -> ListView {
        ListView::read("/t", &Query::parse(query))
    }

    #[test]
    fn a_view_is_its_address() {
        for address in [
            "/t",
            "/t?status=Active",
            "/t?status=Expired&search=a+b%26c&sort=-Name&page=3",
            "/t?owner=ada",
            "/t?status=Active&unused=90&expires_before=2027-01-31&scope=orders%3Aread",
        ] {
            let query = address.split_once('?').map_or("", |(_, query)| query);
            assert_eq!(view(query).address(), address);
        }
    }

    #[test]
    fn what_an_address_gets_wrong_is_as_absent() {
        assert_eq!(
            view("status=Lost&sort=Owner&page=0&search=").address(),
            "/t"
        );
        assert_eq!(view("page=-1").page, 1);
        assert_eq!(
            view(&format!("search={}", "x".repeat(200))).search.len(),
            100
        );
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let column = view("").column("Name", "Name");
        assert_eq!(
            (column.address.as_str(), column.sorted),
            ("/t?sort=Name", "")
        );
        let column = view("sort=Name&page=4").column("Name", "Name");
        assert_eq!(
            (column.address.as_str(), column.sorted),
            ("/t?sort=-Name", "ascending")
        );
    }

    #[test]
    fn the_pager_tells_where_the_page_lies() {
        let first = view("").pager(10_000, Text::ENGLISH);
        assert_eq!(first.text, "1–15 of 10,000");
        assert_eq!(
            (first.previous, first.next),
            (None, Some("/t?page=2".to_owned()))
        );
        let last = view("page=2").pager(16, Text::ENGLISH);
        assert_eq!(last.text, "16–16 of 16");
        assert_eq!((last.previous, last.next), (Some("/t".to_owned()), None));
        let past = view("page=9").pager(16, Text::ENGLISH);
        assert_eq!(past.text, "none of 16");
        assert_eq!(
            (past.previous, past.next),
            (Some("/t?page=2".to_owned()), None)
        );
    }
}
