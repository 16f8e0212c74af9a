//! What metrics need to know of a call.

use std::fmt::Debug;

use http::header::CONTENT_TYPE;
use http::{StatusCode, response};
use prometheus_client::encoding::EncodeLabelSet;

use crate::catalog::Catalog;
use crate::classic::Classic;

/// Facts of a call of which metrics can be kept.
pub trait Measured: Sized + Send + Sync + 'static {
    /// The labels of calls in flight: what is known at the start.
    type Started: CallLabels<Self>;
    /// The further labels of calls that have ended.
    type Ended: CallLabels<Self>;

    /// The metrics' names: of each kind of calls, where there are several.
    const CATALOGS: &'static [&'static Catalog];

    /// Of which kind the calls with these labels are: a place in [`CATALOGS`](Self::CATALOGS).
    fn kind(started: &Self::Started) -> usize {
        let _ = started;
        0
    }

    /// When a stream is counted as a call.
    fn streams_count(&self) -> StreamsCount {
        StreamsCount::AtHead
    }

    /// Whether a response with this head is a stream, which goes on for as long as somebody listens. Unless the builder was
    /// [told otherwise](crate::MetricsBuilder::with_stream_test), these are server-sent events, and switches of protocols, such as to WebSocket.
    fn is_stream(&self, head: &response::Parts) -> bool {
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return true;
        }
        // Of a few headers, one is found sooner like this than by its hash.
        let mut headers = head.headers.iter();
        let kind = headers.find(|(name, _)| **name == CONTENT_TYPE);
        kind.is_some_and(|(_, kind)| kind.as_bytes().starts_with(b"text/event-stream"))
    }

    /// The labels of the classic names, if there are such for these calls.
    fn classic<'a>(started: &'a Self::Started, ended: &'a Self::Ended) -> Option<Classic<'a>> {
        let _ = (started, ended);
        None
    }
}

/// When a stream is counted as a call, which is timed until its head in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamsCount {
    /// At its head, with what that says.
    AtHead,
    /// At its end, since only that says how the call went.
    AtEnd,
}

/// A set of labels that is read from facts of type `F`.
///
/// The labels of a series are made once. From then on they are found by a hash of what is read from the facts, and compared with it, so that
/// nothing is allocated for a call.
pub trait CallLabels<F>: EncodeLabelSet + Debug + Send + Sync + Sized + 'static {
    /// What is read from the facts of a call.
    type Read<'a>: Copy
    where
        F: 'a;

    /// Reads the facts of a call, with its `error.type`.
    fn read<'a>(call: &'a F, error_type: Option<&'static str>) -> Self::Read<'a>;

    /// The labels of what was read.
    fn of(read: Self::Read<'_>) -> Self;

    /// Whether they are those of what was read.
    fn are_of(&self, read: Self::Read<'_>) -> bool;

    /// A number that is the same for the same labels, and hardly for others.
    fn hash_of(read: Self::Read<'_>) -> u64;
}
