//! Users, their identities and sessions, and the link that creates the first administrator.

use ats_pat_auth::Canonical;
use ats_pat_domain::port::{RowKey, SetupLink};
use ats_pat_domain::{LinkedIdentity, Session, User};

use super::{Grants, Row, hex};

impl Row for User {
    const TABLE: &'static str = "users";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        let canonical = Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .text(self.name.as_str())
            .text(self.kind.as_str())
            .optional_text(self.password_hash.as_deref())
            .bool(self.is_administrator)
            .bool(self.disabled);
        // Tags of earlier releases, without a responsible person, groups or e-mail, must stay
        // valid. A form with one more field can't be mistaken for one without it, because each
        // field has its kind and length.
        let canonical = match self.responsible_id {
            Some(person) => canonical.uuid(person.as_uuid().as_bytes()),
            None => canonical,
        };
        let canonical = if self.groups.is_empty() {
            canonical
        } else {
            canonical.text("groups").texts(&self.groups.names())
        };
        match &self.email {
            Some(email) => canonical.text("email").text(email.as_str()),
            None => canonical,
        }
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::User(self.id)
    }
}

impl Row for LinkedIdentity {
    const TABLE: &'static str = "identities";

    fn row_id(&self) -> String {
        format!("{}/{}", self.user_id, self.provider)
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .uuid(self.user_id.as_uuid().as_bytes())
            .text(self.provider.as_str())
            .text(self.identity.issuer.as_str())
            .text(self.identity.subject.as_str())
            .i64(self.linked_at.as_millis())
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::Identity(self.user_id, self.provider.clone())
    }
}

impl Row for Session {
    const TABLE: &'static str = "sessions";

    fn row_id(&self) -> String {
        hex(&self.id_hash)
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.id_hash)
            .uuid(self.user_id.as_uuid().as_bytes())
            .i64(self.created_at.as_millis())
            .i64(self.ends_at.as_millis())
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.ends_at)
    }

    fn key(&self) -> RowKey {
        RowKey::Session(self.id_hash)
    }
}

impl Row for SetupLink {
    const TABLE: &'static str = "setup_link";

    fn row_id(&self) -> String {
        "1".to_owned()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.code_hash)
            .i64(self.key_id.0.into())
            .i64(self.expires_at.as_millis())
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.expires_at)
    }

    fn key(&self) -> RowKey {
        RowKey::SetupLink
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::group::Groups;
    use ats_pat_domain::user::UserKind;
    use ats_pat_domain::{DisplayName, Timestamp, UserId, UserName};

    use super::*;

    fn user(responsible_id: Option<UserId>) -> User {
        let created_at = Timestamp::from_millis(1);
        User {
            id: UserId::new(created_at, [1; 10]),
            name: UserName::from_stored("deploy".to_owned()),
            display_name: DisplayName::from_stored("deploy".to_owned()),
            email: None,
            kind: UserKind::Service,
            password_hash: None,
            is_administrator: false,
            disabled: false,
            responsible_id,
            groups: Groups::default(),
            created_at,
        }
    }

    #[test]
    fn a_user_without_a_responsible_person_has_the_tag_of_earlier_releases() {
        let before = Canonical::new("users")
            .uuid(user(None).id.as_uuid().as_bytes())
            .text("deploy")
            .text("service")
            .optional_text(None)
            .bool(false)
            .bool(false);
        assert_eq!(user(None).canonical().as_bytes(), before.as_bytes());
        let person = |byte| Some(UserId::new(Timestamp::from_millis(1), [byte; 10]));
        let forms = [user(None), user(person(2)), user(person(3))]
            .map(|user| user.canonical().as_bytes().to_vec());
        assert!(forms[0] != forms[1] && forms[0] != forms[2] && forms[1] != forms[2]);
    }

    #[test]
    fn the_tag_covers_the_groups_of_a_user() {
        let person = UserId::new(Timestamp::from_millis(1), [2; 10]);
        let groups = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            Groups::new(&names).unwrap()
        };
        let some: [&[&str]; 4] = [&[], &["corp/a"], &["corp/a", "corp/b"], &["corp/acorp/b"]];
        let mut forms = std::collections::BTreeSet::new();
        for responsible_id in [None, Some(person)] {
            for names in some {
                let user = User {
                    groups: groups(names),
                    ..user(responsible_id)
                };
                assert!(forms.insert(user.canonical().as_bytes().to_vec()));
            }
        }
    }
}
