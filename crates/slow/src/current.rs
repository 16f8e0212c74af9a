//! The span that a call is part of.

use tower_telemetry_sanitize::Sanitizer;

use crate::line::Ids;
use crate::record::SlowCall;

#[cfg(feature = "opentelemetry")]
pub(crate) use with_opentelemetry::Current;

/// Nobody knows.
#[cfg(not(feature = "opentelemetry"))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Current {}

#[cfg(not(feature = "opentelemetry"))]
impl Current {
    pub(crate) fn look_around(&mut self) {}

    pub(crate) fn is_suppressed(&self) -> bool {
        false
    }

    pub(crate) fn add_event(&self, _: &SlowCall<'_>, _: &Sanitizer) {}

    pub(crate) fn in_scope<T>(&self, write: impl FnOnce(Option<&Ids>) -> T) -> T {
        write(None)
    }
}

#[cfg(feature = "opentelemetry")]
mod with_opentelemetry {
    use opentelemetry::trace::TraceContextExt;
    use opentelemetry::{Context, KeyValue};

    use super::{Ids, Sanitizer, SlowCall};
    use crate::line::millis;
    use crate::record::Finding;

    /// The context that a call's own code runs in.
    #[derive(Clone, Debug, Default)]
    pub(crate) enum Current {
        /// It has not run yet.
        #[default]
        Unknown,
        /// There is no span.
        Nothing,
        Active(Context),
        /// Telemetry is suppressed, as in an exporter's own calls: nothing is said of them.
        Suppressed,
    }

    impl Current {
        /// Takes it down, unless it is known: to be called where the call's own code runs.
        #[inline]
        pub(crate) fn look_around(&mut self) {
            if let Current::Unknown = self {
                *self = Context::map_current(|cx| {
                    if cx.is_telemetry_suppressed() {
                        Current::Suppressed
                    } else if cx.has_active_span() {
                        Current::Active(cx.clone())
                    } else {
                        Current::Nothing
                    }
                });
            }
        }

        pub(crate) fn is_suppressed(&self) -> bool {
            matches!(self, Current::Suppressed)
        }

        /// Adds this to the span, unless the span knows it.
        pub(crate) fn add_event(&self, call: &SlowCall<'_>, sanitizer: &Sanitizer) {
            let name = match call.finding {
                Finding::Running => "slow call",
                Finding::Blocking => "blocking call",
                Finding::Ended | Finding::Failed if call.is_news() => "slow call",
                Finding::Ended | Finding::Failed => return,
            };
            let Current::Active(cx) = self else { return };
            let span = cx.span();
            if !span.is_recording() {
                return;
            }
            let mut attributes = vec![
                KeyValue::new("elapsed_ms", millis(call.elapsed)),
                KeyValue::new("phase", call.phase.as_str()),
            ];
            attributes.extend(call.limit.map(|limit| KeyValue::new("threshold_ms", millis(limit))));
            if let Some(polls) = call.polls {
                attributes.push(KeyValue::new("longest_poll_ms", millis(polls.longest)));
                attributes.push(KeyValue::new("busy_ms", millis(polls.busy)));
            }
            sanitizer.attributes(&mut attributes);
            span.add_event(name, attributes);
        }

        /// Runs this with the span's ids, and where it is current: bridges for log records look there.
        pub(crate) fn in_scope<T>(&self, write: impl FnOnce(Option<&Ids>) -> T) -> T {
            let Current::Active(cx) = self else { return write(None) };
            let _current = cx.clone().attach();
            let span = cx.span();
            let ids = span.span_context();
            write(Some(&Ids {
                trace: u128::from_be_bytes(ids.trace_id().to_bytes()),
                span: u64::from_be_bytes(ids.span_id().to_bytes()),
            }))
        }
    }
}
