//! How a user is printed.

use ats_pat_service::view::{Responsible, UserView};

use crate::output::{Shown, or_dash, yes_or_no};

fn responsible(person: &Responsible) -> String {
    if person.disabled {
        format!("{} (disabled)", person.user_name)
    } else {
        person.user_name.clone()
    }
}

fn groups(user: &UserView) -> String {
    or_dash((!user.groups.is_empty()).then(|| user.groups.names().join(", ")))
}

impl Shown for UserView {
    const COLUMNS: &'static [&'static str] = &[
        "Id",
        "User name",
        "Display name",
        "Admin",
        "Disabled",
        "Kind",
        "Responsible",
        "Groups",
        "Created at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.user_name.clone(),
            self.display_name.clone(),
            yes_or_no(self.is_admin),
            yes_or_no(self.disabled),
            self.kind.to_owned(),
            or_dash(self.responsible.as_ref().map(responsible)),
            groups(self),
            self.created_at.to_string(),
        ]
    }
}
