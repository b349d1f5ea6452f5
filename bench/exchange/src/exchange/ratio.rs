//! The targets of the figures.

use serde::Serialize;

use super::contender::Name;
use crate::sample::Sample;
use crate::statistics::Spread;

/// The figures of every contender in one round.
pub struct Round(pub Vec<(Name, Sample)>);

impl Round {
    pub fn of(&self, name: Name) -> Option<Sample> {
        let found = self.0.iter().find(|(one, _)| *one == name);
        found.map(|(_, sample)| *sample)
    }

    /// Serving without minting and minting without serving, one after the other. This would be the
    /// cost if there were nothing else.
    fn ideal(&self) -> Option<Effort> {
        let (hello, mint) = (self.effort(Name::Hello)?, self.effort(Name::Mint)?);
        Some(Effort {
            seconds: hello.seconds + mint.seconds,
            processor_us: hello.processor_us + mint.processor_us,
        })
    }

    fn effort(&self, name: Name) -> Option<Effort> {
        self.of(name).map(|sample| Effort {
            seconds: 1.0 / sample.rate,
            processor_us: sample.processor_us,
        })
    }
}

/// The cost of one request.
#[derive(Clone, Copy)]
struct Effort {
    seconds: f64,
    processor_us: f64,
}

/// What a contender is compared with.
#[derive(Clone, Copy)]
enum Measure {
    Contender(Name),
    Ideal,
}

/// A target: a contender's rate, as a multiple of another's.
#[derive(Clone, Copy)]
struct Target {
    of: Name,
    to: Measure,
    at_least: f64,
}

const TARGETS: [Target; 8] = [
    target(Name::Hot, Measure::Contender(Name::Floor), 1.4),
    target(Name::HotPureRust, Measure::Contender(Name::Floor), 1.05),
    target(Name::Hot, Measure::Ideal, 0.8),
    target(Name::ColdSqlite, Measure::Contender(Name::Floor), 0.5),
    target(Name::ColdPostgres, Measure::Contender(Name::Floor), 0.3),
    target(Name::ColdMariadb, Measure::Contender(Name::Floor), 0.3),
    target(Name::Hot, Measure::Contender(Name::OidcProvider), 5.0),
    target(Name::Hot, Measure::Contender(Name::BetterAuth), 30.0),
];

const fn target(of: Name, to: Measure, at_least: f64) -> Target {
    Target { of, to, at_least }
}

/// A target and the measured ratio.
#[derive(Serialize)]
pub struct Ratio {
    pub name: String,
    /// The ratio of the requests per second, in each round.
    pub rate: Spread,
    /// The ratio of the processor time per request, inverted so that more is better here too.
    pub processor: Spread,
    pub target: f64,
    /// Whether the median of the rates reaches the target.
    pub met: bool,
}

/// The ratios between the contenders that took part.
pub fn ratios(rounds: &[Round]) -> Vec<Ratio> {
    TARGETS
        .iter()
        .filter_map(|target| target.ratio(rounds))
        .collect()
}

impl Target {
    fn ratio(&self, rounds: &[Round]) -> Option<Ratio> {
        let pairs: Vec<_> = rounds
            .iter()
            .filter_map(|round| {
                let to = match self.to {
                    Measure::Contender(name) => round.effort(name),
                    Measure::Ideal => round.ideal(),
                };
                Some((round.effort(self.of)?, to?))
            })
            .collect();
        let rate = Spread::of(pairs.iter().map(|(of, to)| to.seconds / of.seconds))?;
        let processor = pairs
            .iter()
            .map(|(of, to)| to.processor_us / of.processor_us);
        let to = match self.to {
            Measure::Contender(name) => name.text(),
            Measure::Ideal => "ideal",
        };
        Some(Ratio {
            name: format!("{} / {to}", self.of.text()),
            processor: Spread::of(processor)?,
            target: self.at_least,
            met: rate.median >= self.at_least,
            rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rate: f64, processor_us: f64) -> Sample {
        Sample {
            rate,
            processor_us,
            latency: None,
            away_percent: 0.0,
        }
    }

    fn round(hot: f64) -> Round {
        Round(vec![
            (Name::Hello, sample(100.0, 2.0)),
            (Name::Mint, sample(300.0, 1.0)),
            (Name::Floor, sample(50.0, 6.0)),
            (Name::Hot, sample(hot, 4.0)),
        ])
    }

    #[test]
    fn ratios_are_made_in_each_round_and_of_those_who_took_part() {
        let ratios = ratios(&[round(60.0), round(90.0), round(69.0)]);
        let told = ratios.iter().map(|ratio| {
            let Spread { median, min, max } = ratio.rate;
            let processor = ratio.processor.median;
            format!(
                "{}: {median:.2} ({min:.2} to {max:.2}), {processor:.2}, {}",
                ratio.name, ratio.met
            )
        });
        // Without overlap, hello and minting together make 75 per second.
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "hot exchange / floor: 1.38 (1.20 to 1.80), 1.50, false",
                "hot exchange / ideal: 0.92 (0.80 to 1.20), 0.75, true",
            ]
        );
    }
}
