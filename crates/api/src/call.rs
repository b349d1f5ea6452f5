//! What the extractors of a handler know about their request.

use std::sync::Arc;

use ats_pat_http::{RequestContext, SessionCookie};
use ats_pat_service::{Acting, Owner, Service, SignedIn};
use percent_encoding::percent_decode_str;
use poem::Request;

use crate::refused::Refused;
use crate::router::Ids;

/// A request, as the front layer passes it on.
pub struct Call {
    /// The use cases, which the handlers call.
    pub service: Service,
    /// The request ID, and where the request comes from.
    pub context: RequestContext,
    /// The cookie that has the session.
    pub cookie: SessionCookie,
    /// The owner and the token that the path names.
    pub named: Named,
}

/// The ids in a path. They can be any text, because a malformed id gets the same answer as an
/// unknown one.
pub struct Named {
    /// The owner of the tokens.
    pub owner: Owner,
    /// The id of a token. Empty if the path has none.
    pub token_id: String,
}

impl Named {
    /// Reads the ids of a path.
    pub fn of(ids: Ids<'_>) -> Self {
        let account = ids.owner;
        Self {
            owner: account.map_or(Owner::Own, |id| Owner::service_account(&decoded(id))),
            token_id: decoded(ids.token),
        }
    }
}

fn decoded(id: &str) -> String {
    percent_decode_str(id).decode_utf8_lossy().into_owned()
}

impl Call {
    /// The call that the front layer attached to `request`.
    pub fn of(request: &Request) -> Result<&Self, Refused> {
        request
            .data::<Arc<Self>>()
            .map(|call| &**call)
            .ok_or(Refused::Defect("a request came past the front layer"))
    }

    /// Ends the sessions in the caller's cookies, because a new session replaces them. Failures are
    /// only logged.
    pub async fn end_sessions(&self, request: &Request) {
        for replaced in self.cookie.read(request.headers()) {
            if let Err(error) = self.service.sign_out(Some(replaced)).await {
                error.into_problem(self.context.request_id());
            }
        }
    }

    /// The signed-in user, acting on the tokens of the owner in the path.
    pub fn acting<'a>(&self, by: &'a SignedIn) -> Acting<'a> {
        Acting::on(by, self.named.owner)
    }
}
