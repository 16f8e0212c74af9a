//! The table, in Markdown.

use std::fmt::{self, Display, Formatter};

use crate::case::Whose;
use crate::rows::Row;
use crate::targets::{self, Target};

const HEAD: [&str; 13] = [
    "case",
    "contender",
    "instr",
    "x floor",
    "allocs",
    "bytes",
    "ns",
    "x floor",
    "x bare",
    "1 thread, M/s",
    "2 threads, M/s",
    "scaling",
    "target: instr, allocs",
];

const HELD_HEAD: [&str; 6] = ["case", "contender", "future, bytes", "heap, bytes", "both", "target"];

/// The cases' names, the rows as one table, and those of calls in flight as another.
pub(crate) struct Table<'a>(pub(crate) &'a [Row<'a>]);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut named = "";
        for case in self.0.iter().map(|row| row.case) {
            if case.name != named {
                writeln!(f, "- {}: {}", case.name, case.job)?;
                named = case.name;
            }
        }
        writeln!(f)?;
        let (held, counted): (Vec<_>, Vec<_>) = self.0.iter().partition(|row| row.held.is_some());
        print(f, &HEAD, counted.iter().map(|row| self.cells(row)))?;
        print(f, &HELD_HEAD, held.iter().filter_map(|row| held_cells(row)))
    }
}

impl Table<'_> {
    fn cells(&self, row: &Row<'_>) -> [String; 13] {
        let floor = self
            .0
            .iter()
            .find(|other| other.case.name == row.case.name && other.is(Whose::Floor));
        let instructions = |row: &Row<'_>| row.counts?.instructions;
        let added = |row: &Row<'_>| Some(row.times?.added);
        let times_floor = |of: &dyn Fn(&Row<'_>) -> Option<f64>| Some(of(row)? / of(floor?)?);
        let (counts, times) = (row.counts, row.times);
        [
            row.case.name.to_owned(),
            name(row),
            number(instructions(row)),
            ratio(times_floor(&instructions)),
            rare(counts.map(|counts| counts.allocations)),
            number(counts.map(|counts| counts.bytes)),
            number(added(row)),
            ratio(times_floor(&added)),
            ratio(times.map(|times| times.ratio)),
            ratio(times.map(|times| times.by_one / 1e6)),
            ratio(times.map(|times| times.by_two / 1e6)),
            ratio(times.map(|times| times.by_two / times.by_one)),
            verdict(row).unwrap_or_default(),
        ]
    }
}

fn held_cells(row: &Row<'_>) -> Option<[String; 6]> {
    let held = row.held?;
    let both = held.future + held.heap;
    let verdict = targets::bytes(row.case.name).map(|most| match both <= most as f64 {
        true => format!("{most}: met"),
        false => format!("{most}: **OVER**"),
    });
    Some([
        row.case.name.to_owned(),
        name(row),
        number(Some(held.future)),
        number(Some(held.heap)),
        number(Some(both)),
        verdict.unwrap_or_default(),
    ])
}

fn name(row: &Row<'_>) -> String {
    let name = row.contender.name;
    match row.contender.whose {
        Whose::Ours => format!("**{name}**"),
        Whose::Floor => format!("*{name}*"),
        Whose::Peer => name.to_owned(),
    }
}

fn verdict(row: &Row<'_>) -> Option<String> {
    let target = targets::target(row.case.name, row.contender.name)?;
    let counts = row.counts?;
    let met = is_met(target, counts.instructions?, counts.allocations);
    let instructions = number(Some(target.instructions.into()));
    let verdict = if met { "met" } else { "**OVER**" };
    Some(format!("{instructions}, {}: {verdict}", target.allocations))
}

/// What is done once in a thousand calls is no allocation.
fn is_met(target: Target, instructions: f64, allocations: f64) -> bool {
    instructions <= target.instructions.into() && allocations.round() <= target.allocations.into()
}

fn print<const N: usize>(
    f: &mut Formatter<'_>,
    head: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let head = head.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    let rule = std::array::from_fn(|column| match column {
        0 | 1 => "-".repeat(widths[column]),
        _ => format!("{}:", "-".repeat(widths[column] - 1)),
    });
    for row in [&head, &rule].into_iter().chain(&rows) {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 | 1 => write!(f, "| {cell:<width$} ")?,
                _ => write!(f, "| {cell:>width$} ")?,
            }
        }
        writeln!(f, "|")?;
    }
    writeln!(f)
}

/// A whole number, with commas.
fn number(number: Option<f64>) -> String {
    let Some(number) = number else {
        return "–".to_owned();
    };
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if number <= -0.5 {
        text.insert(0, '-');
    }
    text
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
}

/// A number that is mostly whole.
fn rare(number: Option<f64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| ((number * 10.0).round() / 10.0).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let texts = [0.0, 12.0, 999.6, 1234567.0, -2048.0].map(|value| number(Some(value)));
        assert_eq!(texts, ["0", "12", "1,000", "1,234,567", "-2,048"]);
        assert_eq!(number(None), "–");
    }

    #[test]
    fn a_target_is_met_by_both_counts_or_not_at_all() {
        let target = Target {
            instructions: 400,
            allocations: 0,
        };
        assert!(is_met(target, 400.0, 0.002));
        assert!(!is_met(target, 400.4, 0.0));
        assert!(!is_met(target, 10.0, 1.0));
    }
}
