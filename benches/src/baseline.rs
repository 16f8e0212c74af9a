//! The counts that were recorded, and whether today's are higher.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::case::Whose;
use crate::rows::Row;

/// By this much a count may grow.
const TOLERANCE: f64 = 0.03;

/// By this much instructions may differ where the baseline is another machine's: its `memcpy` alone makes some of that.
const ELSEWHERE: f64 = 0.15;

/// The recorded counts of a contender.
#[derive(Clone, Debug, PartialEq)]
struct Record {
    /// Its case and its name.
    name: String,
    instructions: f64,
    allocations: f64,
}

/// Where they are recorded.
pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.txt")
}

/// Records these counts in the place of all that were recorded.
pub(crate) fn write(rows: &[Row<'_>]) -> Result<()> {
    Ok(fs::write(file(), to_text(&records(rows)?)?)?)
}

/// What has become worse, a line for each; none if all is well.
pub(crate) fn check(rows: &[Row<'_>]) -> Result<Vec<String>> {
    let file = file();
    let text = fs::read_to_string(&file).with_context(|| format!("no baseline in {}", file.display()))?;
    let before = from_text(&text)?;
    let tolerance = if text.contains(&machine()) {
        TOLERANCE
    } else {
        eprintln!(
            "the baseline is of another processor or toolchain: instructions may differ by {} % from it",
            ELSEWHERE * 100.0
        );
        ELSEWHERE
    };
    Ok(worse(&before, &records(rows)?, tolerance))
}

fn records(rows: &[Row<'_>]) -> Result<Vec<Record>> {
    let counted = rows.iter().filter(|row| row.is(Whose::Ours));
    counted
        .filter_map(|row| Some((row, row.counts?)))
        .map(|(row, counts)| {
            Ok(Record {
                name: row.name(),
                instructions: counts.instructions.context("instructions were not counted")?.round(),
                // What is done once in a thousand calls is no allocation.
                allocations: (counts.allocations * 10.0).round() / 10.0,
            })
        })
        .collect()
}

fn worse(before: &[Record], now: &[Record], of_instructions: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for now in now {
        let Some(before) = before.iter().find(|before| before.name == now.name) else {
            lines.push(format!("{}: not in the baseline", now.name));
            continue;
        };
        let counts = [
            (before.instructions, now.instructions, of_instructions, "instructions"),
            (before.allocations, now.allocations, TOLERANCE, "allocations"),
        ];
        for (before, now_counted, tolerance, what) in counts {
            if now_counted > before * (1.0 + tolerance) {
                let name = &now.name;
                lines.push(format!("{name}: {now_counted} {what}, were {before}"));
            }
        }
    }
    lines
}

fn to_text(records: &[Record]) -> Result<String> {
    let mut text = format!(
        "# Counts per call: case, contender | instructions | allocations. Written by --write-baseline.\n# {}\n",
        machine()
    );
    for Record {
        name,
        instructions,
        allocations,
    } in records
    {
        writeln!(text, "{name} | {instructions} | {allocations}")?;
    }
    Ok(text)
}

fn from_text(text: &str) -> Result<Vec<Record>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let parts: Vec<_> = line.split(" | ").collect();
            ensure!(parts.len() == 3, "not a line of the baseline: {line}");
            Ok(Record {
                name: parts[0].to_owned(),
                instructions: parts[1].parse().with_context(|| line.to_owned())?,
                allocations: parts[2].parse().with_context(|| line.to_owned())?,
            })
        })
        .collect()
}

/// The toolchain and the processor, on which the counts depend.
fn machine() -> String {
    let rustc = Command::new("rustc")
        .arg("--version")
        .output()
        .map(|output| output.stdout);
    let rustc = String::from_utf8(rustc.unwrap_or_default()).unwrap_or_default();
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = processor.map_or(env::consts::ARCH, |(_, name)| name);
    format!("{}, {processor}", rustc.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(instructions: f64, allocations: f64) -> [Record; 1] {
        let name = "S1, ours".to_owned();
        [Record {
            name,
            instructions,
            allocations,
        }]
    }

    #[test]
    fn three_percent_more_are_tolerated() {
        let before = record(1000.0, 5.0);
        assert!(worse(&before, &record(1030.0, 5.0), TOLERANCE).is_empty());
        let lines = worse(&before, &record(1031.0, 5.0), TOLERANCE);
        assert_eq!(lines, ["S1, ours: 1031 instructions, were 1000"]);
    }

    #[test]
    fn one_allocation_more_is_too_much() {
        assert_eq!(
            worse(&record(1000.0, 5.0), &record(900.0, 6.0), TOLERANCE),
            ["S1, ours: 6 allocations, were 5"]
        );
        assert_eq!(
            worse(&record(1000.0, 0.0), &record(900.0, 1.0), TOLERANCE),
            ["S1, ours: 1 allocations, were 0"]
        );
    }

    #[test]
    fn less_is_no_fault() {
        assert!(worse(&record(1000.0, 5.0), &record(10.0, 0.0), TOLERANCE).is_empty());
    }

    #[test]
    fn what_was_not_recorded_is_a_fault() {
        assert_eq!(
            worse(&[], &record(1.0, 0.0), TOLERANCE),
            ["S1, ours: not in the baseline"]
        );
    }

    #[test]
    fn what_is_written_can_be_read() {
        let records = record(1000.0, 5.5);
        let text = to_text(&records).expect("text");
        assert_eq!(from_text(&text).expect("records"), records);
    }

    #[test]
    fn a_broken_line_is_shown() {
        let error = from_text("S1, ours | many | 5\n").expect_err("no number");
        assert!(format!("{error:#}").contains("many"), "{error:#}");
        assert!(from_text("S1, ours\n").is_err());
    }
}
