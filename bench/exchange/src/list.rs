//! The first page of a user with very many tokens.

use anyhow::{Context, Result};

use crate::clock::now;
use crate::figure::{Bound, Figures};
use crate::http::{Connection, Request};
use crate::latency::Latencies;
use crate::place::Place;
use crate::program::Program;
use crate::service::{Cache, Filling, Installation, Person};
use crate::signals::Signals;

/// The latest p99, in milliseconds.
const FIRST_PAGE_MS: f64 = 5.0;
/// The queries of a page's address. The first one is compared with the limit.
const QUERIES: [(&str, &str); 4] = [
    ("newest first", "?Page=1&PageSize=25"),
    (
        "active, by name",
        "?Page=1&PageSize=25&Status=Active&Sort=Name",
    ),
    ("last used first", "?Page=1&PageSize=25&Sort=-LastUsedAt"),
    ("search", "?Page=1&PageSize=25&Search=99"),
];
/// Requests that are sent before those that are counted.
const WARM_UP: usize = 50;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How many tokens the owner has
    #[arg(long, default_value_t = 10_000)]
    tokens: u64,
    /// How many others have, together
    #[arg(long, default_value_t = 100_000)]
    others: u64,
    /// How often each page is asked for
    #[arg(long, default_value_t = 1000)]
    requests: usize,
}

/// Measures it on SQLite.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let Arguments { place, tokens, .. } = arguments;
    place.cores.stay_with_the_load()?;
    let installation = Installation::temporary(&place.programs, &place.data(), None)?;
    let owner = Person::add(&installation, "ada")?;
    installation.fill(&Filling {
        tokens: tokens + arguments.others,
        owners: arguments.others.div_ceil(100).max(1),
        owner: Some((&owner, *tokens)),
        ended_of: None,
        sample: 1,
    })?;
    signals.check()?;
    let program = installation.start(Cache::Default, place.cores)?;
    let mut figures = Figures::default();
    let first_pages = first_pages(&program, *tokens, arguments.requests)?;
    for (number, (name, latencies)) in first_pages.iter().enumerate() {
        let [p50, mut p99, longest] =
            latencies.figures(&format!("first page of {tokens} tokens, {name}"));
        if number == 0 {
            p99 = p99.must_be(Bound::AtMost(FIRST_PAGE_MS));
        }
        figures.figures.extend([p50, p99, longest]);
    }
    figures.notes.push(format!(
        "one request after the other, from its first byte sent to its last byte received, by a session; {} tokens of others are in the database",
        arguments.others
    ));
    figures.publish(&place.output("list.json"))
}

/// The first page of each query for the user `ada`, who has this many tokens.
pub fn first_pages(
    program: &Program,
    tokens: u64,
    requests: usize,
) -> Result<Vec<(&'static str, Latencies)>> {
    let person = Person::sign_in("ada", program.address())?;
    let mut connection = Connection::open(program.address())?;
    let mut measured = Vec::new();
    for (name, query) in QUERIES {
        let request = person.get(query);
        check(&mut connection, &request, tokens).with_context(|| format!("first page, {name}"))?;
        let mut latencies = Latencies::new()?;
        for number in 0..WARM_UP + requests {
            let begun = now();
            let answer = connection.send(&request)?;
            let taken = now() - begun;
            anyhow::ensure!(
                answer.status == 200,
                "a page was answered {}",
                answer.status
            );
            if number >= WARM_UP {
                latencies.record(taken)?;
            }
        }
        measured.push((name, latencies));
    }
    Ok(measured)
}

/// Whether it is a page of that many.
fn check(connection: &mut Connection, request: &Request, tokens: u64) -> Result<()> {
    let page = &connection.json(request)?["Data"];
    let total = page["Total"].as_u64().context("no total")?;
    let items = page["Items"].as_array().context("no items")?.len();
    anyhow::ensure!(
        total <= tokens && total > 0 && items as u64 == total.min(25),
        "{items} items of {total}"
    );
    Ok(())
}
