//! What uses a server as a caller does.

/// The password of ada, whom [`USE`] signs in.
pub const PASSWORD: &str = "correct horse battery staple";

/// The shell script `use.sh URL`: fails unless the service there works.
pub const USE: &str = include_str!("use.sh");
