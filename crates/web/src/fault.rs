//! Refusals in words that fit a form.

use ats_pat_domain::problem::{Failure, Problem, Reason};

/// What is wrong with a user's name or password, as one or more sentences.
pub fn user_alerts(problem: &Problem) -> String {
    match problem {
        Problem::ValidationFailed(failures) => {
            let sentences: Vec<String> = failures.iter().map(user_alert).collect();
            sentences.join(" ")
        }
        other => other.message(),
    }
}

fn user_alert(failure: &Failure) -> String {
    let field = match failure.field {
        "UserName" => "user name",
        "DisplayName" => "display name",
        "NewPassword" => "new password",
        _ => "password",
    };
    match failure.reason {
        Reason::Empty | Reason::Required => format!("Enter a {field}."),
        Reason::TooLong if failure.field.ends_with("Password") => {
            format!("The {field} is too long: use at most 128 characters.")
        }
        Reason::TooLong => format!("The {field} is too long: use at most 100 characters."),
        Reason::TooShort => format!("The {field} is too short: use at least 12 characters."),
        Reason::TooCommon => format!("The {field} is too easily guessed: choose another."),
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
