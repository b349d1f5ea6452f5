//! The operations on the tokens of a service account, made of those on the user's own tokens.

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
/// How the paths of the user's own tokens begin.
const OWN: &str = "/api/personalaccesstoken";

/// An operation on the user's own tokens that there is for the tokens of service accounts, too: what the document calls it
/// there.
pub trait ForAccounts: Operation {
    /// Its `operationId`.
    const ID: &'static str;
    /// What it does, in a few words.
    const SUMMARY: &'static str;
    /// What there is to know.
    const DESCRIPTION: &'static str;
    /// The headers of a success.
    const HEADERS: &'static [Header] = <Self as Operation>::HEADERS;
    /// Whether it gives a secret, which a disabled account gets none of.
    const GIVES_A_SECRET: bool = false;
}

/// The operation `O` on the tokens of a service account.
pub struct OfAccount<O>(PhantomData<fn() -> O>);

impl<O> Default for OfAccount<O> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// A path of the user's own tokens, as that of an account, which `account` stands for.
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
        // Existence comes after what is wrong with the request, and before the state.
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
