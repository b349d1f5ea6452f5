//! The rules for catalogues, and that every text is used.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't read the catalogue has failed"
)]

#[path = "../build/catalogue.rs"]
mod catalogue;

use std::fs;
use std::path::{Path, PathBuf};

use ats_pat_text::Text;

use crate::catalogue::{Catalogue, Message, complete};

fn read(source: &str) -> Result<Vec<Message>, String> {
    let mut catalogue = Catalogue::default();
    catalogue.add(source)?;
    Ok(catalogue.messages)
}

/// What the build reports for an English and another catalogue.
fn verdict(english: &str, other: &str) -> Result<(), String> {
    let (english, other) = (read(english)?, read(other)?);
    complete(&english, &english)?;
    complete(&english, &other)
}

#[test]
fn another_language_has_the_same_texts_with_the_same_variables() {
    let english = "
saved = Saved
# $token (String)
# $count (Number)
left = { $token }: { $count ->
    [one] one day
   *[other] { NUMBER($count) } days
}
# $link (Slot)
next = Then { $link }.
";
    let german = "
left = noch { $count ->
    [one] ein Tag
   *[other] { NUMBER($count) } Tage
} für { $token }
next = Dann { $link }.
saved = Gespeichert
";
    assert_eq!(verdict(english, german), Ok(()));
    for (text, changed, wrong) in [
        ("saved = Gespeichert\n", "", "saved is missing"),
        (
            "saved = Gespeichert",
            "saved = Gespeichert\nthere = da",
            "there is in no other language",
        ),
        (" für { $token }", "", "left does not use $token"),
        (
            "{ $token }",
            "{ $name }",
            "left uses $name, which is not declared",
        ),
        (
            "{ $token }",
            "{ NUMBER($token) }",
            "left counts by $token, which is no Number",
        ),
        (
            "Dann { $link }",
            "{ $link }, dann { $link }",
            "next uses the slot $link twice",
        ),
        (
            "saved = Gespeichert",
            "saved = a\nsaved = b",
            "saved is there twice",
        ),
        (
            "saved = Gespeichert",
            "saved = { next }",
            "saved: write the words themselves, and variables",
        ),
        (
            "saved = Gespeichert",
            "saved = Gespeichert\n    und mehr",
            "saved: write the text on one line",
        ),
    ] {
        let german = german.replacen(text, changed, 1);
        assert_eq!(verdict(english, &german), Err(wrong.to_owned()), "{german}");
    }
}

#[test]
fn a_text_has_its_slots_in_the_declared_order() {
    let slots = "# $a (Slot)\n# $b (Slot)\n";
    assert_eq!(
        verdict(
            &format!("{slots}x = {{ $a }} {{ $b }}"),
            "x = { $a }, { $b }"
        ),
        Ok(())
    );
    assert_eq!(
        verdict(&format!("{slots}x = {{ $b }} {{ $a }}"), ""),
        Err("x has its slots in another order".to_owned())
    );
    assert_eq!(
        verdict("# $a (Slot)\n# $b (String)\nx = { $a } { $b }", ""),
        Err("x has slots and other variables".to_owned())
    );
}

#[test]
fn texts_are_written_as_they_are_in_the_catalogue() {
    let text = Text::ENGLISH;
    assert_eq!(text.language(), "en");
    assert_eq!(text.cancel(), "Cancel");
    assert_eq!(
        text.token_revoked("<b>"),
        "“<b>” is revoked. Scripts that use it are refused from now on."
    );
    assert_eq!(text.page_place(1_u64, 15_u64, 10_000_u64), "1–15 of 10,000");
    assert_eq!(text.page_place_past_end(1_234_567_u64), "none of 1,234,567");
    assert_eq!(text.days(1_u32), "1 day");
    assert_eq!(text.days(0_u32), "0 days");
    assert_eq!(text.days(1_000_u32), "1,000 days");
    assert_eq!(
        text.rows_differ(1_usize),
        "1 row differs from the event log."
    );
    assert_eq!(
        text.rows_differ_verify(),
        ["To find out what happened, ask your operator to run ", "."]
    );
    assert_eq!(text.digit_separator(), ",");
}

/// The files of the workspace that may use texts: sources and templates, without the tests beside
/// them.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_source = path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "html");
        if path.is_dir() {
            sources(&path, found);
        } else if is_source {
            let text = fs::read_to_string(&path).unwrap();
            found.push(text.split_whitespace().collect());
        }
    }
}

#[test]
fn every_text_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut used = Vec::new();
    for room in fs::read_dir(root.join("..")).unwrap() {
        let room = room.unwrap().path();
        for folder in [room.join("src"), room.join("templates")] {
            if folder.is_dir() && !room.ends_with("text") {
                sources(&folder, &mut used);
            }
        }
    }
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("en"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut unused = Vec::new();
    for file in files {
        for message in read(&fs::read_to_string(file).unwrap()).unwrap() {
            let name = message.id.replace('-', "_");
            let calls = [format!("text.{name}("), format!("ENGLISH.{name}(")];
            let is_call = |source: &String| calls.iter().any(|call| source.contains(call));
            let is_used = used.iter().any(is_call);
            // The catalogue itself reads it.
            if !is_used && message.id != "digit-separator" {
                unused.push(message.id);
            }
        }
    }
    assert_eq!(unused, Vec::<String>::new());
}
