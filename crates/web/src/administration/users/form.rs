//! The form for a new user.

use ats_pat_service::{SignedIn, StepUp};

use super::view::UserListView;
use crate::fault::UserErrors;
use crate::form::Form;
use crate::query::address;
use crate::route::USERS;
use crate::step_up::PasswordField;
use crate::visit::Visit;

/// The form for a new user, as it was typed, and what was wrong.
#[derive(Default)]
pub struct UserForm {
    /// What the user signs in with.
    pub user_name: String,
    /// The name to show.
    pub display_name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the user becomes an administrator.
    pub is_admin: bool,
    /// What is wrong, at each field.
    pub errors: UserErrors,
    /// Whether it is open from the start.
    pub is_open: bool,
    /// The administrator's own password, where the sign-in is too old.
    pub step_up: Option<PasswordField>,
}

impl UserForm {
    /// One in which nothing was typed.
    pub fn empty(visit: &Visit<'_>, by: &SignedIn) -> Self {
        Self {
            step_up: PasswordField::shown(visit, by, StepUp::Always),
            ..Self::default()
        }
    }

    /// Whether it is shown again for the administrator's password alone.
    pub fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }
}

/// Where the form is shown again as it was posted, without its passwords.
pub fn address_of_form(visit: &Visit<'_>, form: &Form) -> String {
    address(
        USERS,
        &[
            ("add", "yes"),
            ("user_name", form.field("user_name")),
            ("display_name", form.field("display_name")),
            ("email", form.field("email")),
            ("is_admin", form.field("is_admin")),
            ("search", &UserListView::of(visit).search),
        ],
    )
}
