//! Another policy is put into force.

use std::sync::Arc;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Policies, PolicyDocument, Problem, Reason, Rule};
use serde_json::{Map, Value, json};

use crate::change::{Change, Draft, Taken};
use crate::ledger::rows::THE_POLICY;
use crate::operator::Operator;
use crate::policy::{InForce, OwnerPolicies, Written};
use crate::service::error::Error;
use crate::service::settings::PolicySource;
use crate::service::turns::Rank;

/// The version of a policy that the settings say.
const OF_SETTINGS: &str = "settings";

/// The policy in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentPolicy {
    /// The whole policy, with its rules for groups.
    pub policy: PolicyDocument,
    /// Another one for each policy that was put into force: what [`NewPolicy::versions`] names.
    pub version: String,
    /// Whether it is in the settings or in the database.
    pub source: PolicySource,
    /// Whether tokens that were made before it are cut to it.
    pub enforce_on_existing: bool,
}

/// A policy to put into force.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// The whole policy. What it lacks is as it is by default.
    pub policy: PolicyDocument,
    /// The versions of which one must be in force; `None` for any.
    pub versions: Option<Vec<String>>,
    /// Whether active tokens that live longer than it allows are cut to it.
    pub enforce_on_existing: bool,
}

impl CurrentPolicy {
    fn of(policies: &OwnerPolicies, source: PolicySource) -> Self {
        Self {
            policy: policies.all().into(),
            version: version_of(policies),
            source,
            enforce_on_existing: policies.cuts(),
        }
    }
}

fn version_of(policies: &OwnerPolicies) -> String {
    policies.stored.map_or_else(
        || OF_SETTINGS.to_owned(),
        |stored| uuid::Uuid::from_bytes(stored.origin.event).to_string(),
    )
}

impl Operator<'_> {
    /// The policy in force.
    ///
    /// # Errors
    /// [`Error::PolicyMissing`], [`Error::LogNotRead`].
    pub async fn policies(&self) -> Result<CurrentPolicy, Error> {
        let source = self.service.inner.policies.source();
        Ok(CurrentPolicy::of(&*self.policies_now().await?, source))
    }

    /// The policy in force by the whole log, also on a server that does not follow it.
    pub(super) async fn policies_now(&self) -> Result<Arc<OwnerPolicies>, Error> {
        let head = self.service.store().events().head().await?;
        self.service.currency().follow_to(head).await?;
        self.service.policies().await
    }

    /// Refuses scopes that make authentication tokens too long.
    pub(super) fn refuse_too_many_scopes(&self, policies: &Policies) -> Result<(), Problem> {
        if self.service.inner.settings.expand_all_scope && policies.are_too_long_written_out() {
            return Err(Problem::validation("Scopes", Reason::TooLong));
        }
        Ok(())
    }

    /// Puts a policy into force. Once this is answered no server goes by the one before, and where
    /// that was asked for every token that lives longer than it allows is cut to it. If the wait is
    /// broken off, that goes on in the background.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`] for an administrator who signed in too long ago;
    /// [`Problem::ValidationFailed`] for what is no policy; [`Problem::PolicyForbids`] where the
    /// policy is that of the settings; [`Problem::VersionMismatch`] where another version is in
    /// force.
    pub async fn apply_policy(&self, new: NewPolicy) -> Result<CurrentPolicy, Error> {
        self.require_recent_sign_in().await?;
        let policies = new.policy.read()?;
        self.refuse_too_many_scopes(&policies)?;
        let in_force = &self.service.inner.policies;
        if in_force.source() == PolicySource::File {
            let rule = Rule::PolicySource;
            return Err(Problem::PolicyForbids { rule }.into());
        }
        let apply = Apply {
            written: Written {
                policy: (&policies).into(),
                enforce_on_existing: new.enforce_on_existing,
            },
            versions: new.versions,
            in_force: Arc::clone(in_force),
        };
        self.change(apply).await?;
        let policies = self.policies_now().await?;
        self.service.cut_tokens(&policies).await?;
        Ok(CurrentPolicy::of(&policies, in_force.source()))
    }
}

