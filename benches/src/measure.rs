//! All measurements of the chosen contenders.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow};

use crate::callgrind;
use crate::case::{Case, Contender, Task};
use crate::child::{Measure, measure};

/// One contender of a case, to be measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) case: &'a Case,
    pub(crate) contender: &'a Contender,
}

/// What a layer adds to a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// `None` where nothing counts them.
    pub(crate) instructions: Option<f64>,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

/// How long calls take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Nanoseconds that the layer adds to a call.
    pub(crate) added: f64,
    /// A call with the layer, in calls of the bare stack.
    pub(crate) ratio: f64,
    /// Calls in a second, by one thread.
    pub(crate) by_one: f64,
    /// Calls in a second, by two threads.
    pub(crate) by_two: f64,
}

/// Bytes that a waiting call holds more with the layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) future: f64,
    pub(crate) heap: f64,
}

/// Whether instructions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instructions {
    Counted,
    NotCounted,
}

impl<'a> Entry<'a> {
    /// The case and the contender.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.case.name, self.contender.name)
    }

    fn waits(&self) -> bool {
        matches!(self.contender.task, Task::Waiting(_))
    }

    fn measure(&self, what: Measure) -> Result<[f64; 2]> {
        measure(what, self.case, self.contender).map_err(|error| error.context(self.name()))
    }

    fn count(&self, instructions: Instructions) -> Result<Counts> {
        let [allocations, bytes] = self.measure(Measure::Allocations)?;
        let instructions = match instructions {
            Instructions::Counted => Some(callgrind::added(self.case, self.contender)?),
            Instructions::NotCounted => None,
        };
        Ok(Counts {
            instructions,
            allocations,
            bytes,
        })
    }

    fn time(&self) -> Result<Times> {
        let [added, ratio] = self.measure(Measure::Latency)?;
        let [by_one, by_two] = self.measure(Measure::Throughput)?;
        Ok(Times {
            added,
            ratio,
            by_one,
            by_two,
        })
    }
}

/// Counts, on all processors at once: that makes no difference to a count.
pub(crate) fn count<'a>(entries: &[Entry<'a>], instructions: Instructions) -> Result<Vec<(Entry<'a>, Counts)>> {
    let entries: Vec<_> = entries.iter().filter(|entry| !entry.waits()).collect();
    let (next, counted) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<()> {
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let counts = entry.count(instructions)?;
            let mut counted = counted.lock().map_err(|_| anyhow!("another thread panicked"))?;
            counted.push((**entry, counts));
            eprintln!("counted {} of {}: {}", counted.len(), entries.len(), entry.name());
        }
        Ok(())
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let mut results = workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a thread panicked"))?);
        results.try_for_each(|result| result)
    })?;
    counted.into_inner().map_err(|_| anyhow!("a thread panicked"))
}
