//! One call of a service.

use std::task::Context;

use tower_telemetry_observe::{Head, Interest, Report, Watch};

use crate::call::{End, Tracked};
use crate::{Ended, Labeled};

/// Watches one call of a service for [`Slow`](crate::Slow).
#[derive(Debug)]
pub struct SlowWatch {
    call: Tracked,
}

impl SlowWatch {
    #[inline]
    pub(crate) fn new(call: Tracked) -> Self {
        SlowWatch { call }
    }
}

impl<F: Labeled> Watch<F> for SlowWatch {
    #[inline]
    fn interest(&self) -> Interest {
        match self.call.matters() {
            true => Interest::Everything,
            false => Interest::Nothing,
        }
    }

    #[inline]
    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.call.run(poll)
    }

    #[inline]
    fn pending(&mut self, facts: &F, _: &mut Context<'_>) {
        self.call.pending(|| facts.label());
    }

    #[inline]
    fn head(&mut self, head: &mut Head<'_, F>) {
        self.call.head(head.elapsed());
    }

    #[inline]
    fn end(mut self, report: &Report<'_, F>) {
        let end = End {
            ended: Ended::of(&report.end),
            error_type: report.verdict.error_type(),
        };
        self.call.end(&end, || report.elapsed(), || report.facts.label());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tower_telemetry_observe::{Call, Observe, PlainCall};
    use tower_telemetry_semconv::HttpCall;

    use super::*;
    use crate::{Level, Limits, Slow};

    type Facts = HttpCall<tower_telemetry_semconv::Server>;

    fn facts() -> Facts {
        let (mut request, ()) = http::Request::new(()).into_parts();
        let http = tower_telemetry_semconv::Http::server();
        tower_telemetry_observe::ClassifyHttp::read(&http, &mut request)
    }

    fn interest_after(slow: &Slow<Facts>, to_head: Duration) -> Interest {
        let mut watch = slow.watch(&mut Call::new(&facts(), None));
        assert_eq!(Watch::<Facts>::interest(&watch), Interest::Everything);
        watch.call.head(to_head);
        Watch::<Facts>::interest(&watch)
    }

    #[test]
    fn a_head_in_time_is_all_there_is_to_see_without_a_limit_to_the_total() {
        let [limit, early] = [Duration::from_secs(1), Duration::from_millis(1)];
        let slow = Slow::from(limit);
        assert_eq!(interest_after(&slow, early), Interest::Nothing);
        assert_eq!(interest_after(&slow, limit), Interest::Everything);
        let total = Slow::from(Limits::to_head(limit).and_total(limit));
        assert_eq!(interest_after(&total, early), Interest::Everything);
        let failed = slow.with_failed_calls(Level::ERROR);
        assert_eq!(interest_after(&failed, early), Interest::Everything);
    }

    #[test]
    fn a_watch_can_be_sent_and_shared() {
        fn assert_send_sync<T: Send + Sync + 'static>() {}
        assert_send_sync::<(SlowWatch, Slow<Facts>, Slow<PlainCall>)>();
        assert_send_sync::<crate::MaybeSlow<()>>();
    }
}
