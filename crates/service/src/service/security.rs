//! The security log: what happens to rights, and what looks like an attack. It has a target of its
//! own, so that it can be kept apart from the rest of the log. It never holds a name or a secret.

use ats_pat_domain::Event;

/// The target of the security log, for log filters.
pub(crate) const SECURITY: &str = "security";

/// Tells of events that are in the event log for good.
pub(crate) fn tell_of(events: &[Event]) {
    for event in events {
        tracing::info!(
            target: SECURITY,
            event = event.kind,
            seq = event.seq,
            actor = event.actor,
            owner = event.owner.map(tracing::field::display),
            subject = event.subject,
            "recorded"
        );
    }
}
