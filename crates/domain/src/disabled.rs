//! Why a user is disabled: a mark for each party that can disable users.

use serde::ser::{Serialize, SerializeSeq, Serializer};

/// A party that disables users. Each sets and clears only its own mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledBy {
    /// An administrator, an operator, or a program with an operator key.
    Administrator,
    /// The company's directory, over SCIM.
    Scim,
    /// The identity provider: at the last sign-in, none of the user's groups was allowed.
    Provider,
}

impl DisabledBy {
    /// Every party that can disable a user.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Scim, Self::Provider];

    /// The name of the mark.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Scim => "Scim",
            Self::Provider => "Provider",
        }
    }

    /// Reads the name of a mark.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.as_str() == name)
    }

    const fn bit(self) -> i16 {
        match self {
            Self::Administrator => 1,
            Self::Scim => 2,
            Self::Provider => 4,
        }
    }
}

/// The marks of a user, who is disabled while there is any. No party can clear the mark of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisabledMarks(i16);

impl DisabledMarks {
    /// No mark: the user is enabled.
    pub const NONE: Self = Self(0);

    /// The mark of one party.
    pub const fn of(party: DisabledBy) -> Self {
        Self(party.bit())
    }

    /// These marks and the one of `party`.
    pub const fn with(self, party: DisabledBy) -> Self {
        Self(self.0 | party.bit())
    }

    /// These marks without the one of `party`.
    pub const fn without(self, party: DisabledBy) -> Self {
        Self(self.0 & !party.bit())
    }

    /// Whether `party` set its mark.
    pub const fn are_set_by(self, party: DisabledBy) -> bool {
        self.0 & party.bit() != 0
    }

    /// Whether there is any mark, which disables the user.
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// The parties that set their mark.
    pub fn parties(self) -> impl Iterator<Item = DisabledBy> {
        DisabledBy::ALL
            .into_iter()
            .filter(move |party| self.are_set_by(*party))
    }

    /// The stored form: a bit for each party.
    pub const fn as_number(self) -> i16 {
        self.0
    }

    /// Reads the stored form. A bit that no party has disables too: a later release set it.
    pub const fn from_stored(number: i16) -> Self {
        Self(number)
    }
}

/// Writes the names of the parties.
impl Serialize for DisabledMarks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for party in self.parties() {
            names.serialize_element(party.as_str())?;
        }
        names.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_party_clears_only_its_own_mark() {
        for set in DisabledBy::ALL {
            for cleared in DisabledBy::ALL {
                let marks = DisabledMarks::NONE.with(set).without(cleared);
                assert_eq!(marks.any(), set != cleared, "{set:?} {cleared:?}");
            }
        }
    }

    #[test]
    fn a_user_is_disabled_until_the_last_mark_is_gone() {
        let both = DisabledMarks::of(DisabledBy::Scim).with(DisabledBy::Provider);
        let parties: Vec<_> = both.parties().collect();
        assert_eq!(parties, [DisabledBy::Scim, DisabledBy::Provider]);
        let one = both.without(DisabledBy::Scim);
        assert!(one.any());
        assert!(!one.without(DisabledBy::Provider).any());
    }

    #[test]
    fn marks_are_written_as_the_names_of_the_parties() {
        let both = DisabledMarks::of(DisabledBy::Provider).with(DisabledBy::Administrator);
        let written = serde_json::to_string(&both).unwrap();
        assert_eq!(written, r#"["Administrator","Provider"]"#);
        for party in DisabledBy::ALL {
            assert_eq!(DisabledBy::from_name(party.as_str()), Some(party));
        }
        assert_eq!(DisabledBy::from_name("Nobody"), None);
    }

    #[test]
    fn marks_are_read_as_they_were_stored_and_unknown_ones_disable() {
        for number in 0..8 {
            assert_eq!(DisabledMarks::from_stored(number).as_number(), number);
        }
        assert!(DisabledMarks::from_stored(8).any());
    }
}
