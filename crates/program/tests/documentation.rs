//! The documentation says what the program does.

#[test]
fn the_operators_page_holds_the_table_of_settings() {
    let page = include_str!("../../../docs/operation.md");
    let table = ats_pat_program::settings_reference();
    assert!(
        page.contains(&table),
        "put this table into docs/operation.md:\n{table}"
    );
}
