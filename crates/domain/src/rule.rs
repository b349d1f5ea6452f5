//! The rules of the policy, as refusals name them.

/// A rule of the policy that forbids something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nobody may make tokens.
    MayCreate,
    /// No token may carry all the owner's rights.
    AllScope,
    /// The replaced secret would go on working for too long.
    Overlap,
    /// No token may get new secrets by itself.
    SelfRegenerate,
    /// The policy is that of the settings file.
    PolicySource,
    /// Nobody who is enabled is responsible for the service account.
    Responsible,
}

impl Rule {
    /// The name in `ErrorParameters`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MayCreate => "may-create",
            Self::AllScope => "all-scope",
            Self::Overlap => "overlap",
            Self::SelfRegenerate => "self-regenerate",
            Self::PolicySource => "policy-source",
            Self::Responsible => "responsible",
        }
    }
}
