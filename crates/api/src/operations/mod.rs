//! The operations. Each file has an operation's route, input, use case, answer, refusals and
//! examples. A new operation is listed here and nowhere else.

mod administration;
mod confirm_session;
mod create;
mod end_overlap;
mod exchange;
mod get;
mod get_session;
mod identity;
mod list;
mod policy;
mod regenerate;
mod report_leaked;
mod revoke;
mod self_regenerate;
mod service_account;
mod sign_in;
mod sign_out;
mod update;

use std::collections::BTreeMap;

use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaApi, MetaPath, Registry};

pub use administration::{LONGEST_WAIT, MOST_EVENTS, USUAL_EVENTS};
pub use exchange::{EXCHANGE, Exchanger};
pub use identity::IDENTITY;

use crate::operation::{Entry, Routes};
use service_account::{ListServiceAccounts, OfAccount};

/// The operations on the caller's own session and tokens, and on service accounts.
const OWN: [Entry; 24] = [
    Entry::of::<exchange::Exchange>(),
    Entry::of::<identity::GetIdentity>(),
    Entry::of::<sign_in::SignIn>(),
    Entry::of::<get_session::GetSession>(),
    Entry::of::<confirm_session::ConfirmSession>(),
    Entry::of::<sign_out::SignOut>(),
    Entry::of::<list::List>(),
    Entry::of::<create::Create>(),
    Entry::of::<policy::Policy>(),
    Entry::of::<get::Get>(),
    Entry::of::<update::Update>(),
    Entry::of::<revoke::Revoke>(),
    Entry::of::<regenerate::Regenerate>(),
    Entry::of::<end_overlap::EndOverlap>(),
    Entry::of::<self_regenerate::RegenerateItself>(),
    Entry::of::<report_leaked::ReportLeaked>(),
    Entry::of::<ListServiceAccounts>(),
    Entry::of::<OfAccount<list::List>>(),
    Entry::of::<OfAccount<create::Create>>(),
    Entry::of::<OfAccount<get::Get>>(),
    Entry::of::<OfAccount<update::Update>>(),
    Entry::of::<OfAccount<revoke::Revoke>>(),
    Entry::of::<OfAccount<regenerate::Regenerate>>(),
    Entry::of::<OfAccount<end_overlap::EndOverlap>>(),
];

/// Every operation under `/api/`.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    const { &OWN }.iter().chain(const { &administration::ALL })
}

/// The operation that the document calls `id`.
pub fn with_id(id: &str) -> Option<&'static Entry> {
    all().find(|operation| operation.is(id))
}

/// All operations in the form that poem-openapi needs, grouped by path.
pub struct Operations;

impl OpenApi for Operations {
    fn meta() -> Vec<MetaApi> {
        let mut paths: BTreeMap<String, MetaPath> = BTreeMap::new();
        let apis = all().flat_map(|operation| (operation.meta)());
        for MetaPath { path, operations } in apis.flat_map(|api| api.paths) {
            let of_path = paths.entry(path.clone()).or_insert(MetaPath {
                path,
                operations: Vec::new(),
            });
            of_path.operations.extend(operations);
        }
        vec![MetaApi {
            paths: paths.into_values().collect(),
        }]
    }

    fn register(registry: &mut Registry) {
        for operation in all() {
            (operation.register)(registry);
        }
    }

    fn add_routes(self, routes: &mut Routes) {
        for operation in all() {
            (operation.add_routes)(routes);
        }
    }
}

#[cfg(test)]
mod tests;
