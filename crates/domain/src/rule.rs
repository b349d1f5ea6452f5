//! The rules of the policy that a refusal can name.

/// A rule of the policy that forbids something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nobody may create tokens.
    MayCreate,
    /// No token may carry all the owner's rights.
    AllScope,
    /// The overlap is too long.
    Overlap,
    /// Tokens may not regenerate themselves.
    SelfRegenerate,
    /// The policy is in the settings file, so it can't be changed here.
    PolicySource,
    /// The service account has no enabled responsible person.
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
