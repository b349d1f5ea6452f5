//! Times as people read them.

use hdrhistogram::Histogram;

/// The time that this part of them took at most, in milliseconds. They are in microseconds.
pub fn milliseconds(times: &Histogram<u64>, part: f64) -> String {
    let micros = u32::try_from(times.value_at_quantile(part)).unwrap_or(u32::MAX);
    format!("{:.1}", f64::from(micros) / 1000.0)
}

/// How many times as long as `other` `one` is.
pub fn ratio(one: u64, other: u64) -> f64 {
    let [one, other] = [one, other].map(|micros| u32::try_from(micros).unwrap_or(u32::MAX));
    f64::from(one) / f64::from(other.max(1))
}
