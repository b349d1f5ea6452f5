//! The content of the database: the event log compared with the rows, and the numbers of both.

use anyhow::Result;

use crate::databases::Client;
use crate::installation::Installation;
use crate::tally::{Count, Tally};

/// Runs `audit verify`. Compares the number of tokens with the number of their creations and with
/// `known`. Returns the faults, in words.
pub fn verify(
    installation: &Installation,
    client: &Client,
    known: Option<usize>,
    tally: &Tally,
) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let ending = installation.try_admin(&["audit", "verify"], "")?;
    tally.add(Count::Verified);
    if !ending.status.success() {
        let said = format!("{}{}", ending.output, ending.errors);
        let said: Vec<_> = said.lines().map(str::trim).collect();
        wrong.push(format!("audit verify: {}", said.join("; ")));
    }
    let tokens = client.number("SELECT COUNT(*) FROM tokens")?;
    let created = client.number("SELECT COUNT(*) FROM events WHERE kind = 'token.created'")?;
    if tokens != created {
        wrong.push(format!(
            "{tokens} tokens, but {created} events of their creation"
        ));
    }
    if let Some(known) = known
        && u64::try_from(known)? != tokens
    {
        wrong.push(format!("{tokens} tokens, but {known} by the answers"));
    }
    Ok(wrong)
}
