//! The rows of every table: as they are, as they would be without the attacker, and as they were
//! before.

use std::collections::{BTreeMap, BTreeSet};

use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::intruder::{Columns, Intruder, RawRow};

use super::literal::{debug, plain, uuid};
use super::table::{Place, Table};

/// Columns that are true or false.
const BOOLEANS: [&str; 5] = [
    "is_admin",
    "disabled",
    "revoked",
    "may_revoke",
    "ends_overlap",
];

/// The rows of every table.
pub type State = BTreeMap<Place, RawRow>;

/// What a call wrote.
#[derive(Default)]
pub struct Written {
    /// Rows that were not there before.
    pub new: Vec<Place>,
    pub changed: Vec<Place>,
    pub removed: Vec<Place>,
}

impl Written {
    pub fn new_in(&self, table: Table) -> Option<&Place> {
        self.new.iter().find(|place| place.table == table)
    }

    /// Whether it wrote or removed a row that was there.
    pub fn touches(&self, place: &Place) -> bool {
        self.changed.contains(place) || self.removed.contains(place)
    }

    pub fn is_nothing(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

pub struct Ground {
    intruder: Intruder,
    columns: BTreeMap<Table, Columns>,
    pub actual: State,
    /// As the program wrote them last.
    pub honest: State,
    pub older: Vec<State>,
    /// Tables that the attacker leaves alone.
    pub spared: Vec<Table>,
    /// Rows that the program wrote or removed while they were not its own.
    marred: BTreeSet<Place>,
    /// What `audit verify` has to tell of for ever: one of the names of each.
    told_for_ever: BTreeSet<Vec<String>>,
    /// The names of everything that the attacker ever touched.
    touched: BTreeSet<String>,
}

impl Ground {
    pub async fn new(database: &TestDatabase) -> Self {
        let mut intruder = Intruder::connect(database).await;
        let mut columns = BTreeMap::new();
        for table in Table::ALL {
            columns.insert(table, intruder.columns(table.name()).await);
        }
        let mut ground = Self {
            intruder,
            columns,
            actual: State::new(),
            honest: State::new(),
            older: Vec::new(),
            spared: Vec::new(),
            marred: BTreeSet::new(),
            told_for_ever: BTreeSet::new(),
            touched: BTreeSet::new(),
        };
        ground.actual = ground.read().await;
        ground.honest = ground.actual.clone();
        ground
    }

    async fn read(&mut self) -> State {
        let mut state = State::new();
        for (table, columns) in &self.columns {
            let key = columns.place(table.key());
            for row in self.intruder.rows(columns).await {
                let place = Place {
                    table: *table,
                    key: plain(&row[key]),
                };
                state.insert(place, row);
            }
        }
        state
    }

    /// The value of a column, as SQL writes it.
    pub fn value<'a>(&self, table: Table, row: &'a RawRow, column: &str) -> &'a str {
        &row[self.columns[&table].place(column)]
    }

    pub fn columns(&self, table: Table) -> &[String] {
        self.columns[&table].names()
    }

    /// Takes over what a call of the program wrote.
    pub async fn after_call(&mut self) -> Written {
        let now = self.read().await;
        let before = std::mem::replace(&mut self.actual, now);
        let places: BTreeSet<_> = before.keys().chain(self.actual.keys()).cloned().collect();
        let mut written = Written::default();
        for place in places {
            let (was, is) = (before.get(&place), self.actual.get(&place).cloned());
            if was == is.as_ref() {
                continue;
            }
            let is_loud = self.loud(&place, was) != self.loud(&place, is.as_ref());
            let differed = self.differs_loudly(&place, was);
            if differed && !is_loud {
                // A use of an ended secret is noted on any row, and no tag covers it: the row is as
                // wrong as it was.
                continue;
            }
            if differed {
                // A policy takes the whole place of the one before: what was there grants nothing.
                if place.table != Table::Policy {
                    self.marred.insert(place.clone());
                }
                let names = self.names(&place, was);
                self.told_for_ever.insert(names);
            }
            match (was, &is) {
                (None, Some(_)) => written.new.push(place.clone()),
                (Some(_), None) => written.removed.push(place.clone()),
                _ if is_loud => written.changed.push(place.clone()),
                _ => {}
            }
            if let Some(row) = is {
                self.honest.insert(place, row);
            } else if let Some(meant) = was.and_then(|was| self.meant(&place, was)) {
                self.honest.remove(&meant);
            }
        }
        written
    }

    /// Which of the program's rows is meant by one that stands somewhere: secrets are named by
    /// their token and their generation, and the attacker may have moved these.
    fn meant(&self, place: &Place, row: &RawRow) -> Option<Place> {
        if place.table != Table::Secrets {
            return Some(place.clone());
        }
        let name = |row: &RawRow| {
            let columns = ["token_id", "generation"];
            columns.map(|column| self.value(place.table, row, column).to_owned())
        };
        let named = name(row);
        let all = self.honest.iter();
        let mut meant = all.filter(|(other, row)| other.table == place.table && name(row) == named);
        meant.next().map(|(other, _)| other.clone())
    }

    /// Writes rows, or removes those that are to be none, behind the program's back; says why the
    /// database refused.
    pub async fn write(&mut self, mut rows: Vec<(Place, Option<RawRow>)>) -> Result<(), String> {
        rows.retain(|(place, _)| !self.spared.contains(&place.table));
        let mut statements = Vec::new();
        for (place, _) in &rows {
            if let Some(row) = self.actual.get(place) {
                let table = place.table;
                statements.push(format!(
                    "DELETE FROM {} WHERE {} = {}",
                    table.name(),
                    table.key(),
                    self.value(table, row, table.key())
                ));
            }
        }
        for (place, row) in &rows {
            if let Some(row) = row {
                statements.push(format!(
                    "INSERT INTO {} ({}) VALUES ({})",
                    place.table.name(),
                    self.columns(place.table).join(", "),
                    row.join(", ")
                ));
            }
        }
        let done = self.intruder.execute_all(&statements).await;
        self.after_attack().await;
        done
    }

