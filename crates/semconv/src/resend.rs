//! How often a request is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::Extensions;

/// Counts how often one request is sent: a request extension, which all clones of the request share.
///
/// Each call of a client that is observed counts; from the second one on it has `http.request.resend_count`. Put a new one into the
/// request before it is copied for its attempts: outside of what retries, or follows redirects.
///
/// ```
/// use tower_telemetry_observe::ClassifyHttp;
/// use tower_telemetry_semconv::{Http, ResendCount};
///
/// let mut request = http::Request::get("http://shop.example/");
/// let (mut request, ()) = request.extension(ResendCount::new()).body(())?.into_parts();
/// let attempts = [(); 3].map(|()| Http::client().read(&mut request.clone()).resend_count());
/// assert_eq!(attempts, [0, 1, 2]);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResendCount(Arc<AtomicU32>);

impl ResendCount {
    /// For a request that has not been sent yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts an attempt. Returns how many came before it: 0 where nobody counts.
    pub(crate) fn attempt(extensions: &Extensions) -> u32 {
        let count = extensions.get::<ResendCount>();
        count.map_or(0, |ResendCount(sent)| sent.fetch_add(1, Ordering::Relaxed))
    }
}
