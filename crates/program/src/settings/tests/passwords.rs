//! Passwords in the URL of the database.

use super::given::Given;
use crate::settings::{CommonFlags, SettingsError};

#[test]
fn no_password_meets_debug() {
    for given in [
        Given::variable("ATS_PAT_DATABASE_URL", "postgres://ats:s3cret@db/ats"),
        Given::file("database-url = 'postgres://ats:s3cret@db/ats'"),
    ] {
        assert!(!format!("{:?}", given.settings()).contains("s3cret"));
    }
    let flags = CommonFlags {
        database_url: Some("s3cret".into()),
        ..CommonFlags::default()
    };
    assert!(!format!("{flags:?}").contains("s3cret"));
}

#[test]
fn a_password_in_a_flag_is_refused_wherever_it_stands() {
    for url in [
        "postgres://ats:s3cret@db/ats",
        "mysql://ats:s3c/ret@db/ats",
        "postgres://ats:s3c#ret@db:port/ats",
        "postgres://ats@db/ats?password=s3cret",
        "postgres://ats@db/ats?PASSword=s3cret",
    ] {
        let error = Given::flag("--database-url", url).load().unwrap_err();
        assert!(
            matches!(error, SettingsError::PasswordInFlag),
            "{url}: {error}"
        );
    }
    for url in [
        "postgres://ats@db:5432/ats",
        "sqlite:/srv/a:b@c/ats.db",
        "mysql://db/ats",
    ] {
        assert!(Given::flag("--database-url", url).load().is_ok(), "{url}");
    }
}
