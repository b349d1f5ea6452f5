//! The administrators' pages: users, tokens, operator keys, the policy, the audit trail.

pub mod audit;
pub mod operator_keys;
pub mod password;
pub mod policy;
pub mod service_accounts;
pub mod tokens;
pub mod users;

use ats_pat_domain::Problem;
use ats_pat_service::{Operator, SignedIn};

use crate::visit::Visit;

/// The use cases of operators, for an administrator.
///
/// # Errors
/// [`Problem::Forbidden`] if the user is not an administrator.
fn operator<'a>(visit: &Visit<'a>, by: &SignedIn) -> Result<Operator<'a>, Problem> {
    let operator = visit.service.administrator(by);
    operator.map_err(|error| visit.problem(error))
}
