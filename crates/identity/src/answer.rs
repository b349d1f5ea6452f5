//! Whether the answer that came with the browser belongs to the sign-in that it began.

use ats_pat_domain::ProviderName;
use ats_pat_domain::port::{Flow, IdentityError, ProviderAnswer};
use subtle::ConstantTimeEq;

use crate::cache::Known;
use crate::code::{encoded, printable};
use crate::distrust::Distrust;

/// The longest code, in bytes.
const MAX_CODE: usize = 8 * 1024;

/// Whether the answer is for the sign-in that this browser began at this provider. To be asked
/// before the provider is: nobody else's answer makes this service send anything.
pub(crate) fn check_browser(
    name: &ProviderName,
    flow: &Flow,
    answer: &ProviderAnswer,
) -> Result<(), Distrust> {
    if flow.provider != *name {
        return Err(Distrust::OtherProvider);
    }
    let expected = encoded(&flow.state);
    let found = answer.state.as_deref().unwrap_or_default();
    if bool::from(expected.as_bytes().ct_eq(found.as_bytes())) {
        Ok(())
    } else {
        Err(Distrust::State)
    }
}

/// Whether the answer is of this provider (RFC 9207), and the code in it.
pub(crate) fn code<'a>(
    known: &Known,
    answer: &'a ProviderAnswer,
) -> Result<&'a str, IdentityError> {
    let document = &known.document;
    match &answer.issuer {
        Some(issuer) if issuer != document.issuer().as_str() => {
            return Err(Distrust::OtherIssuer.into());
        }
        None if document
            .additional_metadata()
            .authorization_response_iss_parameter_supported =>
        {
            return Err(Distrust::IssuerMissing.into());
        }
        _ => {}
    }
    if let Some(error) = &answer.error {
        return Err(IdentityError::Refused {
            code: printable(error),
        });
    }
    let code = answer.code.as_deref().unwrap_or_default();
    if code.is_empty() || code.len() > MAX_CODE {
        return Err(Distrust::Code.into());
    }
    Ok(code)
}
