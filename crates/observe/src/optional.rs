//! An observer that may be missing, or is shared.

use std::sync::Arc;
use std::task::Context;

use crate::{Call, Head, Interest, Observe, Report, Watch};

impl<F> Observe<F> for () {
    type Watch = ();

    fn idle(&self) -> bool {
        true
    }

    fn watch(&self, _: &mut Call<'_, F>) {}
}

impl<F> Watch<F> for () {
    fn interest(&self) -> Interest {
        Interest::Nothing
    }

    fn end(self, _: &Report<'_, F>) {}
}

impl<F, O: Observe<F>> Observe<F> for Option<O> {
    type Watch = Option<O::Watch>;

    fn idle(&self) -> bool {
        self.as_ref().is_none_or(O::idle)
    }

    fn watch(&self, call: &mut Call<'_, F>) -> Self::Watch {
        self.as_ref().map(|observer| observer.watch(call))
    }
}

impl<F, O: Observe<F> + ?Sized> Observe<F> for Arc<O> {
    type Watch = O::Watch;

    fn idle(&self) -> bool {
        (**self).idle()
    }

    fn watch(&self, call: &mut Call<'_, F>) -> Self::Watch {
        (**self).watch(call)
    }
}

impl<F, W: Watch<F>> Watch<F> for Option<W> {
    fn interest(&self) -> Interest {
        self.as_ref().map_or(Interest::Nothing, Watch::interest)
    }

    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        match self {
            Some(watch) => watch.in_scope(poll),
            None => poll(),
        }
    }

    fn pending(&mut self, facts: &F, cx: &mut Context<'_>) {
        if let Some(watch) = self {
            watch.pending(facts, cx);
        }
    }

    fn head(&mut self, head: &mut Head<'_, F>) {
        if let Some(watch) = self {
            watch.head(head);
        }
    }

    fn data(&mut self, bytes: usize) {
        if let Some(watch) = self {
            watch.data(bytes);
        }
    }

    fn end(self, report: &Report<'_, F>) {
        if let Some(watch) = self {
            watch.end(report);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::fuse::tests::{HOOKS, Scribe, live_through};

    #[test]
    fn an_optional_observer_watches_if_it_is_there() {
        let page = RefCell::default();
        live_through(&Some(Scribe {
            name: "there",
            page: &page,
        }));
        assert_eq!(page.take().len(), 7);
        live_through(&None::<Scribe<'_>>);
        live_through(&());
        assert!(page.take().is_empty());
    }

    #[test]
    #[allow(clippy::arc_with_non_send_sync, reason = "an observer need be neither")]
    fn a_shared_observer_watches_as_itself() {
        let page = RefCell::default();
        live_through(&Arc::new(Scribe {
            name: "shared",
            page: &page,
        }));
        let heard: Vec<_> = HOOKS.map(|hook| format!("shared {hook}")).to_vec();
        assert!(heard.iter().all(|line| page.borrow().contains(line)));
    }
}
