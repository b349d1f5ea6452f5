//! The search and the page in the address of the list of users.

use poem::Response;

use crate::flash::Flash;
use crate::page::redirect;
use crate::query::{Query, address};
use crate::route::USERS;
use crate::table::search_text;
use crate::visit::Visit;

/// A view of the list.
pub struct UserListView {
    /// Only users with this text in a name.
    pub search: String,
    /// The number of the page, from 1.
    pub page: u32,
}

impl UserListView {
    /// The view in the address of a visit.
    pub fn of(visit: &Visit<'_>) -> Self {
        let query = Query::of(&visit.uri);
        let page = query.get("page").and_then(|page| page.parse().ok());
        Self {
            search: search_text(&query, "search"),
            page: page.filter(|page| *page > 0).unwrap_or(1),
        }
    }

    /// `path` with this view as its query, on this page of the list.
    pub fn address(&self, path: &str, page: u32) -> String {
        self.address_about("", path, page)
    }

    /// The same, with the name of a user.
    pub fn address_about(&self, user_name: &str, path: &str, page: u32) -> String {
        let page = if page == 1 {
            String::new()
        } else {
            page.to_string()
        };
        address(
            path,
            &[
                ("user", user_name),
                ("search", &self.search),
                ("page", &page),
            ],
        )
    }
}

/// Redirects to the list, which says what was done.
pub fn done(visit: &Visit<'_>, flash: &Flash) -> Response {
    let view = UserListView::of(visit);
    let mut response = redirect(&view.address(USERS, view.page));
    flash.put(visit.settings, &mut response);
    response
}
