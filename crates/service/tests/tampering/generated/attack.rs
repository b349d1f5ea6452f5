//! What the attacker does to rows.

use std::collections::BTreeSet;

use ats_pat_test_support::intruder::RawRow;
use fastrand::Rng;

use super::ground::{Ground, State};
use super::literal::plain;
use super::table::{Place, Table};

/// The most older states that the attacker keeps.
const KEPT: usize = 6;

/// Rows to write, and those to remove.
type Plan = Vec<(Place, Option<RawRow>)>;

/// One attack, chosen by the dice; says what it was.
pub async fn attack(ground: &mut Ground, rng: &mut Rng) -> String {
    let (what, plan) = plan(ground, rng);
    let many = plan.len();
    match ground.write(plan).await {
        Ok(()) => format!("{what} ({many})"),
        Err(refused) => {
            let why = refused.rsplit(": ").next().unwrap_or_default();
            format!("{what} (refused: {why})")
        }
    }
}

/// Keeps a copy of everything.
pub fn keep(ground: &mut Ground, rng: &mut Rng) {
    let copy = ground.actual.clone();
    if ground.older.len() < KEPT {
        ground.older.push(copy);
    } else {
        let place = rng.usize(..KEPT);
        ground.older[place] = copy;
    }
}

/// Puts rows back as the program wrote them last: all, or some.
pub async fn repent(ground: &mut Ground, rng: &mut Rng, all: bool) -> String {
    let damaged = ground.damaged();
    let mut plan = Plan::new();
    for place in damaged {
        if all || rng.bool() {
            plan.push((place.clone(), ground.honest.get(&place).cloned()));
        }
    }
    let places: Vec<_> = plan.iter().map(|(place, _)| short(place)).collect();
    let done = ground.write(plan).await;
    // Two rows may want the same room, where only one of them goes back.
    format!("restores {places:?}{}", done.err().unwrap_or_default())
}

fn plan(ground: &Ground, rng: &mut Rng) -> (String, Plan) {
    let nothing = || ("nothing to attack".to_owned(), Plan::new());
    match rng.u8(..16) {
        0..5 => put_back(ground, rng).unwrap_or_else(nothing),
        5..7 => delete(ground, rng).unwrap_or_else(nothing),
        7..11 => edit(ground, rng).unwrap_or_else(nothing),
        11..13 => plant(ground, rng).unwrap_or_else(nothing),
        13..15 => swap(ground, rng).unwrap_or_else(nothing),
        _ => unmake_administrators(ground, rng),
    }
}

/// Older rows: one, a family, a table, or all tables.
fn put_back(ground: &Ground, rng: &mut Rng) -> Option<(String, Plan)> {
    let older = rng.choice(&ground.older)?;
    let table = any_table(rng);
    let mut places: Vec<Place> = match rng.u8(..8) {
        0 => {
            return Some((
                "puts everything back".to_owned(),
                go_back(ground, older, |_| true),
            ));
        }
        1 => {
            let plan = go_back(ground, older, |place| place.table == table);
            return Some((format!("puts {} back", table.name()), plan));
        }
        _ => of_table(older, table),
    };
    // What differs is worth more than what does not.
    let differing: Vec<_> = places
        .iter()
        .filter(|place| ground.actual.get(*place) != older.get(*place))
        .cloned()
        .collect();
    if !differing.is_empty() {
        places = differing;
    }
    let place = rng.choice(&places)?.clone();
    let row = older.get(&place)?;
    if let Some(column) = table.family().filter(|_| rng.bool()) {
        let family = ground.value(table, row, column).to_owned();
        let belongs = |row: &RawRow| ground.value(table, row, column) == family;
        let is_of = |place: &Place| {
            place.table == table
                && (older.get(place).is_some_and(belongs)
                    || ground.actual.get(place).is_some_and(belongs))
        };
        let what = format!("puts the family of {} back", short(&place));
        return Some((what, go_back(ground, older, is_of)));
    }
    let what = format!("puts {} back", short(&place));
    Some((what, vec![(place, Some(row.clone()))]))
}

fn go_back(ground: &Ground, older: &State, is_meant: impl Fn(&Place) -> bool) -> Plan {
    let places: BTreeSet<_> = ground.actual.keys().chain(older.keys()).collect();
    let places = places.into_iter().filter(|place| is_meant(place));
    places
        .filter(|place| ground.actual.get(*place) != older.get(*place))
        .map(|place| (place.clone(), older.get(place).cloned()))
        .collect()
}

fn delete(ground: &Ground, rng: &mut Rng) -> Option<(String, Plan)> {
    let place = any_row(ground, rng)?;
    Some((format!("deletes {}", short(&place)), vec![(place, None)]))
}

fn edit(ground: &Ground, rng: &mut Rng) -> Option<(String, Plan)> {
    let place = any_row(ground, rng)?;
    let table = place.table;
    let mut row = ground.actual.get(&place)?.clone();
    let column = rng.usize(..row.len());
    let name = ground.columns(table)[column].clone();
    let value = other_value(ground, rng, table, column, &row[column]);
    let what = format!("edits {name} of {}: {value}", short(&place));
    row[column] = value;
    Some((what, moved(&place, row, table, ground)))
}

