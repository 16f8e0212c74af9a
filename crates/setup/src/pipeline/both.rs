//! Two processors as one.

use std::thread;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Processor;
use crate::error::{panicked, reason};

/// Feeds two processors with one copy of each span.
#[derive(Debug)]
pub(super) struct Both {
    first: Processor,
    rest: Processor,
}

impl Both {
    pub(super) fn new(first: Processor, rest: Processor) -> Self {
        Self { first, rest }
    }
}

impl SpanProcessor for Both {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.first.on_start(span, cx);
        self.rest.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        self.first.on_end(span.clone());
        self.rest.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        together(&|| self.first.force_flush(), &|| self.rest.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let first = || self.first.shutdown_with_timeout(timeout);
        together(&first, &|| self.rest.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.first.set_resource(resource);
        self.rest.set_resource(resource);
    }
}

/// Does both at once, so that one that hangs takes none of the other's time.
pub(crate) fn together(
    first: &(dyn Fn() -> OTelSdkResult + Sync),
    second: &(dyn Fn() -> OTelSdkResult + Sync),
) -> OTelSdkResult {
    let (first, second) = thread::scope(|scope| {
        let thread = thread::Builder::new().name("telemetry-flush".into());
        match thread.spawn_scoped(scope, second) {
            Ok(second) => (first(), second.join().unwrap_or_else(|_| Err(panicked()))),
            Err(_) => (first(), second()),
        }
    });
    match (first, second) {
        (Err(OTelSdkError::Timeout(after)), Err(OTelSdkError::Timeout(_))) => Err(OTelSdkError::Timeout(after)),
        (Err(first), Err(second)) => Err(OTelSdkError::InternalFailure(format!(
            "{}; {}",
            reason(first),
            reason(second)
        ))),
        (first, second) => first.and(second),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn two_flushes_run_at_the_same_time() {
        let barrier = Barrier::new(2);
        let meet = || {
            barrier.wait();
            Ok(())
        };
        assert!(together(&meet, &meet).is_ok());
    }

    #[test]
    fn the_errors_of_both_are_told() {
        let failed = |what: &'static str| move || Err(OTelSdkError::InternalFailure(what.into()));
        let error = together(&failed("one"), &failed("two"))
            .expect_err("both failed")
            .to_string();
        assert!(error.contains("one") && error.contains("two"), "{error}");
        let late = || Err(OTelSdkError::Timeout(Duration::from_secs(1)));
        assert!(matches!(together(&late, &late), Err(OTelSdkError::Timeout(_))));
        let panics = together(&|| Ok(()), &|| panic!("on purpose"));
        assert!(panics.is_err());
    }
}
