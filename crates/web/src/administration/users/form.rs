//! The form for a new user.

use ats_pat_service::{SignedIn, StepUp};

use super::view::UserListView;
use crate::fault::UserErrors;
use crate::form::Form;
use crate::query::address;
use crate::route::USERS;
use crate::step_up::PasswordField;
use crate::visit::Visit;

/// The form with its entries and errors.
#[derive(Default)]
pub struct UserForm {
    /// The user name as it was typed.
    pub user_name: String,
    /// The display name as it was typed.
    pub display_name: String,
    /// The e-mail address as it was typed. Empty: none.
    pub email: String,
    /// Whether the user becomes an administrator.
    pub is_admin: bool,
    /// The errors, by field.
    pub errors: UserErrors,
    /// Whether it is open from the start.
    pub is_open: bool,
    /// The field for the administrator's own password, if the sign-in is too old.
    pub step_up: Option<PasswordField>,
}

impl UserForm {
    /// The form as it is opened.
    pub fn empty(visit: &Visit<'_>, by: &SignedIn) -> Self {
        Self {
            step_up: PasswordField::shown(visit, by, StepUp::Always),
            ..Self::default()
        }
    }

    /// Whether the form is shown again only for the administrator's password.
    pub fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }
}

/// The address that shows the form as it was posted, without its passwords.
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
