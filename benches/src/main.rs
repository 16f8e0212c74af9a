//! Counts what this family's layers add to a call, beside its peers and code written by hand. See the README.

mod allocations;
mod baseline;
mod breakdown;
mod callgrind;
mod case;
mod cases;
mod chains;
mod child;
mod counted;
mod drive;
mod floors;
mod functions;
mod options;
mod ours;
mod peers;
mod provider;
mod rows;
mod sanitizing;
mod stacks;
mod table;
mod targets;
mod timed;
mod times;
mod to_the_end;
mod workload;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;

use allocations::Counting;
use options::{Child, Options};
use rows::{Instructions, Row};
use table::Table;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    run(&Options::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(options: &Options) -> Result<ExitCode> {
    if let Some(Child::Measure(order)) = &options.child {
        child::obey(order)?;
        return Ok(ExitCode::SUCCESS);
    }
    let cases = cases::cases();
    let mut rows = Vec::new();
    for case in &cases {
        let contenders = case
            .contenders
            .iter()
            .filter(|contender| options.chooses(case, contender));
        rows.extend(contenders.map(|contender| Row::new(case, contender)));
    }
    ensure!(!rows.is_empty(), "no such case or contender");
    report(options, &mut rows)
}

fn report(options: &Options, rows: &mut [Row<'_>]) -> Result<ExitCode> {
    let instructions = match callgrind::is_installed() {
        true => Instructions::Counted,
        false => Instructions::NotCounted,
    };
    if options.check || options.write_baseline || options.breakdown {
        ensure!(instructions == Instructions::Counted, callgrind::MISSING);
    }
    if options.breakdown {
        for row in rows.iter() {
            println!("{}", breakdown::breakdown(row.case, row.contender)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if instructions == Instructions::NotCounted {
        eprintln!("warning: {}", callgrind::MISSING);
    }
    rows::count(rows, instructions)?;
    if !(options.counts || options.check || options.write_baseline) {
        rows::time(rows)?;
    }
    println!("{}", Table(rows));
    if options.write_baseline {
        baseline::write(rows)?;
    }
    if options.check {
        let worse = baseline::check(rows)?;
        if !worse.is_empty() {
            eprintln!(
                "error: more than in {}:\n  {}",
                baseline::file().display(),
                worse.join("\n  ")
            );
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
