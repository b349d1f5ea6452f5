//! The long form, in parts. `cargo xtask prove tamper` runs it.

use std::path::{Path, PathBuf};

use ats_pat_test_support::{Kind, TestDatabase, kinds};
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use super::{ROUNDS_OF_A_WORLD, Tally, play};

/// How many worlds are played at once, because they wait most of the time.
const AT_ONCE: u64 = 4;

/// The request of `cargo xtask prove tamper`.
struct Asked {
    seed: Option<u64>,
    /// How many rounds this part plays on each database.
    rounds: u64,
    /// The end of the whole run, including earlier parts.
    goal: Option<u64>,
    output: PathBuf,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment describes the part"
)]
fn asked() -> Asked {
    let variable = |name: &str| std::env::var(format!("ATS_PAT_TAMPER_{name}")).ok();
    let number = |name: &str| variable(name).map(|text| text.parse().unwrap());
    Asked {
        seed: number("SEED"),
        rounds: number("ROUNDS").unwrap_or(300),
        goal: number("GOAL"),
        output: variable("OUTPUT")
            .unwrap_or_else(|| "../../target/prove/tamper.json".to_owned())
            .into(),
    }
}

/// The results of earlier parts, if they had this seed.
fn found_before(output: &Path, asked: &Asked) -> Value {
    let text = std::fs::read(output).unwrap_or_default();
    let found: Value = serde_json::from_slice(&text).unwrap_or_default();
    let seed = found["seed"].as_u64();
    if asked.goal.is_some() && seed.is_some() && asked.seed.is_none_or(|asked| Some(asked) == seed)
    {
        return found;
    }
    json!({"part": "tamper", "seed": asked.seed.unwrap_or_else(|| fastrand::u64(..)), "databases": {}})
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes hours: `cargo xtask prove tamper` runs it"]
async fn prove_tamper() {
    let asked = asked();
    let mut found = found_before(&asked.output, &asked);
    let seed = found["seed"].as_u64().unwrap();
    println!("seed {seed}");
    for kind in kinds() {
        let name = format!("{kind:?}");
        let of_kind = found["databases"][&name]
            .as_object_mut()
            .map(std::mem::take);
        let mut of_kind = Value::from(of_kind.unwrap_or_default());
        let before = of_kind["rounds"].as_u64().unwrap_or_default();
        let to = before + asked.rounds;
        let to = asked.goal.map_or(to, |goal| to.min(goal));
        let mut violations = Vec::new();
        let mut world = before.div_ceil(ROUNDS_OF_A_WORLD);
        while world * ROUNDS_OF_A_WORLD < to && violations.is_empty() {
            let last = (world + AT_ONCE).min(to.div_ceil(ROUNDS_OF_A_WORLD));
            let together = LocalSet::new();
            let played = together
                .run_until(play_together(kind, seed, world..last))
                .await;
            for played in played {
                match played {
                    Ok(tally) => add(&mut of_kind, &tally),
                    Err(violation) => violations.push(violation),
                }
            }
            if violations.is_empty() {
                world = last;
            }
            of_kind["rounds"] = (world * ROUNDS_OF_A_WORLD).into();
            of_kind["violations"] = violations.clone().into();
            println!("{name}: {} rounds", of_kind["rounds"]);
            found["databases"][&name] = of_kind.clone();
            write(&asked.output, &found);
        }
        println!(
            "{name}: {}",
            serde_json::to_string_pretty(&of_kind["counts"]).unwrap()
        );
        assert!(violations.is_empty(), "{}", violations.join("\n\n"));
    }
}

/// Each in a database of its own.
async fn play_together(
    kind: Kind,
    seed: u64,
    worlds: std::ops::Range<u64>,
) -> Vec<Result<Tally, String>> {
    let mut playing = JoinSet::new();
    for world in worlds {
        playing.spawn_local(async move {
            let database = TestDatabase::create(kind).await;
            let played = play(&database, seed, world).await;
            database.remove().await;
            played
        });
    }
    playing.join_all().await
}

fn add(of_kind: &mut Value, tally: &Tally) {
    for (what, many) in tally {
        let before = of_kind["counts"][*what].as_u64().unwrap_or_default();
        of_kind["counts"][*what] = (before + many).into();
    }
}

fn write(output: &Path, found: &Value) {
    std::fs::create_dir_all(output.parent().unwrap()).unwrap();
    let text = serde_json::to_string_pretty(found).unwrap() + "\n";
    std::fs::write(output, text).unwrap();
}
