//! One COMMIT fails on a full disk, then there is room again, and then the service itself refuses
//! something. Changes that are acknowledged after that must be stored. The steps are always the
//! same, on SQLite.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fastrand::Rng;

use super::bed::Bed;
use crate::clock::wait_for;
use crate::databases::{Kind, Size};
use crate::http::{Answer, Caller, Reply};
use crate::load::{Person, add_user, exchange};
use crate::signals::Signals;
use crate::tally::Tally;
use crate::verify::verify;

const PATIENCE: Duration = Duration::from_secs(30);
/// The write-ahead log has free space of its own. This many changes use it up.
const MOST_CHANGES: usize = 5_000;

/// Returns the violations, in words.
pub fn run(programs: &Path, rng: Rng, signals: &Signals) -> Result<Vec<String>> {
    let mut bed = Bed::new(Kind::Sqlite, Size::Few, programs, rng, signals)?;
    add_user(&bed.installation, "ada")?;
    let mut ada = Person::new("ada".to_owned(), bed.installation.address());
    answer(ada.sign_in(&ada.password.clone()), 200)?;
    let before = created(ada.create("before"))?;

    bed.disk.fill()?;
    let mut refused = false;
    for number in 0..MOST_CHANGES {
        bed.disk.fill()?;
        match ada.create(&format!("full {number}")) {
            Reply::Answer(Answer { status: 201, .. }) => {}
            Reply::Answer(Answer {
                status: 500 | 503, ..
            }) => {
                refused = true;
                break;
            }
            Reply::Answer(answer) => bail!("on a full disk: {}", answer.text()),
            Reply::Unsent | Reply::Lost => bail!("the server does not answer on a full disk"),
        }
    }
    if !refused {
        bail!("{MOST_CHANGES} changes did not notice the full disk");
    }
    bed.disk.free()?;
    wait_for("a name in use is refused", PATIENCE, signals, || {
        let reply = ada.create("before");
        Ok(matches!(reply, Reply::Answer(Answer { status: 409, .. })).then_some(()))
    })?;

    let mut wrong = Vec::new();
    let after = created(ada.create("after"))?;
    answer(ada.revoke(&before.id), 200)?;
    look(&bed, &before, &after, "", &mut wrong)?;
    bed.kill_server()?;
    bed.start_server(signals)?;
    look(&bed, &before, &after, " after kill -9", &mut wrong)?;
    let found = verify(&bed.installation, &bed.client, None, &Tally::default())?;
    wrong.extend(found);
    Ok(wrong)
}

struct Made {
    id: String,
    secret: String,
}

fn created(reply: Reply) -> Result<Made> {
    let data = answer(reply, 201)?.json()["Data"].take();
    let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
    Ok(Made {
        id: text(&data["Token"]["Id"]).context("no id")?,
        secret: text(&data["Secret"]).context("no secret")?,
    })
}

fn answer(reply: Reply, status: u16) -> Result<Answer> {
    match reply {
        Reply::Answer(answer) if answer.status == status => Ok(answer),
        Reply::Answer(answer) => bail!("answered {}: {}", answer.status, answer.text()),
        Reply::Unsent | Reply::Lost => bail!("no answer"),
    }
}

/// Checks that the first token was revoked and the second was made.
fn look(bed: &Bed, revoked: &Made, made: &Made, when: &str, wrong: &mut Vec<String>) -> Result<()> {
    for (one, expected, what) in [(revoked, 401, "revoked"), (made, 200, "created")] {
        let mut caller = Caller::new(bed.installation.address());
        let Reply::Answer(answer) = exchange(&mut caller, &one.secret) else {
            bail!("no answer");
        };
        if answer.status != expected {
            let (status, code) = (answer.status, answer.code());
            wrong.push(format!(
                "the token that was acknowledged as {what} answers {status} ({code}){when}"
            ));
        }
    }
    Ok(())
}
