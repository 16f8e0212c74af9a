//! What there is to say of a call.

use std::time::Duration;

use tower_telemetry_observe::End;

use crate::label::Label;
use crate::limits::Phase;
use crate::polls::PollTimes;

/// Something that was found out about a call: what is written in a line, and what [`with_counter`](crate::Slow::with_counter) is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SlowCall<'a> {
    /// What was found.
    pub finding: Finding,
    /// The call's route or name, and its method.
    pub label: &'a Label,
    /// How far it had come when it reached its limit, or if it reached none, when it ended.
    pub phase: Phase,
    /// The time since it began.
    pub elapsed: Duration,
    /// The limit that it has reached, if any: for [`Finding::Blocking`] the one for polls.
    pub limit: Option<Duration>,
    /// How often it was found slow while it ran. The first one is 1.
    pub warned: u32,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// What was wrong with its end, as the classifier says.
    pub error_type: Option<&'static str>,
    /// Where the time went, if polls are [timed](crate::Slow::with_poll_limit).
    pub polls: Option<PollTimes>,
}

/// What was found out about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// It is slow, and still runs.
    Running,
    /// It was slow, and has ended.
    Ended,
    /// It did not return from a poll within the limit, and so kept other calls of its thread waiting.
    Blocking,
    /// It has failed, slow or not.
    Failed,
}

/// How a call has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// The response was delivered to its end.
    Complete,
    /// The service or the body failed.
    Failed,
    /// Dropped before its end.
    Dropped,
    /// It unwound.
    Panicked,
}

impl SlowCall<'_> {
    /// Whether this is the first that is said of a slow call, or of its blocking polls: what a counter counts.
    pub(crate) fn is_news(&self) -> bool {
        match self.finding {
            Finding::Running => self.warned == 1,
            Finding::Ended | Finding::Failed => self.warned == 0 && self.limit.is_some(),
            Finding::Blocking => true,
        }
    }
}

impl Finding {
    /// What a line says.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Finding::Running => "a call is slow, and still runs",
            Finding::Ended => "a slow call has ended",
            Finding::Blocking => "a blocking call in an async handler",
            Finding::Failed => "a call failed",
        }
    }
}

impl Ended {
    #[inline]
    pub(crate) fn of(end: &End<'_>) -> Self {
        match end {
            End::Complete { .. } => Ended::Complete,
            End::Failed(_) => Ended::Failed,
            End::Dropped => Ended::Dropped,
            End::Panicked => Ended::Panicked,
        }
    }

    /// `complete`, `failed`, `dropped` or `panicked`.
    pub fn as_str(self) -> &'static str {
        match self {
            Ended::Complete => "complete",
            Ended::Failed => "failed",
            Ended::Dropped => "dropped",
            Ended::Panicked => "panicked",
        }
    }
}
