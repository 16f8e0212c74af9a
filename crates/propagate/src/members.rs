//! The list-members of a `baggage`: which of them are taken.

use std::str;

use crate::member::Member;
use crate::whitespace::list_members;

/// As many bytes as all list-members may have together, commas included.
pub(crate) const LONGEST: usize = 8192;

/// As many list-members as are taken, and as many as OpenTelemetry's `Baggage` has room for.
const MOST: usize = 64;

/// More is not looked at. Leaves as much room for blanks and invalid members as for valid ones.
const LONGEST_READ: usize = 2 * LONGEST;

/// Nor are more list-members, valid or not, than the grammar has.
const MOST_READ: usize = 180;

/// Valid list-members, each key once. Lives on the stack.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    members: [Member<'a>; MOST],
    len: usize,
    width: usize,
}

impl<'a> Members<'a> {
    /// Takes what the lines of the header have, all together one list.
    pub(crate) fn read(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut members = Self {
            members: [Member::default(); MOST],
            len: 0,
            width: 0,
        };
        let mut left = LONGEST_READ;
        let mut read = 0;
        for line in lines {
            let whole = match line.get(..=left) {
                Some(cut) => cut.iter().rposition(|byte| *byte == b',').unwrap_or(0),
                None => line.len(),
            };
            let whole = line.get(..whole).filter(|_| line.is_ascii()).unwrap_or_default();
            for text in list_members(whole) {
                if read == MOST_READ {
                    return members;
                }
                read += 1;
                if let Some(member) = str::from_utf8(text).ok().and_then(Member::parse) {
                    members.take(member);
                }
            }
            left = left.saturating_sub(line.len() + 1);
            if left == 0 {
                break;
            }
        }
        members
    }

    /// Takes a list-member in place of the one with its key, or behind the others, if there is room for it.
    fn take(&mut self, member: Member<'a>) {
        let place = self
            .iter()
            .position(|other| other.key == member.key)
            .unwrap_or(self.len);
        let width = self.width + usize::from(self.len > 0) + member.width();
        if let Some(free) = self.members.get_mut(place).filter(|_| width <= LONGEST) {
            *free = member;
            self.len = self.len.max(place + 1);
            self.width = width;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member<'a>> {
        self.members.iter().take(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(lines: &[String]) -> Vec<String> {
        let members = Members::read(lines.iter().map(String::as_bytes));
        members.iter().map(|member| member.key.to_owned()).collect()
    }

    fn blank(length: usize) -> String {
        " ".repeat(length)
    }

    #[test]
    fn a_member_is_read_when_it_ends_within_16_kib() {
        for (blanks, expected) in [(LONGEST_READ - 3, &["a"][..]), (LONGEST_READ - 2, &[])] {
            assert_eq!(keys(&[blank(blanks) + "a=1"]), expected);
            assert_eq!(keys(&[blank(blanks) + "a=1,b=2"]), expected);
        }
        for (blanks, expected) in [(LONGEST_READ - 4, &["a"][..]), (LONGEST_READ - 3, &[])] {
            assert_eq!(
                keys(&[blank(blanks), "a=1".to_owned()]),
                expected,
                "with a comma for the end of the line"
            );
        }
        assert_eq!(
            keys(&["a=1,".to_owned() + &blank(LONGEST_READ), "b=2".to_owned()]),
            ["a"]
        );
        assert_eq!(keys(&vec![String::new(); LONGEST_READ]), [""; 0]);
        assert_eq!(
            keys(&[vec![String::new(); LONGEST_READ], vec!["a=1".to_owned()]].concat()),
            [""; 0]
        );
    }

    #[test]
    fn no_more_members_are_read_than_the_grammar_has() {
        for (invalid, expected) in [(MOST_READ - 1, &["a"][..]), (MOST_READ, &[])] {
            let invalid = vec!["invalid".to_owned(); invalid];
            let lines = [invalid.clone(), vec!["a=1".to_owned()]].concat();
            assert_eq!(keys(&lines), expected);
            assert_eq!(
                keys(&[lines.join(" , ,")]),
                expected,
                "in one line, empty ones not counted"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_not_counted() {
        let half = |key: &str| format!("{key}={}", "v".repeat(LONGEST / 2));
        assert_eq!(keys(&[half("a"), half("b"), half("c"), "d=4".to_owned()]), ["a", "d"]);
    }

    #[test]
    fn a_full_list_takes_new_values_of_its_keys() {
        let numbered = |count: usize| (0..count).map(|n| format!("k{n}=1")).collect::<Vec<_>>();
        let lines = [numbered(MOST + 1), vec!["k0=2".to_owned()]].concat();
        let members = Members::read(lines.iter().map(String::as_bytes));
        assert_eq!(members.iter().count(), MOST);
        assert_eq!(members.iter().next().map(Member::value).as_deref(), Some("2"));
    }
}
