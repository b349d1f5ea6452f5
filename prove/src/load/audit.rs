//! Compares a client's knowledge with the server's answers after the load.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::person::exchange;
use super::worker::Worker;
use crate::clock::now;
use crate::http::{Answer, Caller, Reply};
use crate::model::{State, Token};
use crate::tally::{Count, Tally};

/// How long a server without load may refuse to answer.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);
/// Of the tokens that were not changed since the last comparison, one in this many is compared.
const SAMPLE: usize = 8;
/// Codes of the envelope.
const SUCCESS: u64 = 1;
const REPLACED: u64 = 1201;
const REVOKED: u64 = 1203;

/// A token as the list shows it.
struct Listed {
    id: String,
    is_active: bool,
}

impl Worker {
    /// Compares all tokens, or the changed ones and some others, by the list and by exchanges at
    /// `servers` in turn. The result also settles changes of unknown outcome.
    pub fn audit(&mut self, all: bool, servers: &[SocketAddr]) -> Result<()> {
        self.be_signed_in()?;
        let listed = self.listed()?;
        let mut callers: Vec<_> = servers.iter().map(|server| Caller::new(*server)).collect();
        self.find_strangers(&listed);
        let mut tokens = std::mem::take(&mut self.tokens);
        for (turn, token) in tokens.iter_mut().enumerate() {
            if token.is_given_up || !(all || token.is_touched || self.rng.usize(..SAMPLE) == 0) {
                continue;
            }
            let caller = &mut callers[turn % servers.len()];
            compare(token, listed.get(&token.name), caller, &self.shared.tally)?;
        }
        tokens.retain(|token| token.state() != State::Missing || listed.contains_key(&token.name));
        self.tokens = tokens;
        Ok(())
    }

    /// Finds tokens that exist although the client doesn't know them.
    fn find_strangers(&self, listed: &BTreeMap<String, Listed>) {
        let known: BTreeSet<_> = self.tokens.iter().map(|token| &token.name).collect();
        for name in listed.keys().filter(|name| !known.contains(name)) {
            let text = format!("{name} is listed, though its creation did not happen");
            self.shared.tally.violation(Count::Half, &text);
        }
    }

    /// How many tokens this client knows to exist.
    pub fn known(&self) -> usize {
        self.tokens.len()
    }

    fn be_signed_in(&mut self) -> Result<()> {
        let end = now() + PATIENCE;
        while now() < end {
            if !self.is_enabled {
                self.enable()?;
            } else if !self.person.is_signed_in() {
                self.sign_in();
            } else {
                match self.person.session() {
                    Reply::Answer(Answer { status: 200, .. }) => return Ok(()),
                    Reply::Answer(Answer { status: 401, .. }) => self.signed_out(),
                    Reply::Answer(_) | Reply::Unsent | Reply::Lost => {}
                }
            }
            thread::sleep(PAUSE);
        }
        bail!("{} can't sign in at a calm server", self.person.name)
    }

    /// All tokens of this user, by name.
    fn listed(&mut self) -> Result<BTreeMap<String, Listed>> {
        let mut listed = BTreeMap::new();
        let mut page = 1;
        let end = now() + PATIENCE;
        loop {
            let (items, total) = match self.person.page(page) {
                Reply::Answer(answer) if answer.status == 200 => {
                    let data = answer.json()["Data"].take();
                    let items = data["Items"].as_array().cloned().unwrap_or_default();
                    (items, data["Total"].as_u64().unwrap_or_default())
                }
                _ if now() < end => {
                    thread::sleep(PAUSE);
                    continue;
                }
                _ => bail!("a calm server does not list tokens"),
            };
            for item in &items {
                let text = |name: &str| item[name].as_str().unwrap_or("").to_owned();
                let one = Listed {
                    id: text("Id"),
                    is_active: text("Status") == "Active",
                };
                listed.insert(text("Name"), one);
            }
            if items.is_empty() || u64::try_from(page * 100)? >= total {
                return Ok(listed);
            }
            page += 1;
        }
    }
}

/// Compares one token, and takes the result as its state.
fn compare(
    token: &mut Token,
    shown: Option<&Listed>,
    caller: &mut Caller,
    tally: &Tally,
) -> Result<()> {
    tally.add(Count::Audited);
    let secret = token.secret.as_deref();
    let code = secret
        .map(|secret| settled_code(caller, secret))
        .transpose()?;
    let name = &token.name;
    if let Some(ended) = &token.ended
        && settled_code(caller, ended)? == SUCCESS
    {
        let text = format!("a replaced secret of {name}, by the audit");
        tally.violation(Count::Stale, &text);
    }
    let observed = observe(shown, code);
    let allowed = token.allowed();
    match observed {
        Some(state) if allowed.contains(&state) => {}
        Some(state) => {
            let text = format!("{name} is {state:?}, but may be {allowed:?}");
            tally.violation(Count::Lost, &text);
        }
        None => {
            let status = shown.map_or("not", |shown| {
                if shown.is_active {
                    "as active"
                } else {
                    "as revoked"
                }
            });
            let text = format!(
                "{name} is listed {status}, its exchange answers {code:?}, and it may be {allowed:?}"
            );
            tally.violation(Count::Half, &text);
        }
    }
    token.is_given_up = observed.is_none();
    token.id = token.id.take().or_else(|| shown.map(|one| one.id.clone()));
    match token.adopt(observed.unwrap_or(State::Missing)) {
        Some(true) => tally.add(Count::UncertainHappened),
        Some(false) => tally.add(Count::UncertainUndone),
        None => {}
    }
    Ok(())
}

/// The state according to list and exchange; `None` if they contradict each other.
fn observe(shown: Option<&Listed>, code: Option<u64>) -> Option<State> {
    match (shown.map(|shown| shown.is_active), code) {
        (None, None | Some(REPLACED)) => Some(State::Missing),
        (Some(true), Some(SUCCESS)) => Some(State::Active),
        (Some(true), None | Some(REPLACED)) => Some(State::Replaced),
        (Some(false), None | Some(REVOKED)) => Some(State::Revoked),
        _ => None,
    }
}

/// The code of an exchange, as soon as it is answered.
fn settled_code(caller: &mut Caller, secret: &str) -> Result<u64> {
    let end = now() + PATIENCE;
    loop {
        match exchange(caller, secret) {
            Reply::Answer(answer) if answer.status < 500 => return Ok(answer.code()),
            _ if now() < end => thread::sleep(PAUSE),
            Reply::Answer(answer) => bail!("a calm server answers {}", answer.text()),
            Reply::Unsent | Reply::Lost => bail!("a calm server does not answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_and_exchange_must_agree() {
        let listed = |is_active| Listed {
            id: String::new(),
            is_active,
        };
        assert_eq!(observe(Some(&listed(true)), Some(1)), Some(State::Active));
        assert_eq!(observe(Some(&listed(false)), Some(1)), None);
        assert_eq!(observe(Some(&listed(true)), Some(REVOKED)), None);
        assert_eq!(observe(None, Some(1)), None);
        assert_eq!(observe(None, Some(REPLACED)), Some(State::Missing));
    }
}
