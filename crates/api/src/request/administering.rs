//! Who administers: an operator key in `Authorization`, or an administrator's session.

use std::marker::PhantomData;

use ats_pat_domain::Problem;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Administering, Operator, StepUp};
use poem::http::header;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::credential::{Session, none, session_cookie};
use crate::call::Call;
use crate::refused::Refused;

/// The name of the scheme in the document.
const SCHEME: &str = "operatorKey";

/// What an operation asks of whoever administers.
pub trait Asks: Send + Sync {
    /// The right of an operator key; `None` where no key will do.
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
    /// The right over users.
    ForUsers: Some(Right::Users);
    /// The right over users, to add or change one.
    ForUserChanges: Some(Right::Users), StepUp::Always;
    /// The right over administrators, to erase a user.
    ForErasing: Some(Right::Administrators), StepUp::Always;
    /// The right over tokens.
    ForTokens: Some(Right::Tokens);
    /// The right over tokens, to revoke many.
    ForBulk: Some(Right::Tokens), StepUp::Always;
    /// The right to give service accounts tokens.
    ForServiceTokens: Some(Right::ServiceTokens), StepUp::ByPolicy;
    /// The right to read the audit trail.
    ForAudit: Some(Right::Audit);
    /// The right over the policy, to look at it.
    ForPolicy: Some(Right::Policy);
    /// The right over the policy, to change it.
    ForPolicyChange: Some(Right::Policy), StepUp::Always;
    /// The right over signing keys, to look at them.
    ForKeys: Some(Right::Keys);
    /// The right over signing keys, to rotate them.
    ForKeyRotation: Some(Right::Keys), StepUp::Always;
    /// An administrator's session.
    ForSessions: None;
    /// An administrator's session that began lately.
    ForRecentSessions: None, StepUp::Always;
}

/// Whoever administers and has what an operation asks for. Where there is an `Authorization` header, it alone counts.
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
            None => Administering::Session(Box::new(Session::read(request).await?.0)),
        };
        let by = Self(by, PhantomData);
        by.operator(call)?;
        if let (Some(step_up), Some(session)) = (A::STEP_UP, by.0.session()) {
            service.require_recent_sign_in(session, step_up).await?;
        }
        Ok(by)
    }

    /// The same, of who shows the same again: for an operation that takes long.
    ///
    /// # Errors
    /// Those of reading it the first time.
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

/// What stands in the header `Authorization`, if it is there. A header that can hold no operator
/// key is an empty one: it is refused, and counted, as a key that does not hold.
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
