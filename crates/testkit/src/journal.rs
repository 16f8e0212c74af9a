//! An observer that writes down what it saw.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use http::{HeaderMap, StatusCode};
use tower_telemetry_observe::{Call, End, Failure, Head, Observe, Report, Verdict, Watch};

/// One thing that a [`Journal`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A call began.
    Watch,
    /// A scope was entered.
    Enter,
    /// The scope was left, by return or by unwinding.
    Leave,
    /// The future or body was not ready.
    Pending,
    /// The response head came, with this status.
    Head(StatusCode),
    /// A data frame of this many bytes passed.
    Data(usize),
    /// The call ended.
    End(Ending),
}

/// What a [`Journal`] keeps of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The way the call ended.
    pub outcome: Outcome,
    /// What the classifier made of it.
    pub verdict: Verdict,
    /// Bytes of the body that were handed on.
    pub bytes: u64,
    /// Whether the report knew a time to the head.
    pub had_head: bool,
}

/// An [`End`] that owns what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// [`End::Complete`]
    Complete {
        /// A copy of the trailers.
        trailers: Option<HeaderMap>,
    },
    /// [`Failure::Service`]
    ServiceFailed,
    /// [`Failure::Body`]
    BodyFailed,
    /// [`Failure::Short`]
    Short {
        /// The announced length.
        announced: u64,
        /// The bytes that came.
        received: u64,
    },
    /// [`End::Dropped`]
    Dropped,
    /// [`End::Panicked`]
    Panicked,
}

impl Outcome {
    /// Complete, without trailers.
    pub const COMPLETE: Outcome = Outcome::Complete { trailers: None };
}

impl From<&End<'_>> for Outcome {
    fn from(end: &End<'_>) -> Self {
        match *end {
            End::Complete { trailers } => Outcome::Complete {
                trailers: trailers.cloned(),
            },
            End::Failed(Failure::Service(_)) => Outcome::ServiceFailed,
            End::Failed(Failure::Body(_)) => Outcome::BodyFailed,
            End::Failed(Failure::Short { announced, received }) => Outcome::Short { announced, received },
            End::Dropped => Outcome::Dropped,
            End::Panicked => Outcome::Panicked,
        }
    }
}

/// Writes down what it sees, of all the calls it watches. Clones share what is written.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that was written, in order.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// The calls that began.
    pub fn watched(&self) -> usize {
        self.count(|entry| matches!(entry, Entry::Watch))
    }

    /// The calls that ended.
    pub fn ended(&self) -> usize {
        self.count(|entry| matches!(entry, Entry::End(_)))
    }

    /// How many entries are like this.
    pub fn count(&self, like: impl Fn(&Entry) -> bool) -> usize {
        self.lock().iter().filter(|&entry| like(entry)).count()
    }

    /// How the calls ended, in order.
    pub fn endings(&self) -> Vec<Ending> {
        let ending = |entry: &Entry| match entry {
            Entry::End(ending) => Some(ending.clone()),
            _ => None,
        };
        self.lock().iter().filter_map(ending).collect()
    }

    /// How the one call in this journal ended.
    ///
    /// # Panics
    ///
    /// Unless exactly one call began, and exactly one end was written after everything else.
    pub fn ending(&self) -> Ending {
        let entries = self.entries();
        assert_eq!(
            (self.watched(), self.ended()),
            (1, 1),
            "not one call with one end: {entries:?}"
        );
        match entries.last() {
            Some(Entry::End(ending)) => ending.clone(),
            _ => panic!("the end is not the last entry: {entries:?}"),
        }
    }

    fn write(&self, entry: Entry) {
        self.lock().push(entry);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Observe<F> for Journal {
    type Watch = JournalWatch;

    fn watch(&self, _: &mut Call<'_, F>) -> JournalWatch {
        self.write(Entry::Watch);
        JournalWatch { journal: self.clone() }
    }
}

/// Writes down one call.
#[derive(Debug)]
pub struct JournalWatch {
    journal: Journal,
}

impl<F> Watch<F> for JournalWatch {
    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        struct Leave<'a>(&'a Journal);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.write(Entry::Leave);
            }
        }
        self.journal.write(Entry::Enter);
        let _leave = Leave(&self.journal);
        poll()
    }

    fn pending(&mut self, _: &F, _: &mut Context<'_>) {
        self.journal.write(Entry::Pending);
    }

    fn head(&mut self, head: &mut Head<'_, F>) {
        self.journal.write(Entry::Head(head.response.status));
    }

    fn data(&mut self, bytes: usize) {
        self.journal.write(Entry::Data(bytes));
    }

    fn end(self, report: &Report<'_, F>) {
        self.journal.write(Entry::End(Ending {
            outcome: Outcome::from(&report.end),
            verdict: report.verdict,
            bytes: report.bytes,
            had_head: report.to_head().is_some(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http::{Request, Response};
    use http_body_util::BodyExt;

    use super::*;
    use crate::{Script, Step, exchange};

    #[test]
    fn a_journal_holds_a_call_in_its_order() {
        let journal = Journal::new();
        let script = Script::new([Step::Data(3), Step::Wait]);
        let mut response = exchange(journal.clone(), Request::new(()), Response::new(script));
        while let Some(Some(_)) = response.body_mut().frame().now_or_never() {}
        response.body_mut().frame().now_or_never();

        let ending = Ending {
            outcome: Outcome::COMPLETE,
            verdict: Verdict::Ok,
            bytes: 3,
            had_head: true,
        };
        let call = [Entry::Watch, Entry::Enter, Entry::Leave];
        let head = [Entry::Enter, Entry::Leave, Entry::Head(StatusCode::OK)];
        let data = [Entry::Enter, Entry::Leave, Entry::Data(3)];
        let wait = [Entry::Enter, Entry::Leave, Entry::Pending];
        let end = [Entry::Enter, Entry::Leave, Entry::End(ending.clone())];
        assert_eq!(journal.entries(), [call, head, data, wait, end].concat());
        assert_eq!(journal.ending(), ending);
        assert_eq!(journal.endings(), [ending]);
    }

    #[test]
    #[should_panic(expected = "not one call with one end")]
    fn a_call_without_an_end_is_noticed() {
        let journal = Journal::new();
        let _response = exchange(journal.clone(), Request::new(()), Response::new(Script::default()));
        journal.ending();
    }
}
