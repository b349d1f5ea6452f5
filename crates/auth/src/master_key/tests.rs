use std::fs;
use std::path::PathBuf;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("master.key")
    }

    /// Reads a file with this content. Returns the refusal and its sentence.
    fn refusal(content: &str) -> (AuthError, String) {
        let folder = Self::new();
        folder.write(content, 0o600);
        let refusal = MasterKeys::read(&folder.path()).map(|_| ()).unwrap_err();
        let sentence = refusal.to_string();
        assert!(
            sentence.contains(folder.path().to_str().unwrap()),
            "{sentence}"
        );
        (refusal, sentence)
    }

    fn write(&self, content: &str, mode: u32) {
        fs::write(self.path(), content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

fn line(byte: u8) -> String {
    URL_SAFE_NO_PAD.encode([byte; LENGTH])
}

#[test]
fn the_id_is_what_another_program_computes() {
    let id = MasterKeys::new([1; 32], None).first_id();
    assert_eq!(
        *id.as_bytes(),
        [0x53, 0xe7, 0x1d, 0xc2, 0x1b, 0x54, 0x56, 0x28]
    );
}

#[test]
fn a_created_file_is_read_again_and_only_its_owners() {
    let folder = Folder::new();
    let created = MasterKeys::create(&folder.path(), [1; 32]).unwrap();
    let read = MasterKeys::read(&folder.path()).unwrap();
    assert_eq!(read.first_id(), created.first_id());
    assert!(read.second.is_none());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
}

#[test]
fn a_file_is_never_overwritten() {
    let folder = Folder::new();
    folder.write("precious", 0o600);
    let created = MasterKeys::create(&folder.path(), [1; 32]).map(|_| ());
    assert!(matches!(
        created,
        Err(AuthError::MasterKeyFileExists { .. })
    ));
    assert_eq!(fs::read_to_string(folder.path()).unwrap(), "precious");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let path = Folder::new().path().join("no/such/master.key");
    let created = MasterKeys::create(&path, [1; 32]).map(|_| ());
    assert!(matches!(
        created,
        Err(AuthError::MasterKeyFileNotCreated { .. })
    ));
}

#[test]
fn the_first_key_seals_and_comments_and_blank_lines_do_not_count() {
    let folder = Folder::new();
    let content = format!("# new\r\n\r\n  {}\r\n# old\n{}", line(2), line(1));
    folder.write(&content, 0o400);
    let keys = MasterKeys::read(&folder.path()).unwrap();
    assert_eq!(keys.first_id(), MasterKeys::new([2; 32], None).first_id());
    let second = keys.second.unwrap().id;
    assert_eq!(second, MasterKeys::new([1; 32], None).first_id());
}

#[test]
fn each_refusal_says_what_is_wrong_without_quoting_a_key() {
    for empty in ["", "\n \n", "# nothing but this\n"] {
        let (refusal, _) = Folder::refusal(empty);
        assert!(matches!(refusal, AuthError::MasterKeyFileEmpty { .. }));
    }
    let [a, b, c] = [line(1), line(2), line(3)];
    let (refusal, _) = Folder::refusal(&format!("{a}\n{b}\n{c}\n"));
    assert!(matches!(
        refusal,
        AuthError::MasterKeyFileTooManyKeys { .. }
    ));

    let padded = format!("{a}=");
    let standard_alphabet = a.replacen('A', "+", 1);
    let trailing_bits = format!("{}B", &a[..42]);
    for wrong in [&a[..42], &padded, &standard_alphabet, &trailing_bits, "ä"] {
        let (refusal, sentence) = Folder::refusal(&format!("# a comment\n{wrong}\n"));
        assert!(matches!(
            refusal,
            AuthError::MasterKeyFileMalformed { line: 2, .. }
        ));
        assert!(!sentence.contains(wrong) && !format!("{refusal:?}").contains(wrong));
    }
    let (refusal, _) = Folder::refusal(&format!("{a}\n{a}\n"));
    assert!(matches!(
        refusal,
        AuthError::MasterKeyFileMalformed { line: 2, .. }
    ));

    let (refusal, _) = Folder::refusal(&"#\n".repeat(10_000));
    assert!(matches!(refusal, AuthError::MasterKeyFileUnreadable { .. }));
}

#[test]
fn a_missing_file_and_a_folder_are_told_apart() {
    let folder = Folder::new();
    let missing = MasterKeys::read(&folder.path()).map(|_| ());
    assert!(matches!(
        missing,
        Err(AuthError::MasterKeyFileMissing { .. })
    ));
    let is_folder = MasterKeys::read(folder.0.path()).map(|_| ());
    assert!(matches!(
        is_folder,
        Err(AuthError::MasterKeyFileIsFolder { .. })
    ));
}

#[cfg(unix)]
#[test]
fn a_file_open_to_others_is_refused() {
    let folder = Folder::new();
    for mode in [0o644, 0o604, 0o620, 0o660, 0o610, 0o606] {
        folder.write(&line(1), mode);
        let read = MasterKeys::read(&folder.path()).map(|_| ());
        assert!(
            matches!(read, Err(AuthError::MasterKeyFileOpenToOthers { mode: found, .. }) if found == mode),
            "{mode:o}",
        );
    }
}
