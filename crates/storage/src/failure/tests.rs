use super::*;

fn postgres(code: &str) -> Code {
    Code::Postgres(code.to_owned())
}

#[test]
fn only_what_is_proven_undone_is_tried_again() {
    for code in [
        postgres("40001"),
        postgres("40P01"),
        Code::MySql(1213),
        Code::MySql(1205),
        Code::MySql(1020),
        Code::Sqlite(5),
        Code::Sqlite(517),
    ] {
        assert_eq!(code.class(), Class::Retryable, "{code}");
    }
    for code in [
        postgres("08006"),
        postgres("57P01"),
        postgres("53300"),
        Code::MySql(1047),
        Code::MySql(1290),
    ] {
        assert_eq!(code.class(), Class::Unavailable, "{code}");
    }
}

#[test]
fn a_storage_that_fails_is_told_from_a_database_that_is_away() {
    for (code, failure) in [
        (postgres("53100"), StorageFailure::DiskFull),
        (Code::MySql(1114), StorageFailure::DiskFull),
        (Code::Sqlite(13), StorageFailure::DiskFull),
        (postgres("58030"), StorageFailure::InputOutput),
        (Code::MySql(1030), StorageFailure::InputOutput),
        // SQLITE_IOERR_FSYNC, and a file that can't be opened.
        (Code::Sqlite(1034), StorageFailure::InputOutput),
        (Code::Sqlite(14), StorageFailure::InputOutput),
        (Code::Sqlite(8), StorageFailure::ReadOnly),
        (Code::Sqlite(1032), StorageFailure::FileGone),
    ] {
        assert_eq!(code.class(), Class::Storage(failure), "{code}");
    }
}

#[test]
fn an_answer_to_commit_proves_little() {
    for code in [
        postgres("40001"),
        postgres("23505"),
        Code::MySql(1213),
        Code::Sqlite(5),
    ] {
        assert!(code.proves_undone(), "{code}");
    }
    for code in [
        postgres("40003"),
        postgres("57P01"),
        postgres("XX000"),
        Code::MySql(1205),
        Code::MySql(1047),
        Code::Sqlite(10),
        Code::Unknown,
    ] {
        assert!(!code.proves_undone(), "{code}");
    }
}

#[test]
fn messages_that_quote_values_are_dropped() {
    assert!(!Code::MySql(1062).message_is_clean());
    assert!(!Code::MySql(1366).message_is_clean());
    assert!(!postgres("22P02").message_is_clean());
    assert!(!postgres("23505").message_is_clean());
}
