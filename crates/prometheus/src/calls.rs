//! All the series of one kind of calls.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use http::response;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use tower_telemetry_observe::contain;

use crate::app_series::AppSeries;
use crate::histogram::{Measure, Shape};
use crate::label::hash_labels;
use crate::measured::{CallLabels, Measured};
use crate::series::SeriesSet;
use crate::settings::{Bodies, Exemplars, Settings, Streams, TimeToHead};
use crate::stream::UpgradedStream;
use crate::table::{At, mix};
use crate::written::Written;
use crate::{Gauge, Histogram};

/// Labels of the application's own: one of a few values for each.
pub trait AppLabels: EncodeLabelSet + Clone + Eq + Hash + Send + Sync + 'static {}

impl<L: EncodeLabelSet + Clone + Eq + Hash + Send + Sync + 'static> AppLabels for L {}

/// No labels of the application's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoLabels;

impl EncodeLabelSet for NoLabels {
    fn encode(&self, _: &mut LabelSetEncoder<'_>) -> fmt::Result {
        Ok(())
    }
}

/// The series of calls, with the labels `L` besides those of the facts `F`.
///
/// What a call is labeled with from the start is looked for at its start; what comes to it, under the place that was found then.
pub(crate) struct Calls<F: Measured, L> {
    pub(crate) active: AppSeries<F::Started, L, Active>,
    pub(crate) ended: SeriesSet<(At, F::Ended), Row>,
    pub(crate) streams: SeriesSet<(At, F::Ended), Histogram>,
    pub(crate) settings: Settings,
    stream_test: StreamTest<F>,
    pub(crate) shapes: Shapes,
}

/// What is a stream, if that is not as by default.
pub(crate) type StreamTest<F> = Option<Arc<dyn Fn(&F, &response::Parts) -> bool + Send + Sync>>;

/// Calls in flight with the same labels.
#[derive(Debug, Default)]
pub(crate) struct Active {
    pub(crate) calls: Gauge,
    pub(crate) streams: Gauge,
}

/// What is kept of the calls with the same labels.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) duration: Histogram,
    pub(crate) to_head: Option<Histogram>,
    pub(crate) sizes: Option<Sizes>,
}

/// The sizes of bodies.
#[derive(Debug)]
pub(crate) struct Sizes {
    pub(crate) request: Histogram,
    pub(crate) response: Histogram,
}

#[derive(Clone, Debug)]
pub(crate) struct Shapes {
    pub(crate) duration: Shape,
    size: Shape,
    lifetime: Shape,
}

impl<F: Measured, L: AppLabels> Calls<F, L> {
    pub(crate) fn new(settings: Settings, stream_test: StreamTest<F>) -> Self {
        let most = settings.max_series;
        let shapes = Shapes {
            duration: Shape::new(Measure::Seconds, &settings.durations, settings.native),
            size: Shape::new(Measure::Bytes, &settings.sizes, settings.native),
            lifetime: Shape::new(Measure::Seconds, &settings.lifetimes, settings.native),
        };
        let (row_shapes, lifetime) = (shapes.clone(), shapes.lifetime.clone());
        let (to_head, sizes) = (settings.to_head, settings.bodies);
        let row = move || Row {
            duration: row_shapes.duration.histogram(),
            to_head: (to_head == TimeToHead::Kept).then(|| row_shapes.duration.histogram()),
            sizes: (sizes == Bodies::Measured).then(|| Sizes {
                request: row_shapes.size.histogram(),
                response: row_shapes.size.histogram(),
            }),
        };
        let [names, ..] = F::CATALOGS else {
            unreachable!("there are no calls without names");
        };
        Calls {
            active: AppSeries::new(
                names.active.full_name(),
                most,
                Arc::new(Active::default),
                settings.sanitizer.clone(),
            ),
            ended: SeriesSet::new(names.duration.full_name(), most, Arc::new(row)),
            streams: SeriesSet::new(
                names.stream_duration.full_name(),
                most,
                Arc::new(move || lifetime.histogram()),
            ),
            settings,
            stream_test,
            shapes,
        }
    }

    /// Where the calls that begin like this one are.
    #[inline(always)]
    pub(crate) fn find_started(&self, call: &F, app: Option<&L>) -> Option<At> {
        let Some(app) = app else {
            self.active.refuse();
            return None;
        };
        let read = F::Started::read(call, None);
        let hash = hash_with(F::Started::hash_of(read), app);
        let is = |(started, known): &(F::Started, Written<L>)| started.are_of(read) && known.are(app);
        match self.active.find_known(hash, is) {
            Some(at) => Some(at),
            None => self.find_written(read, app),
        }
    }

    /// The same for labels that are new, or that a policy changes.
    #[cold]
    fn find_written(&self, read: <F::Started as CallLabels<F>>::Read<'_>, app: &L) -> Option<At> {
        let hash = F::Started::hash_of(read);
        self.active.find_written(
            hash_with(hash, app),
            hash,
            app,
            |started| started.are_of(read),
            || F::Started::of(read),
        )
    }
}

/// Goes on from a hash with the application's labels, if there can be any.
#[inline(always)]
fn hash_with<L: Hash>(hash: u64, labels: &L) -> u64 {
    match size_of::<L>() {
        0 => hash,
        _ => mix(hash, hash_labels(labels)),
    }
}

/// Where the calls that began there and ended like this one are.
#[inline(always)]
pub(crate) fn find_ended<F: Measured, M>(
    set: &SeriesSet<(At, F::Ended), M>,
    started: Option<At>,
    call: &F,
    error_type: Option<&'static str>,
) -> Option<At> {
    let Some(at) = started else {
        set.refuse();
        return None;
    };
    let read = F::Ended::read(call, error_type);
    let hash = mix(F::Ended::hash_of(read), at.word());
    let is = |(started, ended): &(At, F::Ended)| *started == at && ended.are_of(read);
    set.find(hash, is, || (at, F::Ended::of(read)))
}

impl<F: Measured, L> Calls<F, L> {
    /// Whether a call with this head goes on as a stream.
    #[inline]
    pub(crate) fn is_stream(&self, call: &F, head: &response::Parts) -> bool {
        if self.settings.streams == Streams::Together {
            return false;
        }
        let upgraded = !head.extensions.is_empty() && UpgradedStream::of(head).is_some();
        upgraded
            || match &self.stream_test {
                Some(test) => contain(|| test(call, head)).unwrap_or(false),
                None => call.is_stream(head),
            }
    }

    /// Whether buckets get exemplars.
    #[inline]
    pub(crate) fn wants_exemplars(&self) -> bool {
        self.settings.exemplars == Exemplars::Sampled
    }
}

impl<F: Measured, L> fmt::Debug for Calls<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
