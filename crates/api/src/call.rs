//! What a handler's extractors know of the request they read.

use std::sync::Arc;

use ats_pat_http::{RequestContext, SessionCookie};
use ats_pat_service::Service;
use poem::Request;

use crate::refused::Refused;

/// One request, as the front layer hands it on.
pub struct Call {
    /// The use cases.
    pub service: Service,
    /// Id and origin.
    pub context: RequestContext,
    /// Where a session stands.
    pub cookie: SessionCookie,
    /// The token that the path names, undecoded; empty where it names none.
    pub token_id: String,
}

impl Call {
    /// The call that `request` is.
    pub fn of(request: &Request) -> Result<&Self, Refused> {
        request
            .data::<Arc<Self>>()
            .map(|call| &**call)
            .ok_or(Refused::Defect("a request came past the front layer"))
    }
}
