//! People, tokens and keys that the earlier release made, and what each of them may do.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use super::ground::Site;
use super::rows;
use crate::databases::Kind;
use crate::http::{Caller, Reply, expect};
use crate::installation::Installation;
use crate::load::{FIRST_PASSWORD, Person, add_user, exchange};
use crate::tally::{Count, Tally};

const OTHER_PASSWORD: &str = "orbit-of-velvet-plums-7";

/// The facts that callers know.
pub struct Scene {
    ada: Person,
    eve: Person,
    /// A token that works.
    pub alive: Made,
    /// Secrets whose rights were taken away, and how.
    taken: Vec<(&'static str, String)>,
    set_up_code: String,
    destroyed_key: String,
}

/// A token that was made, with its secret.
pub struct Made {
    pub id: String,
    pub secret: String,
}

impl Scene {
    /// Fills the database with the programs of the earlier release, whose server runs. Rows are
    /// copied before rights are taken away, and put back afterwards. Some rows are planted. The
    /// set-up link is in the output `said` of the server that was started last.
    pub fn fill(kind: Kind, site: &Site, said: &str, tally: &Tally) -> Result<Self> {
        let Site { former, client, .. } = site;
        let (_, code) = said
            .rsplit_once("/setup#")
            .context("no set-up link was told")?;
        let set_up_code = code.lines().next().unwrap_or_default().to_owned();
        for name in ["ada", "bob", "dora", "eve", "junk"] {
            add_user(former, name)?;
            tally.add(Count::Acknowledged);
        }
        let signed_in = |name: &str| -> Result<Person> {
            let mut person = Person::new(name.to_owned(), former.address());
            expect(person.sign_in(FIRST_PASSWORD), 200)?;
            tally.add(Count::Acknowledged);
            Ok(person)
        };
        let (mut ada, mut bob, mut eve) = (signed_in("ada")?, signed_in("bob")?, signed_in("eve")?);
        let make = |person: &mut Person, name: &str| -> Result<Made> {
            let data = expect(person.create(name), 201)?.json()["Data"].take();
            let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
            let made = Made {
                id: text(&data["Token"]["Id"]).context("no id")?,
                secret: text(&data["Secret"]).context("no secret")?,
            };
            expect(person.exchange(&made.secret), 200)?;
            tally.add(Count::Acknowledged);
            Ok(made)
        };
        let alive = make(&mut ada, "alive")?;
        let ended = make(&mut ada, "ended")?;
        let revoked = make(&mut ada, "revoked")?;
        let renewed = make(&mut ada, "renewed")?;
        let bobs = make(&mut bob, "bobs")?;
        expect(ada.revoke(&ended.id), 200)?;
        let destroyed_key = key_set(former.address())?.pop().context("no key")?;

        rows::copy(client)?;
        expect(ada.revoke(&revoked.id), 200)?;
        expect(ada.regenerate(&renewed.id), 200)?;
        former.admin(&["user", "disable", "bob"], "")?;
        let set = ["user", "set-password", "dora", "--password-stdin"];
        former.admin(&set, &format!("{OTHER_PASSWORD}\n"))?;
        expect(eve.sign_out(), 303)?;
        former.admin(&["key", "rotate", "--compromised"], "")?;
        expect(set_up(former.address(), &set_up_code, "root"), 200)?;
        tally.add_many(Count::Acknowledged, 8);
        rows::put_back(kind, client)?;
        rows::plant(kind, client, "alive", "junk")?;
        Ok(Self {
            ada,
            eve,
            alive,
            taken: vec![
                ("revoked before the copy", ended.secret),
                ("revoked", revoked.secret),
                ("replaced", renewed.secret),
                ("of a disabled user", bobs.secret),
            ],
            set_up_code,
            destroyed_key,
        })
    }

    /// Ada with her session, at this server.
    pub fn ada(&self, at: SocketAddr) -> Person {
        self.ada.at(at)
    }

    /// Valid rights that don't work, although they should.
    pub fn dead(&self, at: SocketAddr) -> Vec<String> {
        let mut ada = self.ada(at);
        let page = ada.tokens_page();
        let shows = matches!(&page, Reply::Answer(answer) if answer.text().contains(">alive<"));
        let mut wrong = Vec::new();
        if !shows {
            wrong.push(format!(
                "the page does not list the token: {}",
                status(&page)
            ));
        }
        for (what, reply) in [
            (
                "the token",
                exchange(&mut Caller::new(at), &self.alive.secret),
            ),
            ("the session", ada.session()),
            ("signing in", self.ada(at).sign_in(FIRST_PASSWORD)),
        ] {
            if status(&reply) != 200 {
                wrong.push(format!("{what} is answered {}", status(&reply)));
            }
        }
        wrong
    }

    /// Rights that work, although they were taken away, put back or planted.
    pub fn undead(&self, installation: &Installation) -> Result<Vec<String>> {
        let at = installation.address();
        let mut wrong = Vec::new();
        let mut caller = Caller::new(at);
        for (how, secret) in &self.taken {
            let reply = exchange(&mut caller, secret);
            if !matches!(status(&reply), 401 | 403) {
                wrong.push(format!("a token ({how}) is answered {}", status(&reply)));
            }
        }
        for name in ["bob", "dora", "junk"] {
            let reply = Person::new(name.to_owned(), at).sign_in(FIRST_PASSWORD);
            if status(&reply) != 401 {
                wrong.push(format!(
                    "signing in as {name} is answered {}",
                    status(&reply)
                ));
            }
        }
        let session = self.eve.at(at).session();
        if status(&session) != 401 {
            wrong.push(format!("an ended session is answered {}", status(&session)));
        }
        let again = set_up(at, &self.set_up_code, "mallory");
        if matches!(&again, Reply::Answer(answer) if answer.text().contains("mallory") && answer.status == 200)
        {
            wrong.push("the set-up link works again".to_owned());
        }
        let keys = key_set(at)?;
        if keys.contains(&self.destroyed_key) || keys.len() != 1 {
            wrong.push(format!("the key set is {keys:?}"));
        }
        Ok(wrong)
    }
}

/// The ids of the published keys.
fn key_set(at: SocketAddr) -> Result<Vec<String>> {
    let answer = expect(Caller::new(at).get("/.well-known/jwks.json", &[]), 200)?.json();
    let keys = answer["keys"].as_array().context("no key set")?;
    let kids = keys.iter().filter_map(|key| key["kid"].as_str());
    Ok(kids.map(ToOwned::to_owned).collect())
}

fn set_up(at: SocketAddr, code: &str, name: &str) -> Reply {
    let origin = format!("http://{at}");
    let form = format!(
        "code={code}&user_name={name}&password={FIRST_PASSWORD}&password_repeat={FIRST_PASSWORD}"
    );
    Caller::new(at).post(
        "/setup",
        &[("Origin", &origin)],
        "application/x-www-form-urlencoded",
        &form,
    )
}

/// The status of an answer, 0 for none.
pub fn status(reply: &Reply) -> u16 {
    match reply {
        Reply::Answer(answer) => answer.status,
        Reply::Unsent | Reply::Lost => 0,
    }
}
