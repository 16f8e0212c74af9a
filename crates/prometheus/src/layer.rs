//! The layer: metrics, and how requests are read.

use std::fmt;

use tower_layer::Layer;
use tower_telemetry_observe::{Classify, ObserveLayer, Observed};

use crate::Metrics;
use crate::calls::{AppLabels, NoLabels};
use crate::measured::Measured;

/// Counts and times each call. See the [crate's page](crate).
pub struct MetricsLayer<C: Classify, L = NoLabels>
where
    C::Facts: Measured,
    L: AppLabels,
{
    // Once for all services: axum makes a new one whenever it likes.
    layer: ObserveLayer<C, Metrics<C::Facts, L>>,
}

impl<C, L> MetricsLayer<C, L>
where
    C: Classify,
    C::Facts: Measured,
    L: AppLabels,
{
    /// Reads calls like this, and counts them there.
    pub fn new(classify: C, metrics: Metrics<C::Facts, L>) -> Self {
        MetricsLayer {
            layer: ObserveLayer::new(classify, metrics),
        }
    }
}

impl<F: Measured, L: AppLabels> Metrics<F, L> {
    /// The layer that counts calls here, as this reads them.
    pub fn layer<C: Classify<Facts = F>>(self, classify: C) -> MetricsLayer<C, L> {
        MetricsLayer::new(classify, self)
    }
}

impl<S, C, L> Layer<S> for MetricsLayer<C, L>
where
    C: Classify,
    C::Facts: Measured,
    L: AppLabels,
{
    type Service = Observed<S, C, Metrics<C::Facts, L>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}

impl<C, L> Clone for MetricsLayer<C, L>
where
    C: Classify,
    C::Facts: Measured,
    L: AppLabels,
{
    fn clone(&self) -> Self {
        MetricsLayer {
            layer: self.layer.clone(),
        }
    }
}

impl<C, L> fmt::Debug for MetricsLayer<C, L>
where
    C: Classify,
    C::Facts: Measured,
    L: AppLabels,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsLayer").finish_non_exhaustive()
    }
}
