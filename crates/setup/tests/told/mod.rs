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
    /// Waits for a line that says this.
    pub(crate) fn wait(&self, what: &str) -> Result<String, mpsc::RecvTimeoutError> {
        loop {
            let line = self.0.recv_timeout(PATIENCE)?;
            if line.contains(what) {
                return Ok(line);
            }
        }
    }

    /// All lines so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.try_iter().collect()
    }
}
