//! What is wrong with a form for a user or a password, at each field.

use ats_pat_domain::problem::{Failure, Problem, Reason};

/// The errors of such a form.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserErrors {
    /// With the set-up code.
    pub code: Option<String>,
    /// With the user name.
    pub user_name: Option<String>,
    /// With the display name.
    pub display_name: Option<String>,
    /// With the password that the person has.
    pub current_password: Option<String>,
    /// With the new password.
    pub password: Option<String>,
    /// With its repetition.
    pub password_repeat: Option<String>,
    /// With none of them.
    pub form: Option<String>,
}

impl UserErrors {
    /// The errors that a refusal means.
    pub fn of(problem: &Problem) -> Self {
        let mut errors = Self::default();
        match problem {
            Problem::ValidationFailed(failures) => {
                for failure in failures {
                    *errors.place(failure.field) = Some(words(failure));
                }
            }
            Problem::NameInUse { name } => {
                errors.user_name = Some(format!(
                    "There is a user named {name}: choose another name."
                ));
            }
            Problem::InvalidCredentials => {
                errors.current_password = Some("The current password is wrong.".to_owned());
            }
            other => errors.form = Some(other.message()),
        }
        errors
    }

    /// The error of a repetition that is another password.
    pub fn not_repeated() -> Self {
        Self {
            password_repeat: Some(
                "The two passwords are not the same. Type the same password twice.".to_owned(),
            ),
            ..Self::default()
        }
    }

    /// The error of a form that as a whole can't be taken.
    pub fn whole(text: impl Into<String>) -> Self {
        Self {
            form: Some(text.into()),
            ..Self::default()
        }
    }

    /// Whether the field of this id is the first one with an error: it gets the focus.
    pub fn is_first(&self, id: &str) -> bool {
        [
            ("code", &self.code),
            ("user_name", &self.user_name),
            ("display_name", &self.display_name),
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
            "CurrentPassword" => &mut self.current_password,
            "NewPassword" | "Password" => &mut self.password,
            _ => &mut self.form,
        }
    }
}

fn words(failure: &Failure) -> String {
    let (field, longest) = match failure.field {
        "UserName" => ("user name", 100),
        "DisplayName" => ("display name", 100),
        _ => ("password", 128),
    };
    match failure.reason {
        Reason::Empty | Reason::Required => format!("Enter a {field}."),
        Reason::TooLong => format!("The {field} is too long: use at most {longest} characters."),
        Reason::TooShort => format!("The {field} is too short: use at least 12 characters."),
        Reason::TooCommon => format!("The {field} is easy to guess: choose another."),
        Reason::Repeated | Reason::UnknownValue => {
            format!("The {field} is the one that you have: choose another.")
        }
        _ => format!("The {field} has characters that are not allowed."),
    }
}

/// `text` as a sentence: a capital letter before, a full stop after.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), chars.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_told_at_its_field_and_the_first_gets_the_focus() {
        let failure = |field, reason| Failure { field, reason };
        let errors = UserErrors::of(&Problem::ValidationFailed(vec![
            failure("DisplayName", Reason::TooLong),
            failure("Password", Reason::TooShort),
        ]));
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
