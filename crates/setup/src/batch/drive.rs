//! A future driven by the thread that waits for it, without a runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// What the future returns, or `None` when it is still waiting after so long; it is dropped then.
pub(super) fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        match limit.checked_sub(start.elapsed()) {
            Some(left) if !left.is_zero() => thread::park_timeout(left),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[test]
    fn a_future_that_waits_for_another_thread_is_woken() {
        let (send, receive) = tokio::sync::oneshot::channel();
        let sender = thread::spawn(move || send.send(7));
        assert_eq!(within(Duration::from_secs(60), receive), Some(Ok(7)));
        assert!(sender.join().is_ok());
    }

    #[test]
    fn a_future_is_given_up_after_its_time() {
        assert_eq!(within(Duration::from_millis(1), pending::<()>()), None);
        assert_eq!(within(Duration::ZERO, ready(7)), Some(7));
    }
}