    /// Runs a statement behind the program's back that touches none of the tables here.
    pub async fn execute(&mut self, sql: &str) {
        self.intruder.execute(sql).await.unwrap();
    }

    async fn after_attack(&mut self) {
        let now = self.read().await;
        let before = std::mem::replace(&mut self.actual, now);
        let changed = differing(&before, &self.actual);
        for place in changed {
            let rows = [before.get(&place), self.actual.get(&place)];
            let mut names = self.names(&place, rows[0]);
            names.extend(self.names(&place, rows[1]));
            self.touched.extend(names);
        }
    }

    /// The rows that are not as the program wrote them.
    pub fn damaged(&self) -> Vec<Place> {
        differing(&self.actual, &self.honest)
    }

    /// Whether a row is there, and is the program's in each column, and always was when the program
    /// wrote it.
    pub fn is_clean(&self, place: &Place) -> bool {
        let row = self.actual.get(place);
        row.is_some() && row == self.honest.get(place) && !self.marred.contains(place)
    }

    /// Whether the rows of a table are all clean.
    pub fn is_all_clean(&self, table: Table) -> bool {
        let differs = |place: &Place| place.table == table;
        !self.damaged().iter().any(differs) && !self.marred.iter().any(differs)
    }

    /// The value that the program wrote into a column.
    pub fn honest_value(&self, place: &Place, column: &str) -> Option<&str> {
        let row = self.honest.get(place)?;
        Some(self.value(place.table, row, column))
    }

    /// Whether a row is there with what the program wrote into these columns: with more of it in
    /// doubt, it is found all the same.
    pub fn is_found_by(&self, place: &Place, columns: &[&str]) -> bool {
        let (Some(actual), Some(honest)) = (self.actual.get(place), self.honest.get(place)) else {
            return false;
        };
        let same = |column: &&str| {
            self.value(place.table, actual, column) == self.value(place.table, honest, column)
        };
        columns.iter().all(same)
    }

    fn loud(&self, place: &Place, row: Option<&RawRow>) -> Option<Vec<String>> {
        let names = self.columns(place.table);
        let row = row?;
        let columns = names.iter().zip(row).map(|(name, value)| {
            if BOOLEANS.contains(&name.as_str()) {
                // Every number but one is read as true.
                (!["0", "false"].contains(&plain(value).as_str())).to_string()
            } else if !place.table.is_quiet(name) {
                value.clone()
            } else if name == "sealed" {
                (value == "NULL").to_string()
            } else {
                String::new()
            }
        });
        Some(columns.collect())
    }

    /// Whether a row differs from the program's so that it has to be told of.
    fn differs_loudly(&self, place: &Place, row: Option<&RawRow>) -> bool {
        let is_unnoticed = match place.table {
            // No tag proves the number of the ring.
            Table::KeyRing => true,
            // Nobody reads another than the first.
            Table::SetupLink | Table::Policy => place.key != "1",
            // Those that ended are removed without an event, so that one which is missing says
            // nothing.
            Table::Sessions => row.is_none(),
            _ => false,
        };
        if is_unnoticed {
            return false;
        }
        self.loud(place, row) != self.loud(place, self.honest.get(place))
    }

    /// How findings may name a row.
    fn names(&self, place: &Place, row: Option<&RawRow>) -> Vec<String> {
        let mut names = vec![
            format!("row {} of {}", place.id(), place.table.name()),
            // As it is named where it can't be read.
            format!("row {} of {}", debug(&place.key), place.table.name()),
        ];
        let rows = [row, self.honest.get(place)];
        if place.table == Table::Secrets {
            let of = |row: &RawRow| {
                let token = plain(self.value(place.table, row, "token_id"));
                let generation = plain(self.value(place.table, row, "generation"));
                format!("row {}/{generation} of secrets", uuid(&token))
            };
            names.extend(rows.into_iter().flatten().map(of));
        }
        names
    }

    /// What is wrong with the findings of `audit verify`.
    pub fn faults_of(&self, findings: &[String]) -> Vec<String> {
        let tells = |names: &[String]| {
            let told = |name| findings.iter().any(|finding| finding.contains(name));
            names.iter().any(|name| told(name.as_str()))
        };
        let damaged = self.damaged().into_iter().filter_map(|place| {
            let row = self.actual.get(&place);
            self.differs_loudly(&place, row)
                .then(|| self.names(&place, row))
        });
        let untold = damaged
            .filter(|names| !tells(names))
            .map(|names| format!("not told of: {names:?}"));
        let laundered = self.told_for_ever.iter();
        let laundered = laundered
            .filter(|names| !tells(names))
            .map(|names| format!("told of no more, after a change wrote it: {names:?}"));
        let invented = findings.iter().filter(|finding| {
            !self
                .touched
                .iter()
                .any(|name| finding.contains(name.as_str()))
        });
        let invented = invented.map(|finding| format!("nobody touched it: {finding}"));
        untold.chain(laundered).chain(invented).collect()
    }
}

fn differing(one: &State, other: &State) -> Vec<Place> {
    let places: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differs = |place: &&Place| one.get(*place) != other.get(*place);
    places.into_iter().filter(differs).cloned().collect()
}
