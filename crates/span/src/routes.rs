//! Notices a server none of whose requests has a route.

use std::sync::atomic::{AtomicU32, Ordering};

/// After so many requests that were served without a route it is said, once.
const PATIENCE: u32 = 100;
/// A route has been seen, or it has been said.
const SETTLED: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct RouteCheck {
    missed: AtomicU32,
}

impl RouteCheck {
    pub(crate) fn seen(&self) {
        if self.missed.load(Ordering::Relaxed) != SETTLED {
            self.missed.store(SETTLED, Ordering::Relaxed);
        }
    }

    pub(crate) fn missed(&self) {
        let count = |missed| (missed < PATIENCE).then(|| missed + 1);
        let order = Ordering::Relaxed;
        if self.missed.fetch_update(order, order, count) == Ok(PATIENCE - 1) {
            self.seen();
            tracing::warn!(
                "none of the first {PATIENCE} requests that were served had a route, so spans are named by their method alone: \
                 with axum, apply the layer by Router::layer and switch on the feature `axum`; with another router, put a \
                 `Route` into the request's extensions before the layer, or take a `LateRoute` from them in the handler"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_routes_goes_on_for_long() {
        let check = RouteCheck::default();
        for _ in 0..3 * PATIENCE {
            check.missed();
        }
        assert_eq!(check.missed.load(Ordering::Relaxed), SETTLED);
    }
}
