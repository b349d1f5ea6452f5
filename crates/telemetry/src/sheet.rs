//! The form of a metric.

use std::fmt;

use ats_pat_measure::Measured;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// The labels of one value.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// Takes metrics one after another.
pub(crate) struct Sheet<'a, 'b>(pub(crate) &'a mut DescriptorEncoder<'b>);

impl Sheet<'_, '_> {
    /// Sums that only grow. `_total` follows the name.
    pub(crate) fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            encoder
                .encode_family(&labels)?
                .encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }

    /// Values that go up and down.
    pub(crate) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            encoder.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A value that goes up and down, if it is known.
    pub(crate) fn gauge(&mut self, name: &str, help: &str, value: Option<f64>) -> fmt::Result {
        self.gauges(name, help, value.map(|value| (Vec::new(), value)))
    }

    /// Durations in ranges, in seconds.
    pub(crate) fn durations(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, Measured)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, measured) in values {
            let ranges: Vec<(f64, u64)> = measured
                .ranges
                .iter()
                .map(|(bound, count)| {
                    let bound = bound.map_or(f64::INFINITY, |bound| bound.as_secs_f64());
                    (bound, *count)
                })
                .collect();
            encoder
                .encode_family(&labels)?
                .encode_histogram::<NoLabelSet>(
                    measured.total.as_secs_f64(),
                    measured.count(),
                    &ranges,
                    None,
                )?;
        }
        Ok(())
    }
}

/// A count as a gauge takes it. It is exact up to 2⁵³.
#[expect(
    clippy::cast_precision_loss,
    reason = "nothing that is counted here comes near"
)]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
