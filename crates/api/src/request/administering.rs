//! The credentials of the administration API: an operator key in `Authorization`, or an
//! administrator's session.

use std::marker::PhantomData;

use ats_pat_domain::Problem;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Administering, Operator, StepUp};
use poem::http::header;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::credential::{OpenSession, none, session_cookie};
use crate::call::Call;
use crate::refused::Refused;

/// The name of the security scheme in the document.
const SCHEME: &str = "operatorKey";

/// What an operation requires of its caller.
pub trait Asks: Send + Sync {
    /// The right that an operator key needs. `None` if no key is enough.
    const RIGHT: Option<Right>;
    /// How recent an administrator's sign-in has to be.
    const STEP_UP: Option<StepUp> = None;
}

macro_rules! asks {
    ($($(#[$doc:meta])* $name:ident: $right:expr $(, $step_up:expr)?;)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Asks for $name {
            const RIGHT: Option<Right> = $right;
            $(const STEP_UP: Option<StepUp> = Some($step_up);)?
        }
    )+};
}

asks! {
    /// Seeing users, disabling and enabling them, and revoking all their tokens.
    ForUsers: Some(Right::Users);
    /// Adding or changing a user.
    ForUserChanges: Some(Right::Users), StepUp::Always;
    /// Erasing a user, which needs a recent sign-in.
    ForErasing: Some(Right::Administrators), StepUp::Always;
    /// Seeing or revoking a token.
    ForTokens: Some(Right::Tokens);
    /// Revoking many tokens, which needs a recent sign-in.
    ForBulk: Some(Right::Tokens), StepUp::Always;
    /// Giving tokens to service accounts.
    ForServiceTokens: Some(Right::ServiceTokens), StepUp::ByPolicy;
    /// Reading the audit trail.
    ForAudit: Some(Right::Audit);
    /// Seeing the policy, with its rules for groups.
    ForPolicy: Some(Right::Policy);
    /// Changing the policy, which needs a recent sign-in.
    ForPolicyChange: Some(Right::Policy), StepUp::Always;
    /// Seeing the signing keys.
    ForKeys: Some(Right::Keys);
    /// Rotating the signing keys.
    ForKeyRotation: Some(Right::Keys), StepUp::Always;
    /// What only an administrator in a session may do.
    ForSessions: None;
    /// What only an administrator in a session may do, after a recent sign-in.
    ForRecentSessions: None, StepUp::Always;
}

/// A caller who administers and meets what an operation requires. If there is an `Authorization`
/// header, the session doesn't count.
pub struct By<A>(Administering, PhantomData<A>);

impl<A: Asks> By<A> {
    async fn read(request: &Request) -> Result<Self, Refused> {
        let call = Call::of(request)?;
        let service = &call.service;
        let by = match operator_key(request) {
            Some(presented) => {
                let address = call.context.address();
                let holder = service.authenticate_operator_key(presented, address);
                Administering::Key(holder.await?)
            }
            None => Administering::Session(Box::new(OpenSession::read(request).await?.0)),
        };
        let by = Self(by, PhantomData);
        by.operator(call)?;
        if let (Some(step_up), Some(session)) = (A::STEP_UP, by.0.session()) {
            service.require_recent_sign_in(session, step_up).await?;
        }
        Ok(by)
    }

    /// Checks the same credential again, for an operation that takes long.
    ///
    /// # Errors
    /// The same as when it was read first.
    pub async fn operator_now<'a>(&self, request: &'a Request) -> Result<Operator<'a>, Refused> {
        Self::read(request).await?.operator(Call::of(request)?)
    }

    /// The use cases that the operation may call.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn operator<'a>(&self, call: &'a Call) -> Result<Operator<'a>, Refused> {
        let operator = match (A::RIGHT, &self.0) {
            (Some(right), by) => call.service.administering(by, right)?,
            (None, Administering::Session(by)) => call.service.administrator(by)?,
            (None, Administering::Key(_)) => return Err(Problem::Forbidden.into()),
        };
        Ok(operator)
    }
}

/// The operator key in the header `Authorization`, if there is one. A header that can't have an
/// operator key gives an empty key, which is refused and counted like a wrong one.
fn operator_key(request: &Request) -> Option<&[u8]> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    let (scheme, key) = value.as_bytes().split_at(value.len().min("Bearer ".len()));
    if values.next().is_some() || !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return Some(&[]);
    }
    Some(key.trim_ascii())
}

impl<'a, A: Asks> ApiExtractor<'a> for By<A> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme("sessionCookie", session_cookie());
        if A::RIGHT.is_some() {
            let scheme = MetaSecurityScheme {
                ty: "http",
                description: Some("An operator key, `atsop_…`: a program's right to administer."),
                scheme: Some("bearer"),
                ..none()
            };
            registry.create_security_scheme(SCHEME, scheme);
        }
    }

    fn security_schemes() -> Vec<&'static str> {
        if A::RIGHT.is_some() {
            vec![SCHEME, "sessionCookie"]
        } else {
            vec!["sessionCookie"]
        }
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        Ok(Self::read(request).await?)
    }
}
