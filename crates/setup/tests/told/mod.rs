//! The lines that a process logs. The subscriber is the process's own, because other threads log, too.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has been logged, and not been looked at yet.
pub(crate) struct Told(Receiver<String>);

struct Lines(Sender<String>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on.
pub(crate) fn listen() -> Told {
    let (send, lines) = mpsc::channel();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || Lines(send.clone()))
        .init();
    Told(lines)
}

#[allow(dead_code, reason = "not every test listens in every way")]
impl Told {
    /// Waits for the next line.
    pub(crate) fn next(&self) -> Result<String, mpsc::RecvTimeoutError> {
        self.0.recv_timeout(PATIENCE)
    }

    /// Waits for a line that says this.
    pub(crate) fn wait(&self, what: &str) -> Result<String, mpsc::RecvTimeoutError> {
        loop {
            let line = self.next()?;
            if line.contains(what) {
                return Ok(line);
            }
        }
    }

    /// Waits until the lines tell of so many lost spans, and returns these. No line may tell of anything else.
    pub(crate) fn losses(&self, total: u64) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let mut lines = Vec::new();
        let mut sum = 0;
        while sum < total {
            let line = self.next()?;
            // `… 1 span was lost on its way to …`, or `… 7 spans were lost on their way to …`.
            let (before, _) = line.split_once(" lost on ").ok_or_else(|| line.clone())?;
            sum += before.rsplit(' ').nth(2).unwrap_or_default().parse::<u64>()?;
            lines.push(line);
        }
        assert_eq!(sum, total, "{lines:#?}");
        Ok(lines)
    }

    /// All lines so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.try_iter().collect()
    }
}
