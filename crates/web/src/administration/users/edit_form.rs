//! The form with a user's names, address and right to administer.

use ats_pat_service::view::UserView;
use ats_pat_service::{SignedIn, StepUp, UserUpdate};

use super::view::UserListView;
use crate::fault::UserErrors;
use crate::form::Form;
use crate::query::{Query, address};
use crate::step_up::PasswordField;
use crate::visit::Visit;

/// The form with its entries and errors.
pub struct EditForm {
    /// The id of the user who is changed.
    pub id: String,
    /// The current name of the user.
    pub title: String,
    /// The user name as it was typed.
    pub user_name: String,
    /// The display name as it was typed.
    pub display_name: String,
    /// The e-mail address as it was typed. Empty: none.
    pub email: String,
    /// Whether the user becomes or stays an administrator. `None` if that can't be changed: for a
    /// service account, and for one's own account.
    pub is_admin: Option<bool>,
    /// Whether the user is an administrator now.
    pub was_admin: bool,
    /// The errors, by field.
    pub errors: UserErrors,
    /// The field for the administrator's own password, if the sign-in is too old.
    pub step_up: Option<PasswordField>,
}

impl EditForm {
    /// The form with the current values of the user.
    pub fn of(visit: &Visit<'_>, by: &SignedIn, user: UserView) -> Self {
        let may_administer = user.kind == "Person" && user.id != by.user().id;
        Self {
            id: user.id.to_string(),
            title: user.user_name.clone(),
            user_name: user.user_name,
            display_name: user.display_name,
            email: user.email.unwrap_or_default(),
            is_admin: may_administer.then_some(user.is_admin),
            was_admin: user.is_admin,
            errors: UserErrors::default(),
            step_up: PasswordField::shown(visit, by, StepUp::Always),
        }
    }

    /// The form with the entries that were posted.
    pub fn posted(self, form: &Form) -> Self {
        self.typed(|name| form.field(name))
    }

    /// The form with the entries that were kept when the session had ended, if the address has
    /// them.
    pub fn kept(self, query: &Query) -> Self {
        if query.get("typed").is_none() {
            return self;
        }
        self.typed(|name| query.get(name).unwrap_or_default())
    }

    fn typed<'a>(self, field: impl Fn(&str) -> &'a str) -> Self {
        Self {
            user_name: field("user_name").to_owned(),
            display_name: field("display_name").to_owned(),
            email: field("email").to_owned(),
            is_admin: self.is_admin.map(|_| field("is_admin") == "yes"),
            ..self
        }
    }

    /// The change that the form asks for.
    pub fn update(&self) -> UserUpdate {
        UserUpdate {
            user_name: Some(self.user_name.clone()),
            display_name: Some(self.display_name.clone()),
            email: Some(self.email.clone()),
            administrator: self.is_admin,
            ..UserUpdate::default()
        }
    }

    /// Whether the form is shown again only for the administrator's password.
    pub fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }
}

/// The address that shows the form as it was posted, without the password.
pub fn address_of_edit(visit: &Visit<'_>, form: &Form) -> String {
    address(
        visit.uri.path(),
        &[
            ("typed", "yes"),
            ("user_name", form.field("user_name")),
            ("display_name", form.field("display_name")),
            ("email", form.field("email")),
            ("is_admin", form.field("is_admin")),
            ("search", &UserListView::of(visit).search),
        ],
    )
}
