//! The operations on the tokens of a service account, made from those on the user's own tokens.

use std::marker::PhantomData;

use ats_pat_domain::{Code, Problem};
use poem::http::StatusCode;
use poem_openapi::OpenApi;
use poem_openapi::registry::{
    MetaApi, MetaOperation, MetaOperationParam, MetaParamIn, MetaPath, Registry,
};
use poem_openapi::types::Type as _;
use serde_json::Value;
use uuid::Uuid;

use crate::operation::{Body, Header, Operation, Routes};
use crate::router::SERVICE_ACCOUNT;

/// The tag of these operations, as [`Tag::ServiceAccount`](crate::operation::Tag) writes it.
const TAG: &str = "ServiceAccount";
/// The last segment of the path of an owner's tokens.
pub const TOKENS: &str = "/personalaccesstoken";
/// The beginning of the paths of the user's own tokens.
const OWN: &str = "/api/personalaccesstoken";

/// An operation on the user's own tokens that service accounts have, too. Gives the document its
/// names for that.
pub trait ForAccounts: Operation {
    /// Its `operationId` for service accounts.
    const ID: &'static str;
    /// Its summary for service accounts.
    const SUMMARY: &'static str;
    /// Its description for service accounts.
    const DESCRIPTION: &'static str;
    /// The headers of a success.
    const HEADERS: &'static [Header] = <Self as Operation>::HEADERS;
    /// Whether it gives a secret. It is then refused for a disabled account.
    const GIVES_A_SECRET: bool = false;
}

/// The operation `O` on the tokens of a service account.
pub struct OfAccount<O>(PhantomData<fn() -> O>);

impl<O> Default for OfAccount<O> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Moves a path of the user's own tokens to that of an account, with `account` as its id.
fn moved(own: &str, account: &str) -> String {
    let rest = own.strip_prefix(OWN).unwrap_or(own);
    format!("/api/serviceaccount/{account}{TOKENS}{rest}")
}

fn described<O: ForAccounts>(mut operation: MetaOperation) -> MetaOperation {
    operation.operation_id = Some(O::ID);
    operation.summary = Some(O::SUMMARY);
    operation.description = Some(O::DESCRIPTION);
    operation.tags = vec![TAG];
    for parameter in &mut operation.params {
        if parameter.name == "Id" {
            "TokenId".clone_into(&mut parameter.name);
        }
    }
    operation.params.insert(0, account_id());
    operation
}

fn account_id() -> MetaOperationParam {
    MetaOperationParam {
        name: "Id".to_owned(),
        schema: Uuid::schema_ref(),
        in_type: MetaParamIn::Path,
        description: Some("The service account's id.".to_owned()),
        required: true,
        deprecated: false,
        explode: true,
        style: None,
    }
}

impl<O: ForAccounts> OpenApi for OfAccount<O> {
    fn meta() -> Vec<MetaApi> {
        let paths = O::meta().into_iter().flat_map(|own| own.paths);
        let paths = paths.map(|own| MetaPath {
            path: moved(&own.path.replace("{Id}", "{TokenId}"), "{Id}"),
            operations: own.operations.into_iter().map(described::<O>).collect(),
        });
        vec![MetaApi {
            paths: paths.collect(),
        }]
    }

    fn register(registry: &mut Registry) {
        O::register(registry);
    }

    fn add_routes(self, routes: &mut Routes) {
        let mut own = Routes::new();
        O::default().add_routes(&mut own);
        for (template, handlers) in own {
            let moved = moved(&template, SERVICE_ACCOUNT);
            routes.entry(moved).or_default().extend(handlers);
        }
    }
}

impl<O: ForAccounts> Operation for OfAccount<O> {
    type Data = O::Data;

    const SUCCESS: &'static str = O::SUCCESS;
    const STATUS: StatusCode = O::STATUS;
    const HEADERS: &'static [Header] = <O as ForAccounts>::HEADERS;

    fn refusals() -> Vec<Problem> {
        let mut refusals = O::refusals();
        // The operation checks whether the account exists after the request, and before the state
        // of the token.
        let existence = refusals.iter().position(|refusal| {
            matches!(
                refusal.code(),
                Code::IdempotencyKeyReused | Code::TokenNotFound
            )
        });
        let mut of_account = vec![Problem::UserNotFound];
        if O::GIVES_A_SECRET {
            of_account.push(Problem::OwnerDisabled);
        }
        let at = existence.unwrap_or(refusals.len());
        refusals.splice(at..at, of_account);
        refusals
    }

    fn example() -> Value {
        O::example()
    }

    fn like() -> Option<&'static str> {
        let paths = O::meta().into_iter().flat_map(|api| api.paths);
        let mut operations = paths.flat_map(|path| path.operations);
        operations.find_map(|operation| operation.operation_id)
    }

    fn body() -> Option<Body> {
        O::body()
    }
}
