//! Events of a target and a level that only the settings know.

use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_core::{Level, Metadata};

/// The names of the fields, in their order.
pub(crate) const FIELDS: [&str; 15] = [
    "message",
    "http.request.method",
    "http.route",
    "call",
    "elapsed_ms",
    "threshold_ms",
    "phase",
    "warnings",
    "end",
    "error.type",
    "longest_poll_ms",
    "busy_ms",
    "suppressed",
    "trace_id",
    "span_id",
];

/// The place that events of one target and level come from, for subscribers.
#[derive(Debug, Default)]
struct Place {
    metadata: OnceLock<Metadata<'static>>,
}

/// What a place says that has no metadata yet.
static NO_METADATA: Metadata<'static> = metadata("", Level::TRACE, &[], &NOWHERE);
static NOWHERE: Nowhere = Nowhere;

struct Nowhere;

const fn metadata(
    target: &'static str,
    level: Level,
    fields: &'static [&'static str],
    place: &'static dyn Callsite,
) -> Metadata<'static> {
    let fields = FieldSet::new(fields, Identifier(place));
    Metadata::new("slow call", target, level, None, None, None, fields, Kind::EVENT)
}

impl Callsite for Nowhere {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &NO_METADATA
    }
}

impl Callsite for Place {
    // Lines are few: subscribers are asked each time.
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata.get().unwrap_or(&NO_METADATA)
    }
}

/// The metadata of events of this target and level. They are kept as long as the program runs, like those of any event.
pub(crate) fn metadata_of(target: &'static str, level: Level) -> &'static Metadata<'static> {
    static PLACES: Mutex<Vec<&'static Metadata<'static>>> = Mutex::new(Vec::new());

    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = places
        .iter()
        .find(|known| known.target() == target && *known.level() == level);
    if let Some(known) = known {
        return known;
    }
    let place: &'static Place = Box::leak(Box::default());
    let metadata = place.metadata.get_or_init(|| metadata(target, level, &FIELDS, place));
    places.push(metadata);
    drop(places);
    tracing_core::callsite::register(place);
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_and_level_has_one_place() {
        let warn = metadata_of("a target", Level::WARN);
        assert!(std::ptr::eq(warn, metadata_of("a target", Level::WARN)));
        assert!(!std::ptr::eq(warn, metadata_of("a target", Level::ERROR)));
        assert!(!std::ptr::eq(warn, metadata_of("another", Level::WARN)));
        assert_eq!((warn.target(), *warn.level()), ("a target", Level::WARN));
        assert!(warn.is_event());
        assert_eq!(warn.fields().len(), FIELDS.len());
    }

    #[test]
    fn a_place_without_metadata_says_nothing() {
        assert_eq!(Place::default().metadata().fields().len(), 0);
        assert_eq!(NOWHERE.metadata().fields().len(), 0);
    }
}
