use ats_pat_token::Audience;
use serde::Serialize;
use smallvec::SmallVec;

use super::grant::{Grant, StatusPlace, SubjectId};

/// The claims that all tokens of one minter have in common, as JSON. The complete text is the same
/// as that of [`ats_pat_token::Claims`].
#[derive(Debug, Clone)]
pub(super) struct ClaimsTemplate {
    /// The text before the subject: `{"iss":…,"sub":`
    up_to_sub: String,
    /// The text between the subject and the value of `exp`: `,"aud":…,"exp":`
    from_aud_to_exp: String,
}

/// The times, in seconds since the epoch.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
}

impl ClaimsTemplate {
    pub(super) fn new(issuer: &str, audience: &Audience) -> Self {
        Self {
            up_to_sub: format!("{{\"iss\":{},\"sub\":", in_json(issuer)),
            from_aud_to_exp: from_aud_to_exp(audience),
        }
    }

    pub(super) fn set_audience(&mut self, audience: &Audience) {
        self.from_aud_to_exp = from_aud_to_exp(audience);
    }

    /// The claims of one token.
    pub(super) fn fill(&self, grant: &Grant<'_>, times: Times, jti: &str) -> Json {
        let mut json = Json::default();
        json.text(&self.up_to_sub).string(grant.owner_id);
        json.text(&self.from_aud_to_exp).value(&times.expires_at);
        json.text(r#","iat":"#).value(&times.issued_at);
        json.text(r#","nbf":"#).value(&times.issued_at);
        json.text(r#","jti":"#).string(jti);
        json.text(r#","client_id":"#).string(grant.token_id);
        json.text(r#","preferred_username":"#)
            .string(grant.user_name);
        json.text(r#","scope":"#).string(grant.scope);
        json.text(r#","ats_generation":"#).value(&grant.generation);
        if let Some(StatusPlace { index, uri }) = grant.status {
            json.text(r#","status":{"status_list":{"idx":"#)
                .value(&index);
            json.text(r#","uri":"#).string(uri);
            json.text("}}");
        }
        if let Some(SubjectId { issuer, subject }) = grant.subject_id {
            json.text(r#","sub_id":{"format":"iss_sub","iss":"#)
                .string(issuer);
            json.text(r#","sub":"#).string(subject);
            json.text("}");
        }
        json.text("}");
        json
    }
}

/// JSON under construction. The claims of most tokens fit in it without an allocation.
#[derive(Default)]
pub(super) struct Json(SmallVec<[u8; 1024]>);

impl Json {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// JSON that needs no escaping.
    fn text(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// Most texts have nothing to escape (RFC 8259, section 7). To see that is faster than to
    /// escape.
    fn string(&mut self, text: &str) {
        let is_escaped = |byte| byte < 0x20 || byte == b'"' || byte == b'\\';
        // All bytes, without an early end, so that the processor can check many at once.
        let has_any = text.bytes().fold(false, |any, byte| any | is_escaped(byte));
        if has_any {
            self.value(text);
        } else {
            self.text("\"").text(text).text("\"");
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "texts and integers, written into memory"
    )]
    fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut self.0, value).expect("always representable in JSON");
    }
}

fn from_aud_to_exp(audience: &Audience) -> String {
    format!(",\"aud\":{},\"exp\":", in_json(audience))
}

#[expect(clippy::expect_used, reason = "texts, and lists of them")]
fn in_json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("always representable in JSON")
}
