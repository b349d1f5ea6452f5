//! The rates as a picture.

use anyhow::Result;
use askama::Template;

use super::contender_figures::ContenderFigures;

const BAR_HEIGHT: usize = 34;
const WIDEST: f64 = 520.0;

/// Horizontal bars, one for each contender. A line shows the lowest and the highest value of the
/// rounds.
#[derive(Template)]
#[template(path = "exchange.svg")]
pub struct Plot {
    height: usize,
    bars: Vec<Bar>,
}

struct Bar {
    name: &'static str,
    rate: String,
    y: usize,
    width: f64,
    least: f64,
    most: f64,
}

impl Plot {
    pub fn of(rows: &[ContenderFigures]) -> Self {
        let most = rows.iter().map(|row| row.rate.max).fold(1.0, f64::max);
        let scaled = |rate: f64| rate / most * WIDEST;
        let bars = rows.iter().enumerate().map(|(number, row)| Bar {
            name: row.name,
            rate: format!("{:.0}", row.rate.median),
            y: number * BAR_HEIGHT,
            width: scaled(row.rate.median),
            least: scaled(row.rate.min),
            most: scaled(row.rate.max),
        });
        Self {
            height: rows.len() * BAR_HEIGHT + 70,
            bars: bars.collect(),
        }
    }

    pub fn draw(&self) -> Result<String> {
        Ok(self.render()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Spread;

    #[test]
    fn the_fastest_has_the_longest_bar_and_names_are_escaped() {
        let row = |name, rate| ContenderFigures {
            name,
            rate: Spread::of([rate, rate * 0.9, rate * 1.1]).unwrap(),
            processor_us: Spread::of([1.0]).unwrap(),
            p50_ms: None,
            p99_ms: None,
            max_ms: None,
            resident_mib: None,
        };
        let plot = Plot::of(&[row("a < b", 50.0), row("c", 100.0)]);
        assert!(plot.bars[1].width > plot.bars[0].width && plot.bars[1].most <= WIDEST);
        let drawn = plot.draw().unwrap();
        assert!(
            drawn.starts_with("<svg") && !drawn.contains("a < b"),
            "{drawn}"
        );
    }
}
