//! Spans of traces that found no room.

use super::collector::Attention;

/// How many, since the last trace was taken out. There is a trace to tell it: the held ones.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    spans: u64,
    alarm: Alarm,
}

/// Whether somebody was told. The traces that are held may stay for long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Alarm {
    #[default]
    Silent,
    Rings,
    Heard,
}

impl LeftOut {
    /// One more. The first one calls for attention.
    pub(super) fn add(&mut self) -> Attention {
        self.spans += 1;
        match self.alarm {
            Alarm::Silent => {
                self.alarm = Alarm::Rings;
                Attention::Needed
            }
            Alarm::Rings | Alarm::Heard => Attention::NotNeeded,
        }
    }

    /// Whether there is one for the first time.
    pub(super) fn hear(&mut self) -> bool {
        let rings = self.alarm == Alarm::Rings;
        if rings {
            self.alarm = Alarm::Heard;
        }
        rings
    }

    /// How many there were since this was asked.
    pub(super) fn take(&mut self) -> u64 {
        std::mem::take(&mut self.spans)
    }
}
