use std::fs;

use super::*;

/// The breaches of a crate with these files, of which `expected` may be in circles.
fn said_of(files: &[(&str, &str)], expected: usize) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let edges = edges_from(&folder.path().join("lib.rs")).unwrap();
    breach("a-crate", &edges, expected)
}

const ROOT: (&str, &str) = ("lib.rs", "mod token; mod policy;");

#[test]
fn no_files_of_the_workspace_are_in_circles_but_those_that_are_counted() {
    let metadata = workspace::metadata().unwrap();
    let expected = super::super::rules::FILES_IN_CIRCLES;
    assert_eq!(breaches(&metadata, expected).unwrap(), Vec::<String>::new());
}

#[test]
fn two_files_that_use_each_other_are_refused_with_the_items_that_they_use() {
    let policy = ("policy.rs", "use crate::token::Token; pub struct Policy;");
    for token in [
        "use crate::policy::Policy; pub struct Token;",
        "use super::policy::Policy as Rules; pub struct Token;",
        "use super::policy; pub struct Token(policy::Policy);",
        "use super::*; pub struct Token(policy::Policy);",
        "pub struct Token; impl Token { fn check() { use crate::policy::Policy; } }",
        "pub struct Token; fn show() { println!(\"{}\", crate::policy::Policy::NAME) }",
        "pub struct Token; #[serde(with(crate::policy::Policy))] struct Other;",
    ] {
        let said = said_of(&[ROOT, ("token.rs", token), policy], 0).expect(token);
        assert!(said.starts_with("a-crate has 2 files"), "{said}");
        assert!(
            said.contains("policy.rs uses crate::token::Token of"),
            "{said}"
        );
    }
}

#[test]
fn an_item_is_used_of_the_file_that_defines_it_and_not_of_one_that_hands_it_on() {
    let root = (
        "lib.rs",
        "mod id; mod token; pub use id::Id; pub use token::Token;",
    );
    let token = ("token.rs", "use crate::Id; pub struct Token(Id);");
    assert_eq!(
        said_of(&[root, ("id.rs", "pub struct Id;"), token], 0),
        None
    );
    let id = ("id.rs", "use crate::Token; pub struct Id;");
    assert!(said_of(&[root, id, token], 0).is_some());
}

#[test]
fn a_folder_and_its_files_can_be_in_a_circle_too() {
    let root = ("lib.rs", "mod serve;");
    let serve = (
        "serve/mod.rs",
        "mod limits; use limits::Limits; pub struct Server(Limits);",
    );
    assert_eq!(
        said_of(&[root, serve, ("serve/limits.rs", "pub struct Limits;")], 0),
        None
    );
    let limits = ("serve/limits.rs", "use super::Server; pub struct Limits;");
    assert!(said_of(&[root, serve, limits], 0).is_some());
}

#[test]
fn what_a_macro_makes_is_found_in_the_file_that_calls_it() {
    let token = ("token.rs", "use crate::policy::Policy; pub struct Token;");
    let policy = ("policy.rs", "use crate::token::Token; make! { Policy }");
    assert!(said_of(&[ROOT, token, policy], 0).is_some());
}

#[test]
fn tests_modules_alone_and_other_crates_make_no_circle() {
    let policy = ("policy.rs", "use crate::token::Token; pub struct Policy;");
    for token in [
        "pub struct Token; #[cfg(test)] mod tests { use crate::policy::Policy; }",
        "pub struct Token; #[cfg(test)] use crate::policy::Policy;",
        "pub struct Token; #[test] fn fits() { crate::policy::Policy::default(); }",
        "pub struct Token; use crate::policy;",
        "pub struct Token; use other::policy::Policy; fn policy(policy: u8) { policy + 1; }",
        "pub struct Token; use ::policy::Policy; use std::fmt;",
    ] {
        assert_eq!(
            said_of(&[ROOT, ("token.rs", token), policy], 0),
            None,
            "{token}"
        );
    }
}

#[test]
fn a_number_that_became_smaller_must_be_told() {
    let said = said_of(&[ROOT, ("token.rs", ""), ("policy.rs", "")], 2).unwrap();
    assert!(said.contains("and no longer 2"), "{said}");
}
