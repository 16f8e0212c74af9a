//! How exemplars get to the writers that can show them.
//!
//! prometheus-client gives a metric that is not its own no way to hand exemplars to its encoders. So they go beside it, through the thread
//! that encodes: a histogram says which exemplars its buckets have just before it is encoded, and the writer that is told of the buckets, or the
//! messages that come out, get them back. Nobody listens while a registry is encoded by others: then they are not even counted.

use std::cell::RefCell;
use std::fmt;

use prometheus_client::encoding::MetricEncoder;

use crate::exemplar::Exemplar;

/// The label by which a histogram's exemplars are found in protobuf. No label of others can have this name.
#[cfg(feature = "protobuf")]
pub(crate) const MARK: &str = "\0exemplars";

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Who takes the exemplars of what is encoded on this thread.
enum Listener {
    /// A writer of lines, one bucket after the other.
    Lines {
        exemplars: Vec<Option<Exemplar>>,
        next: usize,
    },
    /// One who looks at the finished messages.
    #[cfg(feature = "protobuf")]
    Messages(Vec<Vec<Option<Exemplar>>>),
}

/// Runs `encode`, in which [`next`] gives the exemplar of each bucket in turn.
pub(crate) fn listen_by_line<T>(encode: impl FnOnce() -> T) -> T {
    let listener = Listener::Lines {
        exemplars: Vec::new(),
        next: 0,
    };
    listen(listener, encode).0
}

/// Runs `encode`, after which the histograms with a [`MARK`] have the exemplars with that number.
#[cfg(feature = "protobuf")]
pub(crate) fn listen_by_message<T>(encode: impl FnOnce() -> T) -> (T, Vec<Vec<Option<Exemplar>>>) {
    match listen(Listener::Messages(Vec::new()), encode) {
        (encoded, Some(Listener::Messages(exemplars))) => (encoded, exemplars),
        (encoded, _) => (encoded, Vec::new()),
    }
}

fn listen<T>(listener: Listener, encode: impl FnOnce() -> T) -> (T, Option<Listener>) {
    /// Also when the encoding of somebody's metric panics.
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            LISTENER.take();
        }
    }
    LISTENER.set(Some(listener));
    let over = Over;
    let encoded = encode();
    let listener = LISTENER.take();
    drop(over);
    (encoded, listener)
}

/// The exemplar of the bucket that was just written.
pub(crate) fn next() -> Option<Exemplar> {
    LISTENER.with_borrow_mut(|listener| match listener {
        Some(Listener::Lines { exemplars, next }) => {
            *next += 1;
            exemplars.get(*next - 1).copied().flatten()
        }
        _ => None,
    })
}

/// Encodes a histogram whose buckets have these exemplars.
pub(crate) fn put(
    encoder: &mut MetricEncoder<'_>,
    exemplars: &[Option<Exemplar>],
    encode: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    #[cfg(feature = "protobuf")]
    if let Some(number) = LISTENER.with_borrow_mut(|listener| match listener {
        Some(Listener::Messages(all)) => {
            all.push(exemplars.to_vec());
            Some(all.len() - 1)
        }
        _ => None,
    }) {
        return encode(&mut encoder.encode_family(&[(MARK, number as u64)])?);
    }
    LISTENER.with_borrow_mut(|listener| {
        if let Some(Listener::Lines { exemplars: all, next }) = listener {
            exemplars.clone_into(all);
            *next = 0;
        }
    });
    encode(encoder)
}
