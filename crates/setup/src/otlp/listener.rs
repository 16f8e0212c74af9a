//! What the OTLP exporter says and does not return: that the collector took a batch and refused some of its spans.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::batch::Refusals;

const EXPORTER: &str = "opentelemetry-otlp";

/// The subscriber of exports. The exporter's other warnings end here: they would come with each batch, and say what the report on
/// losses says once a minute.
#[derive(Debug)]
pub(super) struct Listener {
    refusals: Refusals,
}

impl Listener {
    pub(super) fn new(refusals: Refusals) -> Self {
        Self { refusals }
    }
}

fn is_of_interest(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && *metadata.level() == Level::WARN && metadata.target() == EXPORTER
}

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match is_of_interest(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_of_interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let mut refused = Refused(0);
        event.record(&mut refused);
        self.refusals.note(refused.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Refused(u64);

impl Visit for Refused {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "rejected_spans" {
            self.0 = value.try_into().unwrap_or(0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
