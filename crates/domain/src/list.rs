//! What lists are asked for.

use crate::id::UserId;
use crate::status::Status;
use crate::time::Timestamp;
use crate::validation::Reason;

/// The last page that can be asked for: the document's type for it ends there.
pub const MAX_PAGE: u32 = i32::MAX.unsigned_abs();
/// The largest page.
pub const MAX_PAGE_SIZE: u32 = 100;
/// The longest search text, in Unicode scalar values.
pub const MAX_SEARCH: usize = 100;
/// The longest time without a use that can be asked for, in days.
pub const MAX_UNUSED_DAYS: u32 = 36_500;

/// What tokens are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortField {
    /// Folded name, bytewise.
    Name,
    /// Time of making.
    CreatedAt,
    /// Expiry.
    ExpiresAt,
    /// Last use; never used last, both ways.
    LastUsedAt,
}

/// The order of a list; ties go by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub field: SortField,
    /// From high to low.
    pub descending: bool,
}

impl Sort {
    /// The newest first.
    pub const DEFAULT: Self = Self {
        field: SortField::CreatedAt,
        descending: true,
    };

    /// Reads `Name`, `-CreatedAt` and so on.
    ///
    /// # Errors
    /// [`Reason::UnknownValue`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let (descending, name) = text
            .strip_prefix('-')
            .map_or((false, text), |name| (true, name));
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

/// Which tokens, in which order, which part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenQuery {
    /// Whose; `None` is everybody's (for operators).
    pub owner: Option<UserId>,
    /// Only those of users whose folded user name or display name holds this folded text.
    pub owner_called: Option<String>,
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub page_size: u32,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those whose folded name or description holds this folded text.
    pub search: Option<String>,
    /// Only those that nobody used, made or regenerated for so many days.
    pub unused_for_days: Option<u32>,
    /// Only those made before.
    pub created_before: Option<Timestamp>,
    /// Only those that expire before.
    pub expires_before: Option<Timestamp>,
    /// Only those that have the scope of this name.
    pub scope: Option<String>,
    /// The order.
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
        let every = Self {
            page: self.page,
            page_size: self.page_size,
            status: self.status,
            sort: self.sort,
            ..Self::of(None)
        };
        *self == every
    }

    /// How many tokens lie before the page.
    pub fn offset(&self) -> u64 {
        before(self.page, self.page_size)
    }
}

/// Which users, by folded name, and which part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserQuery {
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub page_size: u32,
    /// Only those whose folded user name or display name holds this folded text.
    pub search: Option<String>,
}

impl Default for UserQuery {
    /// The first 25 of all.
    fn default() -> Self {
        Self {
            page: 1,
            page_size: 25,
            search: None,
        }
    }
}

impl UserQuery {
    /// How many users lie before the page.
    pub fn offset(&self) -> u64 {
        before(self.page, self.page_size)
    }
}

fn before(page: u32, page_size: u32) -> u64 {
    u64::from(page.saturating_sub(1)) * u64::from(page_size)
}

/// Which events, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only those about this user's rights.
    pub owner: Option<UserId>,
    /// Only those about the rights of users whose folded user name or display name holds this
    /// folded text.
    pub owner_called: Option<String>,
    /// Only those of this kind, as [`EventKind::as_str`](crate::event::EventKind::as_str) writes
    /// it.
    pub kind: Option<String>,
    /// Only those of what happened to one of these.
    pub subjects: Option<Vec<String>>,
    /// Only those before the event of this number.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u64,
}
