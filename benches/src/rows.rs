//! Rows of the table, and how they are filled.

use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};

use crate::callgrind;
use crate::case::{Case, Contender, Task, Whose};
use crate::child::{Measure, measure};

/// One contender of a case, and what was measured of it.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) case: &'a Case,
    pub(crate) contender: &'a Contender,
    pub(crate) counts: Option<Counts>,
    pub(crate) times: Option<Times>,
    pub(crate) held: Option<Held>,
}

/// What a layer adds to a call.
#[derive(Clone, Copy, Debug, PartialEq)]
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

impl<'a> Row<'a> {
    pub(crate) fn new(case: &'a Case, contender: &'a Contender) -> Self {
        Row {
            case,
            contender,
            counts: None,
            times: None,
            held: None,
        }
    }

    /// The case and the contender.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.case.name, self.contender.name)
    }

    pub(crate) fn is(&self, whose: Whose) -> bool {
        self.contender.whose == whose
    }

    /// Counts, or what it holds while it waits.
    fn count(&mut self, instructions: Instructions) -> Result<()> {
        if let Task::Waiting(_) = self.contender.task {
            let [future, heap] = self.measure(Measure::Held)?;
            self.held = Some(Held { future, heap });
            return Ok(());
        }
        let [allocations, bytes] = self.measure(Measure::Allocations)?;
        let instructions = match instructions {
            Instructions::Counted => Some(callgrind::added(self.case, self.contender)?),
            Instructions::NotCounted => None,
        };
        self.counts = Some(Counts {
            instructions,
            allocations,
            bytes,
        });
        Ok(())
    }

    fn time(&mut self) -> Result<()> {
        if let Task::Calls(_) = self.contender.task {
            let [added, ratio] = self.measure(Measure::Latency)?;
            let [by_one, by_two] = self.measure(Measure::Throughput)?;
            self.times = Some(Times {
                added,
                ratio,
                by_one,
                by_two,
            });
        }
        Ok(())
    }

    fn measure(&self, what: Measure) -> Result<[f64; 2]> {
        measure(what, self.case, self.contender).with_context(|| self.name())
    }
}

/// Counts, with all processors: that makes no difference to a count.
pub(crate) fn count(rows: &mut [Row<'_>], instructions: Instructions) -> Result<()> {
    let of = rows.len();
    let queue = Mutex::new(rows.iter_mut().zip(1..));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || -> Result<()> {
        while let Some((row, number)) = next() {
            eprintln!("counting {number} of {of}: {}", row.name());
            row.count(instructions)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let mut results = workers.into_iter().map(thread::ScopedJoinHandle::join);
        results.try_for_each(|result| result.map_err(|_| anyhow!("a thread panicked"))?)
    })
}

/// Takes the times, of one row after the other.
pub(crate) fn time(rows: &mut [Row<'_>]) -> Result<()> {
    let of = rows.len();
    for (row, number) in rows.iter_mut().zip(1..) {
        eprintln!("timing {number} of {of}: {}", row.name());
        row.time()?;
    }
    Ok(())
}
