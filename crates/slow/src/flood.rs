//! So many lines per route and minute, and no more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A minute, in nanoseconds.
const MINUTE: u64 = 60_000_000_000;

/// The most names that are counted apart. All others share one count.
const NAMES: usize = 256;

/// The longest name that is counted apart, in bytes.
const MAX_NAME: usize = 256;

/// Counts the lines of each name.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    named: HashMap<Box<str>, Window>,
    others: Window,
}

/// The lines of the minute that began with the first of them.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    began: Option<u64>,
    lines: u32,
    suppressed: u64,
}

impl Flood {
    /// Whether there may be a line for this name at this time: if so, how many there should have been since the last one.
    pub(crate) fn admit(&self, name: &str, now: u64, limit: u32) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.window(name).admit(now, limit)
    }
}

impl State {
    fn window(&mut self, name: &str) -> &mut Window {
        let room = self.named.len() < NAMES && name.len() <= MAX_NAME;
        if !self.named.contains_key(name) {
            if !room {
                return &mut self.others;
            }
            self.named.insert(name.into(), Window::default());
        }
        self.named.get_mut(name).unwrap_or(&mut self.others)
    }
}

impl Window {
    fn admit(&mut self, now: u64, limit: u32) -> Option<u64> {
        if self.began.is_none_or(|began| now.saturating_sub(began) >= MINUTE) {
            self.began = Some(now);
            self.lines = 0;
        }
        if self.lines >= limit {
            self.suppressed += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_minutes_first_line_says_how_many_there_were_not() {
        let flood = Flood::default();
        assert_eq!(flood.admit("/a", 5, 2), Some(0));
        assert_eq!(flood.admit("/a", 6, 2), Some(0));
        for _ in 0..1000 {
            assert_eq!(flood.admit("/a", MINUTE + 4, 2), None);
        }
        assert_eq!(flood.admit("/b", MINUTE + 4, 2), Some(0), "each name has its own count");
        assert_eq!(flood.admit("/a", MINUTE + 5, 2), Some(1000));
        assert_eq!(flood.admit("/a", MINUTE + 6, 2), Some(0));
        assert_eq!(flood.admit("/a", MINUTE + 7, 2), None);
    }

    #[test]
    fn names_beyond_the_last_share_one_count() {
        let flood = Flood::default();
        for name in 0..NAMES {
            assert_eq!(flood.admit(&name.to_string(), 0, 1), Some(0));
        }
        let long = "x".repeat(MAX_NAME + 1);
        assert_eq!(flood.admit(&long, 0, 1), Some(0));
        assert_eq!(flood.admit("one more", 0, 1), None);
        assert_eq!(flood.state.lock().unwrap().named.len(), NAMES);
    }

    #[test]
    fn no_lines_are_a_limit_as_well() {
        assert_eq!(Flood::default().admit("/a", 0, 0), None);
    }
}
