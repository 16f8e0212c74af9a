//! An exporter that a test holds up.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Says when an export begins, and takes until it may go on.
#[derive(Debug)]
pub(crate) struct Blocked {
    begun: Sender<usize>,
    release: Mutex<Receiver<()>>,
}

pub(crate) fn blocked() -> (Blocked, Receiver<usize>, Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let exporter = Blocked {
        begun,
        release: Mutex::new(released),
    };
    (exporter, has_begun, release)
}

impl SpanExporter for Blocked {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let _ = self.begun.send(batch.len());
        let _ = self.release.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Ok(())
    }
}