/// Another value for a column: of another row, of an older state, near, none, or none that is one.
fn other_value(ground: &Ground, rng: &mut Rng, table: Table, column: usize, is: &str) -> String {
    let of = |state: &State| -> Vec<String> {
        let rows = state.iter().filter(|(place, _)| place.table == table);
        rows.map(|(_, row)| row[column].clone())
            .filter(|value| value != is)
            .collect()
    };
    let number = is.trim_matches('\'').parse::<i64>();
    match (rng.u8(..6), number) {
        (0, _) => "NULL".to_owned(),
        (1, _) => "'7'".to_owned(),
        (2 | 3, Ok(number)) => {
            let by = rng
                .choice([-1, 1, 99, 86_400_000, -86_400_000])
                .unwrap_or(1);
            number.saturating_add(by).to_string()
        }
        (4, _) if !ground.older.is_empty() => {
            let older = rng.usize(..ground.older.len());
            let values = of(&ground.older[older]);
            rng.choice(values).unwrap_or_else(|| is.to_owned())
        }
        _ => rng
            .choice(of(&ground.actual))
            .unwrap_or_else(|| "NULL".to_owned()),
    }
}

/// The copy of a row under a new key.
fn plant(ground: &Ground, rng: &mut Rng) -> Option<(String, Plan)> {
    let place = any_row(ground, rng)?;
    let table = place.table;
    let mut row = ground.actual.get(&place)?.clone();
    let columns = ground.columns(table);
    for (column, name) in columns.iter().enumerate() {
        let is_unique = name == table.key()
            || table == Table::Users && name == "name_key" && rng.u8(..4) > 0
            || table == Table::Secrets && ["slot", "generation"].contains(&name.as_str());
        if is_unique {
            row[column] = near(rng, &row[column]);
        }
    }
    let what = format!("plants a copy of {}", short(&place));
    let key = place_of(&row, table, ground);
    Some((what, vec![(key, Some(row))]))
}

/// A value of the same kind.
fn near(rng: &mut Rng, literal: &str) -> String {
    if let Ok(number) = literal.trim_matches('\'').parse::<i64>() {
        return number.saturating_add(rng.i64(1..4)).to_string();
    }
    let Some((start, rest)) = literal.split_once('\'') else {
        return "2".to_owned();
    };
    // The last digits, which are hexadecimal in all that has to be unique.
    let digits = rest.len().saturating_sub(9);
    format!("{start}'{}{:08x}'", &rest[..digits], rng.u32(..))
}

/// Two rows get each other's contents, or one column of them.
fn swap(ground: &Ground, rng: &mut Rng) -> Option<(String, Plan)> {
    let table = any_table(rng);
    let places = of_table(&ground.actual, table);
    if places.len() < 2 {
        return None;
    }
    let [one, other] = rng.choose_multiple(places, 2).try_into().ok()?;
    let (mut first, mut second) = (
        ground.actual.get(&one)?.clone(),
        ground.actual.get(&other)?.clone(),
    );
    let columns = ground.columns(table);
    let only = rng.bool().then(|| rng.usize(..columns.len()));
    for column in 0..columns.len() {
        let is_meant = only.is_none_or(|only| only == column);
        if columns[column] != table.key() && is_meant {
            std::mem::swap(&mut first[column], &mut second[column]);
        }
    }
    let what = only.map_or("all", |column| columns[column].as_str());
    let what = format!("swaps {what} of {} and {}", short(&one), short(&other));
    Some((what, vec![(one, Some(first)), (other, Some(second))]))
}

/// So that a set-up link would count, if there was one: an older one is put back.
fn unmake_administrators(ground: &Ground, rng: &mut Rng) -> (String, Plan) {
    let mut plan = Plan::new();
    for place in of_table(&ground.actual, Table::Users) {
        let mut row = ground.actual[&place].clone();
        let column = ground
            .columns(Table::Users)
            .iter()
            .position(|name| name == "is_admin");
        let no = row[column.unwrap()]
            .replace('1', "0")
            .replace("true", "false");
        row[column.unwrap()] = no;
        plan.push((place, Some(row)));
    }
    if let Some(older) = rng.choice(&ground.older) {
        for place in of_table(older, Table::SetupLink) {
            plan.push((place.clone(), older.get(&place).cloned()));
        }
    }
    ("unmakes the administrators".to_owned(), plan)
}

/// A row whose key may have changed: then it leaves its place.
fn moved(place: &Place, row: RawRow, table: Table, ground: &Ground) -> Plan {
    let now = place_of(&row, table, ground);
    if now == *place {
        vec![(now, Some(row))]
    } else {
        vec![(place.clone(), None), (now, Some(row))]
    }
}

fn place_of(row: &RawRow, table: Table, ground: &Ground) -> Place {
    Place {
        table,
        key: plain(ground.value(table, row, table.key())),
    }
}

fn any_table(rng: &mut Rng) -> Table {
    // The key ring has one number, and the set-up link is there for a moment only.
    match rng.u8(..26) {
        0..5 => Table::Users,
        5..9 => Table::Sessions,
        9..14 => Table::Tokens,
        14..18 => Table::Secrets,
        18..20 => Table::StatusPlaces,
        20..22 => Table::SigningKeys,
        22 => Table::SetupLink,
        23 => Table::KeyRing,
        _ => Table::Policy,
    }
}

fn any_row(ground: &Ground, rng: &mut Rng) -> Option<Place> {
    let table = any_table(rng);
    rng.choice(of_table(&ground.actual, table))
}

fn of_table(state: &State, table: Table) -> Vec<Place> {
    let places = state.keys().filter(|place| place.table == table);
    places.cloned().collect()
}

pub fn short(place: &Place) -> String {
    let key = place.key.len().saturating_sub(6);
    format!(
        "{} …{}",
        place.table.name(),
        place.key.get(key..).unwrap_or_default()
    )
}
