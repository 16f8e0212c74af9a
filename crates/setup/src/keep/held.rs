//! One trace that waits for its local roots.

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

/// A trace of which this process records a part.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Its ended spans, in the order they ended.
    pub(super) ended: Vec<SpanData>,
    /// Its open spans, the local roots among them marked.
    open: Vec<(SpanId, Place)>,
    pub(super) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    LocalRoot,
    Below,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Fate {
    #[default]
    Open,
    Kept,
}

impl Held {
    /// How much room it takes.
    pub(super) fn spans(&self) -> usize {
        self.ended.len() + self.open.len()
    }

    pub(super) fn start(&mut self, span: SpanId, place: Place) {
        self.open.push((span, place));
    }

    /// Whether this span was open here.
    pub(super) fn end(&mut self, span: SpanId) -> Option<Place> {
        let at = self.open.iter().position(|(open, _)| *open == span)?;
        Some(self.open.swap_remove(at).1)
    }

    pub(super) fn has_local_root(&self) -> bool {
        self.open.iter().any(|(_, place)| *place == Place::LocalRoot)
    }

    pub(super) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }
}
