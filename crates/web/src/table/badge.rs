//! The badge that shows a status.

use ats_pat_domain::{Status, Timestamp};
use ats_pat_text::Text;

use crate::words::{DAY, until};

/// A badge shows the days left from this many days before the end.
const SOON_DAYS: u32 = 15;

/// How a status is shown: by shape and words, not only by colour.
pub struct Badge {
    /// The class of the style sheet.
    pub class: &'static str,
    /// The status in words.
    pub text: String,
}

impl Badge {
    /// The badge of a token or an operator key with this status and expiry.
    pub fn of(status: Status, expires_at: Timestamp, now: Timestamp, text: Text) -> Self {
        let (class, words) = match status {
            Status::Revoked => ("revoked", text.status_revoked().to_owned()),
            Status::Expired => ("expired", text.status_expired().to_owned()),
            Status::Active if expires_at < now.after(DAY * SOON_DAYS) => {
                ("soon", text.status_expires(until(expires_at, now, text)))
            }
            Status::Active => ("active", text.status_active().to_owned()),
        };
        Self { class, text: words }
    }
}
