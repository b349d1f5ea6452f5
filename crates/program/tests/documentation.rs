//! The documentation agrees with the program.

#[test]
fn the_operators_page_holds_the_table_of_settings() {
    let page = include_str!("../../../docs/operation.md");
    assert!(
        page.contains(&ats_pat_program::settings_reference()),
        "docs/operation.md has another table of settings: run `cargo xtask settings`"
    );
}
