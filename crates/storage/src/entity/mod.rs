//! The tables as SeaORM sees them: plain types, which are converted when they are read and written.

pub mod checkpoint;
pub mod directory_group;
pub mod event;
pub mod event_head;
pub mod event_personal;
pub mod identity;
pub mod key_ring;
pub mod migration_holder;
pub mod operator_key;
pub mod policy;
pub mod pruning;
pub mod pruning_part;
pub mod root_key;
pub mod secret;
pub mod session;
pub mod setup_link;
pub mod signing_key;
pub mod status_place;
pub mod token;
pub mod token_usage;
pub mod user;
pub mod write_proof;
