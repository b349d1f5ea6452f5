//! The figures: for the terminal, for the file, and for the verdict.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::change::{Kind, Sample};
use crate::load::Accepted;

/// How long after the acknowledgement a request may begin and still be accepted.
const LIMIT: Duration = Duration::from_secs(2);

#[derive(Serialize)]
pub struct Report {
    database: &'static str,
    limit_ms: f64,
    run_seconds: f64,
    load: Vec<Accepted>,
    distributions: Vec<Distribution>,
}

/// The samples of one kind at one service, in milliseconds.
#[derive(Serialize)]
struct Distribution {
    service: &'static str,
    kind: String,
    samples: usize,
    min_ms: f64,
    median_ms: f64,
    p95_ms: f64,
    max_ms: f64,
}

impl Report {
    pub fn new(
        database: &'static str,
        run: Duration,
        load: Vec<Accepted>,
        samples: &[Sample],
    ) -> Self {
        let distributions = load.iter().flat_map(|service| {
            Kind::ALL.into_iter().filter_map(|kind| {
                let late = samples
                    .iter()
                    .filter(|sample| sample.service == service.service && sample.kind == kind)
                    .map(|sample| sample.late);
                Distribution::of(service.service, kind, late.collect())
            })
        });
        Self {
            database,
            limit_ms: milliseconds(LIMIT),
            run_seconds: run.as_secs_f64(),
            distributions: distributions.collect(),
            load,
        }
    }

    /// Writes it as JSON.
    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Whether every revocation took effect in time.
    pub fn judge(&self) -> Result<()> {
        match self
            .distributions
            .iter()
            .find(|one| one.max_ms > self.limit_ms)
        {
            Some(late) => bail!(
                "{} accepted a token {:.0} ms after \"{}\" was acknowledged; the limit is {:.0} ms",
                late.service,
                late.max_ms,
                late.kind,
                self.limit_ms
            ),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "From the acknowledgement to the last request that was accepted, in milliseconds ({}):\n",
            self.database
        )?;
        let columns = ["samples", "min", "median", "p95", "max"];
        write!(f, "{:<8}{:<15}", "service", "change")?;
        for column in columns {
            write!(f, "{column:>9}")?;
        }
        writeln!(f)?;
        for one in &self.distributions {
            write!(f, "{:<8}{:<15}{:>9}", one.service, one.kind, one.samples)?;
            for figure in [one.min_ms, one.median_ms, one.p95_ms, one.max_ms] {
                write!(f, "{figure:>9.0}")?;
            }
            writeln!(f)?;
        }
        for service in &self.load {
            write!(
                f,
                "\n{} accepted {} requests of tokens that kept their rights",
                service.service, service.requests
            )?;
        }
        write!(f, "\nthe run took {:.0} s", self.run_seconds)
    }
}

impl Distribution {
    /// How late verifiers were. `None` without samples.
    fn of(service: &'static str, kind: Kind, mut late: Vec<Duration>) -> Option<Self> {
        late.sort_unstable();
        let (min, max) = (*late.first()?, *late.last()?);
        // The nearest rank, which is a measured figure and not one between two.
        let rank = |percent: usize| late[(late.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self {
            service,
            kind: kind.to_string(),
            samples: late.len(),
            min_ms: milliseconds(min),
            median_ms: milliseconds(rank(50)),
            p95_ms: milliseconds(rank(95)),
            max_ms: milliseconds(max),
        })
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(late: impl IntoIterator<Item = u64>) -> Report {
        let samples: Vec<_> = late
            .into_iter()
            .map(|late| Sample {
                service: "poem",
                kind: Kind::Revoke,
                late: Duration::from_millis(late),
            })
            .collect();
        let load = vec![Accepted {
            service: "poem",
            requests: 7,
        }];
        Report::new("sqlite", Duration::from_secs(1), load, &samples)
    }

    #[test]
    fn figures_are_of_the_nearest_rank() {
        let report = report((1..=40).rev());
        let [one] = &report.distributions[..] else {
            panic!("one service, one kind")
        };
        let figures = [one.min_ms, one.median_ms, one.p95_ms, one.max_ms];
        let figures = figures.map(|figure| format!("{figure:.0}"));
        assert_eq!(figures, ["1", "20", "38", "40"]);
    }

    #[test]
    fn one_that_is_late_fails_the_run() {
        assert!(report([0, 1999]).judge().is_ok());
        let error = report([0, 2001, 5]).judge().unwrap_err();
        assert!(error.to_string().contains("2001 ms"), "{error}");
    }
}
