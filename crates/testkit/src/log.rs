//! Log lines as a test wants to see them.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;

/// A subscriber that wants all and keeps nothing. While there is one, no line is switched off for good: without it that happens to a line that
/// a thread without a subscriber comes to while another thread is about to have one.
static INTERESTED: LazyLock<Dispatch> = LazyLock::new(|| tracing_subscriber::registry().into());

/// What was logged while it was the subscriber, line by line.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Runs this with a subscriber of its own, and returns the lines that were logged.
    ///
    /// # Panics
    ///
    /// When something else than text was logged.
    pub fn of(scenario: impl FnOnce()) -> Vec<String> {
        Self::of_busy(|| {}, scenario)
    }

    /// The same with a subscriber that does this for each line: it may use what it is told of.
    ///
    /// # Panics
    ///
    /// When something else than text was logged.
    pub fn of_busy(each: impl Fn() + Send + Sync + 'static, scenario: impl FnOnce()) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt().with_ansi(false);
        let writer = move || {
            each();
            writer.clone()
        };
        log.under(format.with_writer(writer).finish(), scenario)
    }

    /// The same with a JSON object for each record.
    ///
    /// # Panics
    ///
    /// When something else than text was logged.
    pub fn json(scenario: impl FnOnce()) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt().json();
        log.under(format.with_writer(move || writer.clone()).finish(), scenario)
    }

    fn under(&self, subscriber: impl Into<Dispatch>, scenario: impl FnOnce()) -> Vec<String> {
        LazyLock::force(&INTERESTED);
        tracing::dispatcher::with_default(&subscriber.into(), scenario);
        let bytes = self.0.lock().expect("no writer panicked").clone();
        let text = String::from_utf8(bytes).expect("text was logged");
        text.lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
