//! Figures, their limits, and how they are printed.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::output::write_json;
use crate::statistics::Spread;

/// The limit of a figure.
#[derive(Clone, Copy, Serialize)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// One measured figure, with its limit.
#[derive(Serialize)]
pub struct Figure {
    name: String,
    unit: &'static str,
    value: f64,
    /// The single measurements, if there are several. `value` is their median.
    #[serde(skip_serializing_if = "Option::is_none")]
    spread: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<Bound>,
}

impl Figure {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            value,
            spread: None,
            bound: None,
        }
    }

    /// The median of several measurements.
    pub fn median(name: impl Into<String>, spread: Spread, unit: &'static str) -> Self {
        Self {
            spread: Some(spread),
            ..Self::new(name, spread.median, unit)
        }
    }

    pub fn must_be(self, bound: Bound) -> Self {
        Self {
            bound: Some(bound),
            ..self
        }
    }

    fn is_met(&self) -> Option<bool> {
        self.bound.map(|bound| match bound {
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
        })
    }
}

/// The figures of one measurement, and notes that a reader needs.
#[derive(Default, Serialize)]
pub struct Figures {
    pub figures: Vec<Figure>,
    pub notes: Vec<String>,
}

impl Figures {
    /// Writes and prints them. Fails if one is beyond its limit.
    pub fn publish(&self, path: &Path) -> Result<()> {
        write_json(path, self)?;
        println!("{self}");
        let missed = self
            .figures
            .iter()
            .filter(|one| one.is_met() == Some(false));
        let missed: Vec<_> = missed.map(|one| one.name.as_str()).collect();
        if missed.is_empty() {
            Ok(())
        } else {
            bail!("not reached: {}", missed.join("; "))
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figure in &self.figures {
            writeln!(f, "{figure}")?;
        }
        for note in &self.notes {
            write!(f, "\n- {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = format!("{} {}", digits(self.value), self.unit);
        let spread = self.spread.map_or_else(String::new, |spread| {
            format!("({} to {})", digits(spread.min), digits(spread.max))
        });
        write!(f, "{:<64}{value:>16} {spread:<22}", self.name)?;
        let bound = match self.bound {
            None => return Ok(()),
            Some(Bound::AtMost(most)) => format!("≤ {most}"),
            Some(Bound::AtLeast(least)) => format!("≥ {least}"),
        };
        write!(f, "{bound:>8}  {}", verdict(self.is_met() == Some(true)))
    }
}

/// The word beside a target.
pub fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}

/// Three significant digits, but never less than the whole number.
fn digits(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: f64, bound: Bound) -> String {
        let figure = Figure::new("a", value, "ms").must_be(bound).to_string();
        figure.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_bound_may_be_reached() {
        assert_eq!(told(5.0, Bound::AtMost(5.0)), "a 5.00 ms ≤ 5 met");
        assert_eq!(told(5.01, Bound::AtMost(5.0)), "a 5.01 ms ≤ 5 NOT MET");
        assert_eq!(told(0.9, Bound::AtLeast(0.9)), "a 0.900 ms ≥ 0.9 met");
        assert_eq!(told(0.0, Bound::AtLeast(0.9)), "a 0 ms ≥ 0.9 NOT MET");
    }
}
