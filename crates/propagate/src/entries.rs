//! The entries of a `tracestate`: what is valid, and how many are forwarded.

use std::str;

use http::HeaderValue;

use crate::whitespace::list_members;

/// As many entries as a list may have.
const MOST_ENTRIES: usize = 32;

/// As many characters as a key, and as a value, may have.
const LONGEST_PART: usize = 256;

/// More is not looked at: the longest valid list has 16,447 characters, and this leaves room for
/// nearly a thousand blanks and empty entries.
const LONGEST_READ: usize = 17 * 1024;

/// As many characters as are forwarded; the specification asks for at least so many.
const LONGEST_WRITTEN: usize = 512;

/// Entries with more characters than this are the first to go.
const LONG_ENTRY: usize = 128;

/// Valid entries, each key once, in their order. Lives on the stack.
#[derive(Debug, Default)]
pub(crate) struct Entries<'a> {
    entries: [Entry<'a>; MOST_ENTRIES],
    len: usize,
}

type Entry<'a> = (&'a str, &'a str);

impl<'a> Entries<'a> {
    /// Adds what the lines of the header have, all together one list; `None` when it is invalid.
    ///
    /// Of entries with the same key the first is taken, which is the latest: unique keys are "the
    /// sender's responsibility", and a receiver "MAY discard duplicate keys".
    pub(crate) fn read(&mut self, lines: impl Iterator<Item = &'a [u8]>) -> Option<()> {
        let mut left = LONGEST_READ;
        let mut members = 0;
        for line in lines {
            left = left.checked_sub(line.len() + 1)?;
            for member in list_members(line) {
                let (key, value) = str::from_utf8(member).ok()?.split_once('=')?;
                members += 1;
                if members > MOST_ENTRIES || !is_entry(key, value) {
                    return None;
                }
                self.add(key, value);
            }
        }
        Some(())
    }

    /// Adds an entry at the end, if it is valid, its key is new, and there is room for it.
    pub(crate) fn push(&mut self, key: &'a str, value: &'a str) {
        if is_entry(key, value) {
            self.add(key, value);
        }
    }

    fn add(&mut self, key: &'a str, value: &'a str) {
        let new = self.iter().all(|(present, _)| present != key);
        if let Some(free) = self.entries.get_mut(self.len).filter(|_| new) {
            *free = (key, value);
            self.len += 1;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Entry<'a>> {
        self.entries.iter().take(self.len).copied()
    }

    /// Removes whole entries until the rest may be forwarded: long ones first, each time the last.
    pub(crate) fn shorten(&mut self) {
        while self.width() > LONGEST_WRITTEN {
            let long = |&entry: &Entry<'_>| width(entry) > LONG_ENTRY;
            let last = self.len - 1;
            let first_to_go = self.entries[..self.len].iter().rposition(long).unwrap_or(last);
            self.entries.copy_within(first_to_go + 1..self.len, first_to_go);
            self.len = last;
        }
    }

    /// The list as one header value; `None` when there is no entry.
    pub(crate) fn to_header(&self) -> Option<HeaderValue> {
        let mut text = String::with_capacity(self.width());
        for (key, value) in self.iter() {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        if text.is_empty() {
            return None;
        }
        HeaderValue::try_from(text).ok()
    }

    /// How many characters the list has, commas included.
    fn width(&self) -> usize {
        let entries: usize = self.iter().map(width).sum();
        entries + self.len.saturating_sub(1)
    }
}

fn width((key, value): Entry<'_>) -> usize {
    key.len() + 1 + value.len()
}

fn is_entry(key: &str, value: &str) -> bool {
    is_key(key) && is_value(value)
}

fn is_key(key: &str) -> bool {
    let first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let other = |byte: u8| first(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@');
    key.len() <= LONGEST_PART && key.bytes().next().is_some_and(first) && key.bytes().all(other)
}

fn is_value(value: &str) -> bool {
    let allowed = |byte| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    let ends_well = value.bytes().next_back().is_some_and(|last| last != b' ');
    value.len() <= LONGEST_PART && ends_well && value.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(lines: &[&'a str]) -> Option<Entries<'a>> {
        let mut list = Entries::default();
        list.read(lines.iter().map(|line| line.as_bytes()))?;
        Some(list)
    }

    /// What is forwarded of a list.
    fn forwarded(text: &str) -> String {
        let mut list = read(&[text]).expect("a valid list");
        list.shorten();
        let header = list.to_header().expect("an entry");
        header.to_str().expect("text").to_owned()
    }

    fn entry(key: &str, width: usize) -> String {
        format!("{key}={}", "v".repeat(width - key.len() - 1))
    }

    #[test]
    fn as_many_characters_as_may_be_forwarded_are_forwarded() {
        let text = [entry("a", 255), entry("b", 256)].join(",");
        assert_eq!(text.len(), 512);
        assert_eq!(forwarded(&text), text);
    }

    #[test]
    fn entries_of_more_than_128_characters_go_first() {
        let long = entry("long", 129);
        let short: Vec<_> = ["a", "b", "c"].iter().map(|key| entry(key, 128)).collect();
        let text = [long, short.join(",")].join(",");
        assert_eq!(text.len(), 516);
        assert_eq!(forwarded(&text), short.join(","));
    }

    #[test]
    fn of_long_entries_the_last_goes_first() {
        let [first, short, last] = [entry("a", 250), entry("b", 20), entry("c", 250)];
        assert_eq!(
            forwarded(&[&*first, &short, &last].join(",")),
            format!("{first},{short}")
        );
    }

    #[test]
    fn when_none_is_long_the_last_entries_go() {
        let all: Vec<_> = (0..32).map(|n| entry(&format!("key{n}"), 30)).collect();
        assert_eq!(forwarded(&all.join(",")), all[..16].join(","));
    }

    #[test]
    fn the_longest_valid_list_is_read() {
        let key = |n: usize| format!("{n:0>256}");
        let all: Vec<_> = (0..32).map(|n| format!("{}={}", key(n), "v".repeat(256))).collect();
        let text = all.join(",");
        assert_eq!(text.len(), 16_447);
        let list = read(&[&text]).expect("a valid list");
        assert_eq!(list.len, 32);
    }

    #[test]
    fn a_list_that_cannot_be_valid_is_not_looked_at() {
        let blank = " ".repeat(LONGEST_READ);
        assert!(read(&[&blank]).is_none());
        assert!(read(&[&blank[1..]]).is_some());
        assert!(read(&[""; LONGEST_READ + 1]).is_none());
    }
}
