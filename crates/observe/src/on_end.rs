//! An observer made of one closure.

use std::fmt;
use std::marker::PhantomData;

use crate::{Call, Held, Observe, Report, Shared, Watch};

/// Calls a closure at the end of each call.
///
/// ```
/// use tower_telemetry_observe::{ObserveLayer, Plain, on_end};
///
/// let layer = ObserveLayer::new(
///     Plain::new("resize image"),
///     on_end(|report| println!("{:?} after {:?}", report.end, report.elapsed())),
/// );
/// # let _ = tower_layer::Layer::layer(&layer, ());
/// ```
pub fn on_end<F, G>(closure: G) -> OnEnd<F, G>
where
    G: Fn(&Report<'_, F>),
{
    OnEnd {
        closure: Shared::new(closure),
        facts: PhantomData,
    }
}

/// The observer that [`on_end`] makes.
pub struct OnEnd<F, G> {
    closure: Shared<G>,
    facts: PhantomData<fn(&F)>,
}

impl<F, G> Clone for OnEnd<F, G> {
    fn clone(&self) -> Self {
        OnEnd {
            closure: self.closure.clone(),
            facts: PhantomData,
        }
    }
}

impl<F, G> fmt::Debug for OnEnd<F, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnEnd").finish_non_exhaustive()
    }
}

impl<F, G: Fn(&Report<'_, F>)> Observe<F> for OnEnd<F, G> {
    type Watch = OnEndWatch<G>;

    fn watch(&self, _: &mut Call<'_, F>) -> OnEndWatch<G> {
        OnEndWatch(self.closure.hold())
    }
}

/// The watch of [`OnEnd`].
pub struct OnEndWatch<G>(Held<G>);

impl<G> fmt::Debug for OnEndWatch<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnEndWatch").finish_non_exhaustive()
    }
}

impl<F, G: Fn(&Report<'_, F>)> Watch<F> for OnEndWatch<G> {
    fn end(self, report: &Report<'_, F>) {
        (self.0)(report);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tower_layer::Layer;
    use tower_service::Service;

    use super::*;
    use crate::{End, ObserveLayer, Plain, PlainCall};

    #[test]
    fn the_closure_runs_once_for_each_call() {
        let ends = AtomicU32::new(0);
        let ends = &ends;
        // The facts are inferred.
        let observer = on_end(move |report| {
            assert!(matches!(report.end, End::Complete { trailers: None }));
            ends.fetch_add(1, Ordering::Relaxed);
        });
        let layer = ObserveLayer::new(Plain::new("twice"), observer);
        let mut service = layer.layer(tower::service_fn(async |number: u8| Ok::<_, ()>(number)));
        for number in [1, 2] {
            let answer = tokio_test::block_on(service.call(number));
            assert_eq!(answer, Ok(number));
        }
        assert_eq!(ends.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_closure_that_looks_at_the_facts_names_their_type() {
        let names = Mutex::new(Vec::new());
        let names = &names;
        let observer = on_end(move |report: &Report<'_, PlainCall>| {
            let mut names = names.lock().expect("no panic before");
            names.push(report.facts.name().clone());
        });
        let layer = ObserveLayer::new(Plain::new(|name: &&'static str| *name), observer);
        let mut service = layer.layer(tower::service_fn(async |_: &'static str| Ok::<_, ()>(())));
        for name in ["first", "second"] {
            tokio_test::block_on(service.call(name)).expect("answers");
        }
        assert_eq!(*names.lock().expect("no panic before"), ["first", "second"]);
    }

    #[test]
    fn clones_share_the_closure_and_debug_forms_leave_it_out() {
        let observer = on_end::<(), _>(|_| {});
        assert!(std::ptr::eq(observer.closure.get(), observer.clone().closure.get()));
        assert_eq!(format!("{observer:?}"), "OnEnd { .. }");
    }
}
