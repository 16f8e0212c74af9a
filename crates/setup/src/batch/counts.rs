//! What became of the spans.

use std::fmt;

/// What became of the spans handed to one exporter.
///
/// Exact at any moment: [`received`](Self::received) is the sum of all the others. A span counts from its end, and a batch as
/// exported when the exporter said so. Of a batch whose answer came too late, or not at all, nobody knows whether it was taken: it counts as
/// lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportCounts {
    /// Sampled spans that ended.
    pub received: u64,
    /// Spans that the exporter took.
    pub exported: u64,
    /// Spans that wait in the queue, or are being exported.
    pub pending: u64,
    /// Spans that will not arrive.
    pub lost: Losses,
}

/// `1 span`, or `7 spans`.
pub(crate) fn spans(count: u64) -> String {
    match count {
        1 => "1 span".to_owned(),
        count => format!("{count} spans"),
    }
}

/// Why spans were lost, and how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Losses {
    /// They found the queue full.
    pub queue_full: u64,
    /// The exporter returned an error for their batch, after its own retries.
    pub failed: u64,
    /// The collector took their batch and refused them (OTLP's partial success).
    pub refused: u64,
    /// The exporter panicked on their batch.
    pub panicked: u64,
    /// Their batch was not exported within the [export timeout](crate::Batch::with_export_timeout).
    pub timed_out: u64,
    /// They were not exported when the time for the shutdown was over. A batch that arrives after all no longer counts here.
    pub shutdown: u64,
    /// They ended after the shutdown had begun.
    pub after_shutdown: u64,
}

impl Losses {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.causes().iter().map(|(_, count)| count).sum()
    }

    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            queue_full: self.queue_full.saturating_sub(before.queue_full),
            failed: self.failed.saturating_sub(before.failed),
            refused: self.refused.saturating_sub(before.refused),
            panicked: self.panicked.saturating_sub(before.panicked),
            timed_out: self.timed_out.saturating_sub(before.timed_out),
            shutdown: self.shutdown.saturating_sub(before.shutdown),
            after_shutdown: self.after_shutdown.saturating_sub(before.after_shutdown),
        }
    }

    /// Each cause by the word that is a label's value.
    #[cfg(feature = "prometheus")]
    pub(crate) fn by_cause(&self) -> Vec<(&'static str, u64)> {
        let words = [
            "queue_full",
            "failed",
            "refused",
            "panicked",
            "timed_out",
            "shutdown",
            "after_shutdown",
        ];
        let causes = words.into_iter().zip(self.causes());
        causes.map(|(word, (_, count))| (word, count)).collect()
    }

    fn causes(&self) -> [(&'static str, u64); 7] {
        [
            ("found the queue full", self.queue_full),
            ("in batches that failed", self.failed),
            ("refused by the collector", self.refused),
            ("in batches on which the exporter panicked", self.panicked),
            ("in batches that took too long", self.timed_out),
            ("not exported in time at the shutdown", self.shutdown),
            ("ended after the shutdown", self.after_shutdown),
        ]
    }
}

/// `3 found the queue full, 512 in batches that failed`; `none` when there are none.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (cause, count) in self.causes() {
            if count > 0 {
                write!(f, "{separator}{count} {cause}")?;
                separator = ", ";
            }
        }
        match separator {
            "" => f.write_str("none"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_by_cause() {
        let losses = Losses {
            queue_full: 3,
            panicked: 512,
            ..Losses::default()
        };
        assert_eq!(losses.total(), 515);
        assert_eq!(
            losses.to_string(),
            "3 found the queue full, 512 in batches on which the exporter panicked"
        );
        assert_eq!(Losses::default().to_string(), "none");
    }

    #[test]
    fn a_difference_never_wraps_around() {
        let before = Losses {
            shutdown: 5,
            failed: 1,
            ..Losses::default()
        };
        let after = Losses {
            failed: 4,
            ..Losses::default()
        };
        assert_eq!(after.since(&before).total(), 3);
    }
}
