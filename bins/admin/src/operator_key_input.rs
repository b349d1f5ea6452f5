//! The operator key by which this program calls the administration interface.

use ats_pat_token::OperatorKeySecret;
use secrecy::ExposeSecret as _;

use crate::environment::operator_key_file;
use crate::failure::Failure;
use crate::secret_input::{ask_hidden, can_ask, pasted_from_file, pasted_from_standard_input};

const WHAT: &str = "operator key";

/// Reads the key from the file that the environment names, else from the first line of standard
/// input. A person at a terminal is asked for it.
pub fn operator_key() -> Result<OperatorKeySecret, Failure> {
    let (secret, place) = if let Some(file) = operator_key_file() {
        match pasted_from_file(&file, WHAT) {
            Ok(secret) => (secret, file.display().to_string()),
            Err(cause) => return Err(Failure::OperatorKeyFile { file, cause }),
        }
    } else if can_ask() {
        (ask_hidden("Operator key: ")?, "the input".to_owned())
    } else {
        let secret = pasted_from_standard_input(WHAT)?;
        (secret, "standard input".to_owned())
    };
    OperatorKeySecret::parse(secret.expose_secret()).map_err(|_| Failure::NoOperatorKey { place })
}
