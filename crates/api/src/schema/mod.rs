//! What stands in bodies, with the names that the document gives it.
//!
//! These types mirror the views of the service and the envelope of the domain, since the document needs
//! types without parameters and names that stay.

mod envelope;
mod request;
mod response;
mod value;

pub use envelope::{
    AuthenticationTokenEnvelope, EmptyEnvelope, ErrorEnvelope, IdentityEnvelope,
    IssuedPersonalAccessTokenEnvelope, PersonalAccessTokenEnvelope,
    PersonalAccessTokenPageEnvelope, PersonalAccessTokenPolicyEnvelope, SessionUserEnvelope,
};
pub use request::{
    CreatePersonalAccessTokenRequest, RegeneratePersonalAccessTokenRequest,
    ReportLeakedPersonalAccessTokensRequest, SignInRequest,
};
pub use response::{PersonalAccessTokenStatus, TokenSort};
