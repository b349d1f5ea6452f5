//! Personal access tokens of the person or of a service account: the table, the form, and the new
//! token.

mod acts;
mod blade;
mod create;
pub mod details;
pub mod edit;
mod events;
mod form;
mod listing;
mod regenerate;
mod renewal;
mod revoke;

use ats_pat_service::StepUp;

pub use self::create::show_kept;
use self::create::{create, kept, show_form};
use self::listing::{show, view_kept};
use crate::route::{NEW_TOKEN, Route, TOKENS};

/// The table, the form, and the forms for a token.
pub const ROUTES: &[Route] = &[
    Route::page(TOKENS, |visit, by, _| Box::pin(show(visit, by))).taking_confirmed(
        StepUp::ByPolicy,
        |visit, by, _, form| Box::pin(create(visit, by, form)),
        kept,
    ),
    Route::page(NEW_TOKEN, |visit, by, _| Box::pin(show_form(visit, by))),
    Route::page(
        "/settings/personal-access-tokens/{id}/regenerate",
        |visit, by, id| Box::pin(regenerate::ask(visit, by, id)),
    )
    .taking_confirmed(
        StepUp::ByPolicy,
        |visit, by, id, form| Box::pin(regenerate::regenerate(visit, by, id, form)),
        regenerate::kept,
    ),
    Route::leading("/settings/personal-access-tokens/{id}/end-overlap", TOKENS).taking(
        |visit, by, id, _| Box::pin(regenerate::end_overlap(visit, by, id)),
        view_kept,
    ),
    Route::page(
        "/settings/personal-access-tokens/{id}/revoke",
        |visit, by, id| Box::pin(revoke::ask(visit, by, id)),
    )
    .taking(
        |visit, by, id, _| Box::pin(revoke::revoke(visit, by, id)),
        view_kept,
    ),
];
