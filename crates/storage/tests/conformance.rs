//! The suite that every database runs.

use ats_pat_test_support::conformance::{
    changes, constraints, currency, directory, ended, migrations, pages, people, reads, rows, usage,
};
use ats_pat_test_support::{TestDatabase, on_every_database};

macro_rules! suite {
    ($($room:ident: $($test:ident),+;)+) => {
        $($(
            #[on_every_database(flavor = "multi_thread", worker_threads = 2)]
            async fn $test(database: &TestDatabase) {
                $room::$test(database).await;
            }
        )+)+
    };
}

suite! {
    people: users_come_back, identities_come_back;
    rows: tokens_come_back, secrets_come_back, status_places_come_back, sessions_come_back,
        keys_come_back, setup_links_come_back, policies_come_back, events_come_back;
    directory: entries_of_the_directory_come_back, users_of_the_directory_are_found,
        groups_of_the_directory_come_back;
    constraints: what_is_taken_conflicts, a_second_current_secret_is_refused,
        a_write_must_reach_its_row;
    changes: parallel_changes_are_numbered_without_gap, a_change_without_a_commit_leaves_nothing,
        a_failed_statement_undoes_the_change, an_event_must_follow_the_last_one;
    currency: checkpoints_come_back, tags_are_replaced_where_they_were_read,
        ids_of_unreadable_tokens_are_listed;
    ended: a_new_token_is_checked_without_reading_ended_ones;
    reads: a_grant_is_read_completely, names_are_taken_by_active_tokens, events_are_filtered,
        tokens_are_counted_by_status_in_parts;
    pages: pages_are_like_those_of_a_list_in_memory, filters_are_like_those_of_a_list_in_memory, a_page_is_read_by_one_statement, users_are_found_by_name;
    usage: uses_never_go_back, signs_of_life_are_the_latest, sessions_are_seen_forwards;
    migrations: parallel_starters_migrate_once, a_database_is_opened_again,
        a_newer_database_is_refused, a_database_that_a_later_release_added_to_is_used,
        a_plan_tells_what_is_pending, a_dead_migration_is_taken_over;
}
