//! What is measured: cases, and in each of them the contenders.

use crate::drive::{Held, Pair};
use crate::workload::Caller;

/// The same job, done by several contenders.
#[derive(Debug)]
pub(crate) struct Case {
    /// A short name, as in the targets.
    pub(crate) name: &'static str,
    /// What the job is.
    pub(crate) job: &'static str,
    pub(crate) caller: Caller,
    pub(crate) contenders: Vec<Contender>,
}

/// One layer, in one stack and setting.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) whose: Whose,
    pub(crate) task: Task,
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// This family's.
    Ours,
    /// Nobody's: the stock parts, called by hand. What others add is compared with this.
    Floor,
    /// Another project's, or, in the case `bare`, what all others stand on: shown beside ours, and held to no target.
    Peer,
}

/// Builds the contender, and installs what it wants globally: once in a process.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// One call after the other.
    Calls(fn(Caller) -> Pair),
    /// Many calls that wait.
    Waiting(fn(Caller) -> Pair<Held>),
}

impl Case {
    pub(crate) fn new(name: &'static str, caller: Caller, job: &'static str) -> Self {
        Case {
            name,
            job,
            caller,
            contenders: Vec::new(),
        }
    }

    pub(crate) fn floor(self, name: &'static str, build: fn(Caller) -> Pair) -> Self {
        self.and(name, Whose::Floor, Task::Calls(build))
    }

    pub(crate) fn ours(self, name: &'static str, build: fn(Caller) -> Pair) -> Self {
        self.and(name, Whose::Ours, Task::Calls(build))
    }

    pub(crate) fn peer(self, name: &'static str, build: fn(Caller) -> Pair) -> Self {
        self.and(name, Whose::Peer, Task::Calls(build))
    }

    pub(crate) fn ours_waiting(self, name: &'static str, build: fn(Caller) -> Pair<Held>) -> Self {
        self.and(name, Whose::Ours, Task::Waiting(build))
    }

    fn and(mut self, name: &'static str, whose: Whose, task: Task) -> Self {
        self.contenders.push(Contender { name, whose, task });
        self
    }
}
