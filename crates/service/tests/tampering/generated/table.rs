//! The tables that the attacker writes to, and the places of their rows.

use super::literal::uuid;

/// A table that the attacker writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Users,
    Sessions,
    Tokens,
    Secrets,
    StatusPlaces,
    SigningKeys,
    SetupLink,
    KeyRing,
    Policy,
}

impl Table {
    pub const ALL: [Self; 9] = [
        Self::Users,
        Self::Sessions,
        Self::Tokens,
        Self::Secrets,
        Self::StatusPlaces,
        Self::SigningKeys,
        Self::SetupLink,
        Self::KeyRing,
        Self::Policy,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Sessions => "sessions",
            Self::Tokens => "tokens",
            Self::Secrets => "secrets",
            Self::StatusPlaces => "status_places",
            Self::SigningKeys => "signing_keys",
            Self::SetupLink => "setup_link",
            Self::KeyRing => "key_ring",
            Self::Policy => "policy",
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            Self::Users | Self::Tokens | Self::SetupLink | Self::KeyRing | Self::Policy => "id",
            Self::Sessions => "id_hash",
            Self::Secrets => "hash",
            Self::StatusPlaces => "place",
            Self::SigningKeys => "kid",
        }
    }

    /// The column by which rows belong together.
    pub fn family(self) -> Option<&'static str> {
        match self {
            Self::Sessions => Some("user_id"),
            Self::Tokens => Some("owner_id"),
            Self::Secrets | Self::StatusPlaces => Some("token_id"),
            Self::Users | Self::SigningKeys | Self::SetupLink | Self::KeyRing | Self::Policy => {
                None
            }
        }
    }

    /// Columns that no tag covers: they grant nothing, and whoever edits them is not told of.
    pub fn is_quiet(self, column: &str) -> bool {
        let quiet: &[&str] = match self {
            Self::Users => &[
                "name_folded",
                "name_key",
                "display_name",
                "display_name_folded",
                "created_at",
            ],
            Self::Sessions => &["last_seen_at", "seen_tag"],
            Self::Tokens => &[
                "name",
                "name_folded",
                "name_key",
                "description",
                "description_folded",
                "reused_at",
            ],
            // Its own seal proves it. That it is there at all is under the tag.
            Self::SigningKeys => &["sealed"],
            Self::KeyRing => &["version"],
            Self::Secrets | Self::StatusPlaces | Self::SetupLink | Self::Policy => &[],
        };
        quiet.contains(&column)
    }
}

/// A row's table and primary key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub table: Table,
    /// Without quotes: in hexadecimal what is bytes, dashes left out.
    pub key: String,
}

impl Place {
    /// How findings name the row.
    pub fn id(&self) -> String {
        match self.table {
            Table::Users | Table::Tokens => uuid(&self.key),
            _ => self.key.clone(),
        }
    }
}
