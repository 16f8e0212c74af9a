//! Work that may hang, done without hanging.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use opentelemetry::Context;

use crate::Error;

/// Does `work` on a thread of its own and waits for it no longer than `timeout`, whatever runtime this thread belongs to.
///
/// Work that is not done by then goes on in the background.
pub(crate) fn run<T: Send + 'static>(timeout: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let (send, receive) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("telemetry-flush".into())
        .spawn(move || {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            // Nobody waits any longer when this fails.
            let _ = send.send(work());
        })
        .map_err(Error::Thread)?;
    receive.recv_timeout(timeout).map_err(|error| match error {
        RecvTimeoutError::Timeout => Error::Timeout(timeout),
        RecvTimeoutError::Disconnected => Error::Panicked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_the_work_is_returned() {
        assert_eq!(run(Duration::from_secs(10), || 7).ok(), Some(7));
    }

    #[test]
    fn work_that_hangs_is_left_behind() {
        let (release, held) = mpsc::channel::<()>();
        let result = run(Duration::from_millis(10), move || held.recv().is_ok());
        assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
        drop(release);
    }

    #[test]
    fn work_that_panics_is_an_error() {
        let result = run(Duration::from_secs(10), || panic!("on purpose"));
        assert!(matches!(result, Err::<(), _>(Error::Panicked)), "{result:?}");
    }

    #[test]
    fn work_is_not_traced() {
        let suppressed = run(Duration::from_secs(10), || Context::current().is_telemetry_suppressed());
        assert_eq!(suppressed.ok(), Some(true));
    }
}
