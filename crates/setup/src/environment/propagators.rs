//! `OTEL_PROPAGATORS`.

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use tower_telemetry_propagate::{NoPropagator, W3c, W3cBaggage};

use super::Read;
use super::list::choices;
use crate::Error;

const VARIABLE: &str = "OTEL_PROPAGATORS";

/// What the variable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    TraceContext,
    Baggage,
}

/// The propagators named, each once; none for `none`, and `None` when the variable is not set.
pub(crate) fn named(read: Read<'_>) -> Result<Option<Vec<Named>>, Error> {
    let Some(value) = read(VARIABLE) else {
        return Ok(None);
    };
    let named = [("tracecontext", Named::TraceContext), ("baggage", Named::Baggage)];
    choices(VARIABLE, &value, named, "give another propagator to `with_propagator`").map(Some)
}

/// Sets the process's propagator to these together.
pub(crate) fn set(named: &[Named]) {
    match named {
        [] => global::set_text_map_propagator(NoPropagator),
        [Named::TraceContext] => global::set_text_map_propagator(W3c),
        [Named::Baggage] => global::set_text_map_propagator(W3cBaggage),
        several => {
            let each = several.iter().map(|named| -> Box<dyn TextMapPropagator + Send + Sync> {
                match named {
                    Named::TraceContext => Box::new(W3c),
                    Named::Baggage => Box::new(W3cBaggage),
                }
            });
            global::set_text_map_propagator(TextMapCompositePropagator::new(each.collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    #[test]
    fn a_list_names_each_propagator_once() {
        let named = |value| named(&variables(&[(VARIABLE, value)])).map_err(|error| error.to_string());
        assert_eq!(named("tracecontext"), Ok(Some(vec![Named::TraceContext])));
        assert_eq!(
            named("tracecontext, baggage,tracecontext"),
            Ok(Some(vec![Named::TraceContext, Named::Baggage]))
        );
        assert_eq!(named("none"), Ok(Some(Vec::new())));
        for wrong in ["b3", "tracecontext,jaeger", "none,baggage", ","] {
            let error = named(wrong).expect_err(wrong);
            assert!(error.starts_with(&format!("OTEL_PROPAGATORS is `{wrong}`")), "{error}");
            assert!(error.contains("`tracecontext` and `baggage`"), "{error}");
        }
    }
}
