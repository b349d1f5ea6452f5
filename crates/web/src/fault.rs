//! The errors of a form for a user or a password, by field.

use ats_pat_domain::problem::{Failure, Problem, Reason};
use ats_pat_text::Text;

/// The errors of such a form.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserErrors {
    /// The error of the set-up code.
    pub code: Option<String>,
    /// The error of the user name.
    pub user_name: Option<String>,
    /// The error of the display name.
    pub display_name: Option<String>,
    /// The error of the e-mail address.
    pub email: Option<String>,
    /// The error of the responsible person.
    pub responsible: Option<String>,
    /// The error of the current password.
    pub current_password: Option<String>,
    /// The error of the new password.
    pub password: Option<String>,
    /// The error of its repetition.
    pub password_repeat: Option<String>,
    /// An error of no field.
    pub form: Option<String>,
}

impl UserErrors {
    /// The errors for a refusal.
    pub fn of(problem: &Problem, text: Text) -> Self {
        let mut errors = Self::default();
        match problem {
            Problem::ValidationFailed(failures) => {
                for failure in failures {
                    *errors.place(&failure.field) = Some(words(failure, text).to_owned());
                }
            }
            Problem::UserNameInUse { name } => {
                errors.user_name = Some(text.user_name_in_use(name));
            }
            Problem::InvalidCredentials => {
                errors.current_password = Some(text.password_wrong().to_owned());
            }
            other => errors.form = Some(other.message(text)),
        }
        errors
    }

    /// The error of a repetition that differs.
    pub fn not_repeated(text: Text) -> Self {
        Self {
            password_repeat: Some(text.passwords_differ().to_owned()),
            ..Self::default()
        }
    }

    /// An error of the whole form.
    pub fn whole(text: impl Into<String>) -> Self {
        Self {
            form: Some(text.into()),
            ..Self::default()
        }
    }

    /// Whether the field with this id is the first one with an error. It gets the focus.
    pub fn is_first(&self, id: &str) -> bool {
        [
            ("code", &self.code),
            ("user_name", &self.user_name),
            ("display_name", &self.display_name),
            ("email", &self.email),
            ("responsible", &self.responsible),
            ("current_password", &self.current_password),
            ("password", &self.password),
            ("password_repeat", &self.password_repeat),
        ]
        .into_iter()
        .find(|(_, error)| error.is_some())
        .is_some_and(|(first, _)| first == id)
    }

    /// Whether no field has an error.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    fn place(&mut self, field: &str) -> &mut Option<String> {
        match field {
            "UserName" => &mut self.user_name,
            "DisplayName" => &mut self.display_name,
            "Email" => &mut self.email,
            "CurrentPassword" => &mut self.current_password,
            "NewPassword" | "Password" => &mut self.password,
            _ => &mut self.form,
        }
    }
}

fn words(failure: &Failure, text: Text) -> &'static str {
    match (&*failure.field, failure.reason) {
        ("UserName", Reason::Empty | Reason::Required) => text.user_name_missing(),
        ("UserName", Reason::TooLong) => text.user_name_too_long(),
        ("UserName", _) => text.user_name_bad_character(),
        ("DisplayName", Reason::Empty | Reason::Required) => text.display_name_missing(),
        ("DisplayName", Reason::TooLong) => text.display_name_too_long(),
        ("DisplayName", _) => text.display_name_bad_character(),
        ("Email", Reason::TooLong) => text.email_too_long(),
        ("Email", _) => text.email_bad(),
        (_, Reason::Empty | Reason::Required) => text.password_missing(),
        (_, Reason::TooLong) => text.password_too_long(),
        (_, Reason::TooShort) => text.password_too_short(),
        (_, Reason::TooCommon) => text.password_too_common(),
        (_, Reason::Repeated | Reason::UnknownValue) => text.password_unchanged(),
        (_, _) => text.password_bad_character(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_told_at_its_field_and_the_first_gets_the_focus() {
        let failure = |field, reason| Failure::new(field, reason);
        let errors = UserErrors::of(
            &Problem::ValidationFailed(vec![
                failure("DisplayName", Reason::TooLong),
                failure("Password", Reason::TooShort),
            ]),
            Text::ENGLISH,
        );
        assert_eq!(
            errors.display_name.as_deref(),
            Some("The display name is too long: use at most 100 characters.")
        );
        assert_eq!(
            errors.password.as_deref(),
            Some("The password is too short: use at least 12 characters.")
        );
        assert!(errors.is_first("display_name") && !errors.is_first("password"));
    }
}
