//! Queries for lists: filters, order and page.

use crate::id::UserId;
use crate::status::Status;
use crate::time::Timestamp;
use crate::user::UserKind;
use crate::validation::Reason;

/// The last page that can be asked for, because its type in the OpenAPI document has no greater
/// number.
pub const MAX_PAGE: u32 = i32::MAX.unsigned_abs();
/// The most items on a page.
pub const MAX_PAGE_SIZE: u32 = 100;
/// The longest search text, in Unicode scalar values.
pub const MAX_SEARCH: usize = 100;
/// The longest time without a use that can be asked for, in days.
pub const MAX_UNUSED_DAYS: u32 = 36_500;

/// The field that tokens are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortField {
    /// The folded name, bytewise.
    Name,
    /// The time of creation.
    CreatedAt,
    /// The time of expiry.
    ExpiresAt,
    /// The last use. Tokens that were never used come last in both directions.
    LastUsedAt,
}

/// The order of a list. Tokens with equal values are sorted by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The field whose values are compared first.
    pub field: SortField,
    /// Whether the highest value comes first.
    pub descending: bool,
}

impl Sort {
    /// The newest tokens come first.
    pub const DEFAULT: Self = Self {
        field: SortField::CreatedAt,
        descending: true,
    };

    /// Parses a form such as `Name` or `-CreatedAt`.
    ///
    /// # Errors
    /// [`Reason::UnknownValue`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let (descending, name) = direction(text);
        let field = match name {
            "Name" => SortField::Name,
            "CreatedAt" => SortField::CreatedAt,
            "ExpiresAt" => SortField::ExpiresAt,
            "LastUsedAt" => SortField::LastUsedAt,
            _ => return Err(Reason::UnknownValue),
        };
        Ok(Self { field, descending })
    }
}

/// Selects tokens, their order, and a page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenQuery {
    /// The owner. `None` selects the tokens of all users, for operators.
    pub owner: Option<UserId>,
    /// Only tokens of users whose folded user name or display name contains this folded text.
    pub owner_called: Option<String>,
    /// The number of the page, from 1.
    pub page: u32,
    /// The number of tokens on a page, from 1 to 100.
    pub page_size: u32,
    /// Only tokens with this status.
    pub status: Option<Status>,
    /// Only tokens whose folded name or description contains this folded text.
    pub search: Option<String>,
    /// Only those that nobody used, made or regenerated for so many days.
    pub unused_for_days: Option<u32>,
    /// Only those made before.
    pub created_before: Option<Timestamp>,
    /// Only those that expire before.
    pub expires_before: Option<Timestamp>,
    /// Only those that have the scope of this name.
    pub scope: Option<String>,
    /// The order of all selected tokens, before they are divided into pages.
    pub sort: Sort,
}

impl TokenQuery {
    /// The first 25 of `owner`'s tokens, the newest first.
    pub fn of(owner: Option<UserId>) -> Self {
        Self {
            owner,
            owner_called: None,
            page: 1,
            page_size: 25,
            status: None,
            search: None,
            unused_for_days: None,
            created_before: None,
            expires_before: None,
            scope: None,
            sort: Sort::DEFAULT,
        }
    }

    /// Whether every token passes, whoever owns it and whatever its status is.
    pub fn passes_all(&self) -> bool {
        // An empty text is in every name.
        let not_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let asked = Self {
            owner_called: not_empty(&self.owner_called),
            search: not_empty(&self.search),
            ..self.clone()
        };
        let every = Self {
            page: self.page,
            page_size: self.page_size,
            status: self.status,
            sort: self.sort,
            ..Self::of(None)
        };
        asked == every
    }

    /// The number of tokens before the page.
    pub fn offset(&self) -> u64 {
        before(self.page, self.page_size)
    }
}

/// The field that users are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSortField {
    /// The folded user name, bytewise.
    UserName,
    /// The folded display name, bytewise.
    DisplayName,
    /// The time of creation.
    CreatedAt,
}

/// The order of a list of users. Users with equal values are sorted by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserSort {
    /// The field whose values are compared first.
    pub field: UserSortField,
    /// Whether the highest value comes first.
    pub descending: bool,
}

impl UserSort {
    /// Ascending by user name.
    pub const DEFAULT: Self = Self {
        field: UserSortField::UserName,
        descending: false,
    };

    /// Parses a form such as `UserName` or `-CreatedAt`.
    ///
    /// # Errors
    /// [`Reason::UnknownValue`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let (descending, name) = direction(text);
        let field = match name {
            "UserName" => UserSortField::UserName,
            "DisplayName" => UserSortField::DisplayName,
            "CreatedAt" => UserSortField::CreatedAt,
            _ => return Err(Reason::UnknownValue),
        };
        Ok(Self { field, descending })
    }
}

/// Whether a form such as `-CreatedAt` begins with the highest value, and the name of its field.
fn direction(text: &str) -> (bool, &str) {
    text.strip_prefix('-')
        .map_or((false, text), |name| (true, name))
}

/// Selects users, their order, and a page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserQuery {
    /// The number of the page, from 1.
    pub page: u32,
    /// The number of users on a page, from 1 to 100.
    pub page_size: u32,
    /// Only users whose folded user name or display name contains this folded text.
    pub search: Option<String>,
    /// Only users of this kind.
    pub kind: Option<UserKind>,
    /// Only users who are disabled, or only those who are not.
    pub disabled: Option<bool>,
    /// The order of all selected users, before they are divided into pages.
    pub sort: UserSort,
}

impl Default for UserQuery {
    /// The first 25 of all users, by user name.
    fn default() -> Self {
        Self {
            page: 1,
            page_size: 25,
            search: None,
            kind: None,
            disabled: None,
            sort: UserSort::DEFAULT,
        }
    }
}

impl UserQuery {
    /// The number of users before the page.
    pub fn offset(&self) -> u64 {
        before(self.page, self.page_size)
    }
}

fn before(page: u32, page_size: u32) -> u64 {
    u64::from(page.saturating_sub(1)) * u64::from(page_size)
}

/// Selects events, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events about the rights of this user.
    pub owner: Option<UserId>,
    /// Only events about the rights of users whose folded user name or display name contains this
    /// folded text.
    pub owner_called: Option<String>,
    /// Only events of this kind, as written by
    /// [`EventKind::as_str`](crate::event::EventKind::as_str).
    pub kind: Option<String>,
    /// Only events that happened to one of these.
    pub subjects: Option<Vec<String>>,
    /// Only events with a lower number.
    pub before: Option<i64>,
    /// The most events to return.
    pub limit: u64,
}
