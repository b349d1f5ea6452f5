//! The form with a user's names, address and right to administer.

use ats_pat_service::view::UserView;
use ats_pat_service::{SignedIn, StepUp, UserUpdate};

use super::view::UserListView;
use crate::fault::UserErrors;
use crate::form::Form;
use crate::query::{Query, address};
use crate::step_up::PasswordField;
use crate::visit::Visit;

/// The form as it was typed, and what was wrong.
pub struct EditForm {
    /// The user's id.
    pub id: String,
    /// What the user is called now.
    pub title: String,
    /// What the user signs in with.
    pub user_name: String,
    /// The name to show.
    pub display_name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the user is an administrator; nothing where that can't be changed: of a service
    /// account, and of one's own account.
    pub is_admin: Option<bool>,
    /// Whether the user is an administrator now.
    pub was_admin: bool,
    /// What is wrong, at each field.
    pub errors: UserErrors,
    /// The administrator's own password, where the sign-in is too old.
    pub step_up: Option<PasswordField>,
}

impl EditForm {
    /// What the user has now.
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

    /// The same as it was posted.
    pub fn posted(self, form: &Form) -> Self {
        self.typed(|name| form.field(name))
    }

    /// The same as it was posted when its session had ended, where the address has that.
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

    /// What the form asks for.
    pub fn update(&self) -> UserUpdate {
        UserUpdate {
            user_name: Some(self.user_name.clone()),
            display_name: Some(self.display_name.clone()),
            email: Some(self.email.clone()),
            administrator: self.is_admin,
            ..UserUpdate::default()
        }
    }

    /// Whether it is shown again for the administrator's password alone.
    pub fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }
}

/// Where the form is shown again as it was posted, without the password.
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
