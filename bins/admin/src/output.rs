//! How answers are written: tables for people, JSON for programs.

use std::io::{self, Write as _};

use ats_pat_program::{visible, visible_in_json};
use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde::Serialize;

use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Tables and lists for people
    Table,
    /// The objects of the interface, without envelope
    Json,
}

/// A value that can be written in both ways.
pub trait Shown: Serialize {
    /// The columns of a list.
    const COLUMNS: &'static [&'static str];

    /// A line of a list, in the order of the columns.
    fn cells(&self) -> Vec<String>;

    /// All fields, if it is shown alone.
    fn fields(&self) -> Vec<(&'static str, String)> {
        Self::COLUMNS.iter().copied().zip(self.cells()).collect()
    }
}

impl Output {
    /// Writes one object, with a line for each field.
    pub fn one<T: Shown>(self, shown: &T) -> Result<(), Failure> {
        match self {
            Self::Json => json(shown),
            Self::Table => {
                let mut table = plain();
                for (name, value) in shown.fields() {
                    table.add_row([name.to_owned(), visible(&value).into_owned()]);
                }
                write(&table)
            }
        }
    }

    /// Writes a list: an array in JSON.
    pub fn list<T: Shown>(self, shown: &[T]) -> Result<(), Failure> {
        match self {
            Self::Json => json(&shown),
            Self::Table => {
                let mut table = plain();
                table.set_header(T::COLUMNS.iter().copied());
                for item in shown {
                    let cells = item.cells();
                    table.add_row(cells.iter().map(|cell| visible(cell).into_owned()));
                }
                write(&table)
            }
        }
    }

    /// Writes the items of a list with a remark for people, and `whole` for programs.
    pub fn list_of<T: Shown>(
        self,
        whole: &impl Serialize,
        items: &[T],
        remark: &str,
    ) -> Result<(), Failure> {
        match self {
            Self::Json => json(whole),
            Self::Table => {
                self.list(items)?;
                line(remark)
            }
        }
    }

    /// Writes one value: as text alone for people, and as an object for programs.
    pub fn text_or_object(self, text: &str, object: &impl Serialize) -> Result<(), Failure> {
        match self {
            Self::Json => json(object),
            Self::Table => line(text),
        }
    }

    /// A remark for people.
    pub fn remark(self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Json => Ok(()),
            Self::Table => line(text),
        }
    }
}

/// Writes a warning to standard error, whatever the form of the answer.
pub fn warn(text: &str) {
    // If this fails, nobody reads standard error.
    let _ = writeln!(io::stderr(), "warning: {}", visible(text));
}

/// Tells a person something that is not the answer, on standard error.
pub fn say(text: &str) {
    // If this fails, nobody reads standard error.
    let _ = writeln!(io::stderr(), "{}", visible(text));
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::Output(error.into()))?;
    // Serde escapes what JSON requires, but not the characters that terminals obey.
    line(&visible_in_json(&text))
}

fn write(table: &Table) -> Result<(), Failure> {
    for text in table.lines() {
        line(text.trim_end())?;
    }
    Ok(())
}

fn line(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(Failure::Output)
}

/// `yes` or `no`, as tables show it.
pub fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// A value that may be missing.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
