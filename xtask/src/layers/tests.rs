use cargo_metadata::{Dependency, PackageName};

use super::*;

/// The real workspace with one dependency more.
fn with(from: &str, to: &str, kind: DependencyKind) -> Vec<String> {
    let mut metadata = workspace::metadata().unwrap();
    let template = metadata
        .packages
        .iter()
        .flat_map(|package| &package.dependencies)
        .next()
        .unwrap();
    let mut added: Dependency = template.clone();
    to.clone_into(&mut added.name);
    added.kind = kind;
    let package = metadata
        .packages
        .iter_mut()
        .find(|package| package.name.as_str() == from)
        .unwrap();
    package.dependencies.push(added);
    breaches(&metadata)
}

#[test]
fn the_workspace_keeps_its_layers() {
    assert_eq!(breaches(&workspace::metadata().unwrap()), [""; 0]);
}

#[test]
fn a_forbidden_arrow_is_found_and_named() {
    for (from, to) in [
        ("ats-pat-domain", "ats-pat-token"),
        ("ats-pat-service", "ats-pat-storage"),
        ("ats-pat-api", "ats-pat-web"),
        ("ats-pat-web", "ats-pat-api"),
        ("ats-pat-http", "ats-pat-program"),
        ("xtask", "ats-pat-domain"),
    ] {
        let expected = format!("{from} uses {to}, which it must not know");
        assert_eq!(with(from, to, DependencyKind::Normal), [expected]);
    }
}

#[test]
fn forbidden_arrows_are_no_better_in_build_scripts_or_tests() {
    for kind in [DependencyKind::Build, DependencyKind::Development] {
        let expected = "ats-pat-api uses ats-pat-web, which it must not know";
        assert_eq!(with("ats-pat-api", "ats-pat-web", kind), [expected]);
    }
}

#[test]
fn test_support_is_for_tests() {
    let expected = "ats-pat-server uses ats-pat-test-support, which is for dev-dependencies only";
    assert_eq!(
        with(
            "ats-pat-server",
            "ats-pat-test-support",
            DependencyKind::Normal
        ),
        [expected]
    );
    assert_eq!(
        with(
            "ats-pat-server",
            "ats-pat-test-support",
            DependencyKind::Development
        ),
        [""; 0]
    );
}

#[test]
fn sql_stays_in_the_storage() {
    for library in ["sea-orm", "sea-orm-migration", "sqlx"] {
        let found = with("ats-pat-service", library, DependencyKind::Normal);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with(&format!(
            "ats-pat-service uses {library}, which is kept to ats-pat-storage"
        )));
    }
}

#[test]
fn poem_stays_at_the_edge() {
    assert_eq!(
        with("ats-pat-admin", "poem", DependencyKind::Normal).len(),
        1
    );
    assert_eq!(
        with("ats-pat-http", "poem-openapi", DependencyKind::Normal).len(),
        1
    );
    assert_eq!(
        with("ats-pat-api", "poem-openapi", DependencyKind::Normal),
        [""; 0]
    );
}

#[test]
fn the_domain_knows_no_runtime() {
    let expected = "ats-pat-domain uses tokio, which it must not know";
    assert_eq!(
        with("ats-pat-domain", "tokio", DependencyKind::Normal),
        [expected]
    );
    assert_eq!(
        with("ats-pat-domain", "tokio", DependencyKind::Development),
        [""; 0]
    );
}

#[test]
fn a_new_crate_needs_a_place_first() {
    let mut metadata = workspace::metadata().unwrap();
    let package = metadata
        .packages
        .iter_mut()
        .find(|package| package.name.as_str() == "ats-pat-web")
        .unwrap();
    package.name = PackageName::new("ats-pat-novelty".to_owned());
    assert!(
        breaches(&metadata)
            .contains(&"ats-pat-novelty has no place among the layers yet".to_owned())
    );
}