struct Apply {
    written: Written,
    versions: Option<Vec<String>>,
    in_force: Arc<InForce>,
}

impl Change for Apply {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        // Where the policy was removed or altered a new one puts that right.
        let before = match self.in_force.in_change(draft).await {
            Ok(policies) => Some(CurrentPolicy::of(&policies, self.in_force.source())),
            Err(Error::PolicyMissing) => None,
            Err(error) => return Err(error),
        };
        if let Some(versions) = &self.versions {
            let current = before.as_ref().map(|before| before.version.as_str());
            let current = current.unwrap_or_default();
            if !versions.iter().any(|version| version == current) {
                let current = current.to_owned();
                return Err(Problem::VersionMismatch { current }.into());
            }
        }
        let is_the_same = before.as_ref().is_some_and(|before| {
            before.version != OF_SETTINGS
                && before.policy == self.written.policy
                && before.enforce_on_existing == self.written.enforce_on_existing
        });
        // The row may have been removed or altered while this server went by what it has in memory.
        if is_the_same && self.in_force.is_written(draft).await? {
            return Ok(((), Taken::Before));
        }
        draft.replace_policy(self.written.to_row()?).await?;
        let before = before.map(|before| before.policy);
        let entry = draft
            .entry(EventKind::PolicyChanged, &THE_POLICY)
            .detail("Changes", difference(before.as_ref(), &self.written.policy))
            .detail("EnforceOnExisting", self.written.enforce_on_existing);
        draft.record(entry);
        Ok(((), Taken::Now))
    }
}

/// What is another than before, by field, `[before, after]`; a group's by its name. All of it where
/// nothing is known of before.
fn difference(before: Option<&PolicyDocument>, after: &PolicyDocument) -> Value {
    let mut changes = Map::new();
    let before = before.map(fields).unwrap_or_default();
    let after = fields(after);
    for (name, value) in &after {
        let was = before.get(name).unwrap_or(&Value::Null);
        if was != value {
            changes.insert(name.clone(), json!([was, value]));
        }
    }
    for (name, was) in &before {
        if !after.contains_key(name) {
            changes.insert(name.clone(), json!([was, Value::Null]));
        }
    }
    Value::Object(changes)
}

/// Each field with its name; a group's fields are one value, named `Group NAME`.
fn fields(policy: &PolicyDocument) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(policy) else {
        return Map::new();
    };
    if let Some(Value::Array(groups)) = fields.remove("Groups") {
        for mut group in groups {
            let name = group
                .as_object_mut()
                .and_then(|group| group.remove("Group"));
            let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
            fields.insert(format!("Group {name}"), group);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_tells_what_is_another_than_before() {
        let read = |json: &str| serde_json::from_str::<PolicyDocument>(json).unwrap();
        let before = read(
            r#"{"MaxLifetimeDays": 90, "MaxActiveTokens": 5, "Groups": [
                {"Group": "corp/a", "MaxLifetimeDays": 7}, {"Group": "corp/b", "MaxLifetimeDays": 8}]}"#,
        );
        let after = read(
            r#"{"MaxLifetimeDays": 30, "MaxActiveTokens": 5, "Groups": [
                {"Group": "corp/a", "MaxLifetimeDays": 9}, {"Group": "corp/c", "MayCreate": "Nobody"}]}"#,
        );
        assert_eq!(
            difference(Some(&before), &after),
            json!({
                "MaxLifetimeDays": [90, 30],
                "Group corp/a": [{"MaxLifetimeDays": 7}, {"MaxLifetimeDays": 9}],
                "Group corp/b": [{"MaxLifetimeDays": 8}, null],
                "Group corp/c": [null, {"MayCreate": "Nobody"}],
            })
        );
        assert_eq!(difference(Some(&after), &after), json!({}));
        let all = difference(None, &read(r#"{"MaxLifetimeDays": 30}"#));
        assert_eq!(all, json!({"MaxLifetimeDays": [null, 30]}));
    }
}
