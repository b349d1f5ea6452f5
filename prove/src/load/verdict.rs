//! The meaning of an answer to a change.

use crate::http::{Answer, Reply};
use crate::tally::{Count, Tally};

/// The code of `SignInRequired` in the envelope.
const SIGN_IN_REQUIRED: u64 = 1100;

/// What a reply tells about the change.
pub enum Verdict {
    /// The change happened, as the answer says.
    Done(Answer),
    /// It happened completely or not at all.
    Unknown,
    /// It did not happen.
    Not,
    /// It did not happen, because there is no session.
    SignedOut,
    /// It did not happen. The answer must be explained.
    Refused(Answer),
}

/// Judges the reply to a change, and counts it.
pub fn judge(reply: Reply, tally: &Tally) -> Verdict {
    match reply {
        Reply::Unsent => Verdict::Not,
        Reply::Lost => {
            tally.add(Count::Unanswered);
            Verdict::Unknown
        }
        Reply::Answer(answer) => match answer.status {
            200..=399 => Verdict::Done(answer),
            503 => {
                tally.add(Count::Refused);
                Verdict::Unknown
            }
            500 => {
                tally.add(Count::Internal);
                Verdict::Unknown
            }
            401 if answer.code() == SIGN_IN_REQUIRED => Verdict::SignedOut,
            _ => Verdict::Refused(answer),
        },
    }
}
