//! Users, their identities and sessions, and the link that creates the first administrator.

use ats_pat_auth::Canonical;
use ats_pat_domain::port::{RowKey, SetupLink};
use ats_pat_domain::{DisabledBy, DisabledMarks, LinkedIdentity, Session, Timestamp, User};

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
            .bool(self.is_disabled());
        // Tags of earlier releases, without a responsible person, groups and the like, must stay
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
        let canonical = match &self.email {
            Some(email) => canonical.text("email").text(email.as_str()),
            None => canonical,
        };
        let canonical = if DisabledMarks::NONE.with(DisabledBy::Administrator) == self.disabled
            || !self.is_disabled()
        {
            canonical
        } else {
            let marks = self.disabled.as_number();
            canonical.text("disabled_by").i64(marks.into())
        };
        let canonical = match &self.provider_sign_in {
            Some(sign_in) => canonical
                .text("provider_sign_in")
                .text(sign_in.provider.as_str())
                .text(sign_in.identity.issuer.as_str())
                .text(sign_in.identity.subject.as_str())
                .optional_i64(sign_in.at.map(Timestamp::as_millis)),
            None => canonical,
        };
        let canonical = match self.signed_in_elsewhere.to_stored() {
            Some(elsewhere) => canonical.text("signed_in_elsewhere").text(&elsewhere),
            None => canonical,
        };
        match &self.directory {
            Some(entry) => canonical
                .text("directory")
                .text(entry.identity.issuer.as_str())
                .text(&entry.to_stored()),
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
        let canonical = Canonical::new(Self::TABLE)
            .bytes(&self.id_hash)
            .uuid(self.user_id.as_uuid().as_bytes())
            .i64(self.created_at.as_millis())
            .i64(self.ends_at.as_millis());
        // Tags of sessions that began by a password are as in earlier releases.
        match &self.provider {
            Some(provider) => canonical
                .text("provider")
                .text(provider.provider.as_str())
                .optional_bytes(provider.id_hash.as_ref().map(<[u8; 32]>::as_slice))
                .optional_i64(provider.authenticated_at.map(Timestamp::as_millis))
                .bool(provider.is_administrator),
            None => canonical,
        }
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
    use ats_pat_domain::session::ProviderSession;
    use ats_pat_domain::user::UserKind;
    use ats_pat_domain::{
        DisplayName, Identity, Issuer, ProviderName, ProviderSignIn, SignedInElsewhere, Subject,
        Timestamp, UserId, UserName,
    };

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
            disabled: DisabledMarks::NONE,
            responsible_id,
            groups: Groups::default(),
            provider_sign_in: None,
            signed_in_elsewhere: SignedInElsewhere::default(),
            directory: None,
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

    fn distinct(forms: &[Canonical]) -> bool {
        let distinct: std::collections::BTreeSet<_> =
            forms.iter().map(Canonical::as_bytes).collect();
        distinct.len() == forms.len()
    }

    fn corp() -> ProviderName {
        ProviderName::from_stored("corp".to_owned())
    }

    #[test]
    fn the_tag_covers_who_disabled_a_user_and_the_last_sign_in_at_a_provider() {
        let marked = |marks| User {
            disabled: DisabledMarks::from_stored(marks),
            ..user(None)
        };
        let signed_in = |issuer: &str, subject: &str, at: Option<i64>| User {
            provider_sign_in: Some(ProviderSignIn {
                provider: corp(),
                identity: Identity {
                    issuer: Issuer::from_stored(issuer.to_owned()),
                    subject: Subject::from_stored(subject.to_owned()),
                },
                at: at.map(Timestamp::from_millis),
            }),
            ..user(None)
        };
        let mut users: Vec<User> = (0..8).map(marked).collect();
        users.extend([
            signed_in("https://id.example", "ada", None),
            signed_in("https://id.example", "ada", Some(1)),
            signed_in("https://id.example", "ada", Some(2)),
            signed_in("https://id.examplea", "da", Some(2)),
        ]);
        for at in [None, Some(1), Some(2)] {
            let mut elsewhere = signed_in("https://id.example", "ada", Some(2));
            let at = at.map(Timestamp::from_millis);
            elsewhere.signed_in_elsewhere.note(&corp(), at);
            users.push(elsewhere);
        }
        let forms: Vec<Canonical> = users.iter().map(User::canonical).collect();
        assert!(distinct(&forms));
    }

    #[test]
    fn the_tag_covers_what_a_session_has_from_a_provider() {
        let session = |provider| Session {
            id_hash: [1; 32],
            user_id: user(None).id,
            created_at: Timestamp::from_millis(1),
            last_seen_at: Timestamp::from_millis(1),
            seen_tag: None,
            ends_at: Timestamp::from_millis(2),
            provider,
        };
        let of_provider = |id_hash, at: Option<i64>, is_administrator| {
            session(Some(ProviderSession {
                provider: corp(),
                id_hash,
                authenticated_at: at.map(Timestamp::from_millis),
                is_administrator,
            }))
        };
        let sessions = [
            session(None),
            of_provider(None, None, false),
            of_provider(None, None, true),
            of_provider(None, Some(1), false),
            of_provider(Some([1; 32]), None, false),
        ];
        assert!(distinct(&sessions.map(|session| session.canonical())));
        let before = Canonical::new("sessions")
            .bytes(&[1; 32])
            .uuid(user(None).id.as_uuid().as_bytes())
            .i64(1)
            .i64(2);
        assert_eq!(session(None).canonical().as_bytes(), before.as_bytes());
    }
}
