//! The flags that the programs share.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

/// The flags of both programs.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonFlags {
    /// A TOML file with settings
    #[arg(long, value_name = "FILE", global = true, help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// The folder of database, keys and anchor [default: ./ats-pat-data]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Settings")]
    pub data_dir: Option<String>,
    /// sqlite:, postgres: or mysql:, without a password [default: SQLite in the data folder]
    #[arg(long, value_name = "URL", global = true, help_heading = "Settings", value_parser = secret)]
    pub database_url: Option<SecretString>,
}

/// The flags of the server alone.
#[derive(Args, Clone, Debug, Default)]
pub struct ServerFlags {
    /// The address and port to serve on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", help_heading = "Settings")]
    pub listen: Option<String>,
    /// The origin that callers see [default: http:// and the address]
    #[arg(long, value_name = "URL", help_heading = "Settings")]
    pub public_url: Option<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that clap takes")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.into())
}
