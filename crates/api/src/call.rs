//! What a handler's extractors know of the request they read.

use std::sync::Arc;

use ats_pat_http::{RequestContext, SessionCookie};
use ats_pat_service::{Acting, Owner, Service, SignedIn};
use percent_encoding::percent_decode_str;
use poem::Request;

use crate::refused::Refused;
use crate::router::Ids;

/// One request, as the front layer hands it on.
pub struct Call {
    /// The use cases.
    pub service: Service,
    /// Id and origin.
    pub context: RequestContext,
    /// Where a session stands.
    pub cookie: SessionCookie,
    /// What the path names.
    pub named: Named,
}

/// What a path names: any text, since an id that is none is as unknown as one that nobody has.
pub struct Named {
    /// Whose tokens it is about.
    pub owner: Owner,
    /// The id of a token; empty where it names none.
    pub token_id: String,
}

impl Named {
    /// What the ids of a path name.
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
    /// The call that `request` is.
    pub fn of(request: &Request) -> Result<&Self, Refused> {
        request
            .data::<Arc<Self>>()
            .map(|call| &**call)
            .ok_or(Refused::Defect("a request came past the front layer"))
    }

    /// Ends the sessions that the caller's cookies name: another one takes their place. What fails is logged.
    pub async fn end_sessions(&self, request: &Request) {
        for replaced in self.cookie.read(request.headers()) {
            if let Err(error) = self.service.sign_out(Some(replaced)).await {
                error.into_problem(self.context.request_id());
            }
        }
    }

    /// The signed-in user, who acts on the tokens of the owner that the path names.
    pub fn acting<'a>(&self, by: &'a SignedIn) -> Acting<'a> {
        Acting::on(by, self.named.owner)
    }
}
