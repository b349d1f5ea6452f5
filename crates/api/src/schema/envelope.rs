//! The envelope of the domain, once for each result.

use ats_pat_domain::{Envelope, Problem};
use poem_openapi::Object;
use serde::Serialize;

use super::response::{
    Identity, IssuedPersonalAccessToken, PersonalAccessToken, PersonalAccessTokenPage,
    PersonalAccessTokenPolicy, SessionUser,
};
use super::value::Nothing;

macro_rules! envelopes {
    ($($(#[$meta:meta])* $name:ident($data:ty),)+) => {
        $(
            $(#[$meta])*
            #[derive(Serialize, Object)]
            #[serde(rename_all = "PascalCase")]
            #[oai(rename_all = "PascalCase")]
            pub struct $name {
                /// The result.
                data: $data,
                /// One English sentence; empty on success.
                error_message: String,
                /// The values that stand in the sentence, in order; null where there are none.
                error_parameters: Option<Vec<String>>,
                /// 1 on success, else a code of the catalogue; judge an unknown one by the HTTP status.
                response_code: u32,
                /// The same values joined by ", ".
                get_error_parameters: String,
            }

            impl $name {
                fn of_domain(data: $data, envelope: Envelope<()>) -> Self {
                    let Envelope { data: _, error_message, error_parameters, response_code, get_error_parameters } = envelope;
                    Self { data, error_message, error_parameters, response_code, get_error_parameters }
                }

                /// The envelope of a success.
                #[allow(dead_code, reason = "an error has none")]
                pub fn success(data: impl Into<$data>) -> Self {
                    Self::of_domain(data.into(), Envelope::empty())
                }
            }
        )+
    };
}

envelopes! {
    /// The answer with one personal access token.
    PersonalAccessTokenEnvelope(PersonalAccessToken),
    /// The answer with a part of a list.
    PersonalAccessTokenPageEnvelope(PersonalAccessTokenPage),
    /// The answer with a new secret.
    IssuedPersonalAccessTokenEnvelope(IssuedPersonalAccessToken),
    /// The answer with the policy.
    PersonalAccessTokenPolicyEnvelope(PersonalAccessTokenPolicy),
    /// The answer with the signed-in user.
    SessionUserEnvelope(SessionUser),
    /// The answer with the owner of an authentication token.
    IdentityEnvelope(Identity),
    /// The answer with an authentication token.
    AuthenticationTokenEnvelope(String),
    /// The answer of a success that has nothing to say.
    EmptyEnvelope(Nothing),
    /// The answer of a refusal.
    ErrorEnvelope(Nothing),
}

impl EmptyEnvelope {
    /// Done, and nothing to say.
    pub fn done() -> Self {
        Self::success(Nothing)
    }
}

impl ErrorEnvelope {
    /// The envelope of a refusal.
    pub fn of(problem: &Problem) -> Self {
        Self::of_domain(Nothing, Envelope::problem(problem))
    }
}

#[cfg(test)]
mod tests;
