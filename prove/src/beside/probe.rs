//! Takes rights away at one server, and tries them at every one.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use super::seat::Seat;
use crate::http::{Caller, Reply, expect};
use crate::installation::Installation;
use crate::load::{FIRST_PASSWORD, Person, add_user, exchange};

const NAME: &str = "probe";
/// How often a secret is exchanged at each server before, so that every server has its grant in
/// memory.
const WARM: usize = 3;
/// Codes of the envelope.
const REPLACED: u64 = 1201;
const REVOKED: u64 = 1203;
const DISABLED: u64 = 1205;

/// A person, and the number of tokens that were made.
pub struct Probe {
    number: usize,
}

/// A token that works.
struct Made {
    id: String,
    secret: String,
}

impl Probe {
    pub fn new(installation: &Installation) -> Result<Self> {
        add_user(installation, NAME)?;
        Ok(Self { number: 0 })
    }

    /// How many tokens were made.
    pub fn made(&self) -> usize {
        self.number
    }

    /// Makes a token at the server `by` of `at`, replaces its secret, and revokes it there. Returns
    /// what any server got wrong.
    pub fn take_away(&mut self, by: usize, at: &[SocketAddr]) -> Result<Vec<String>> {
        let mut person = Self::signed_in(at[by])?;
        let made = self.make(&mut person)?;
        let mut wrong = Vec::new();
        for _ in 0..WARM {
            wrong.extend(tried(&made.secret, 1, at, "a new token"));
        }
        let renewed = expect(person.regenerate(&made.id), 200)?.json()["Data"].take();
        let renewed = renewed["Secret"].as_str().context("no secret")?.to_owned();
        // From the acknowledgement on, no server takes it.
        wrong.extend(tried(&made.secret, REPLACED, at, "a replaced secret"));
        for _ in 0..WARM {
            wrong.extend(tried(&renewed, 1, at, "a renewed token"));
        }
        expect(person.revoke(&made.id), 200)?;
        wrong.extend(tried(&renewed, REVOKED, at, "a revoked token"));
        for server in at {
            // The session is of the other server.
            let page = expect(person.at(*server).page(1), 200)?.json();
            let active = page["Data"]["Items"].as_array().context("no list")?.iter();
            if active.clone().any(|one| one["Status"] == "Active") {
                wrong.push(format!("{server} lists a revoked token as active"));
            }
        }
        expect(person.sign_out(), 303)?;
        Ok(wrong)
    }

    /// Disables the person by the admin program of the release that runs at `seat`.
    pub fn disable(&mut self, seat: &Seat, at: &[SocketAddr]) -> Result<Vec<String>> {
        let program = seat.of(seat.running());
        let mut person = Self::signed_in(seat.address())?;
        let made = self.make(&mut person)?;
        let mut wrong = tried(&made.secret, 1, at, "a token before its owner was disabled");
        program.admin(&["user", "disable", NAME], "")?;
        wrong.extend(tried(
            &made.secret,
            DISABLED,
            at,
            "a token of a disabled user",
        ));
        program.admin(&["user", "enable", NAME], "")?;
        program.admin(&["token", "revoke", &made.id], "")?;
        wrong.extend(tried(
            &made.secret,
            REVOKED,
            at,
            "a token that an operator revoked",
        ));
        Ok(wrong)
    }

    fn signed_in(at: SocketAddr) -> Result<Person> {
        let mut person = Person::new(NAME.to_owned(), at);
        expect(person.sign_in(FIRST_PASSWORD), 200)?;
        Ok(person)
    }

    fn make(&mut self, person: &mut Person) -> Result<Made> {
        self.number += 1;
        let data = expect(person.create(&format!("probe {}", self.number)), 201)?;
        let data = data.json()["Data"].take();
        let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
        Ok(Made {
            id: text(&data["Token"]["Id"]).context("no id")?,
            secret: text(&data["Secret"]).context("no secret")?,
        })
    }
}

/// The servers that answer an exchange otherwise than by this code.
fn tried(secret: &str, code: u64, at: &[SocketAddr], what: &str) -> Vec<String> {
    let answers = at.iter().map(|server| {
        let reply = exchange(&mut Caller::new(*server), secret);
        let found = match &reply {
            Reply::Answer(answer) => answer.code(),
            Reply::Unsent | Reply::Lost => 0,
        };
        (found != code).then(|| format!("{what} is answered {found} by {server}, and not {code}"))
    });
    answers.flatten().collect()
}
