//! One measurement, in a process of its own, since a contender may install things globally.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};

use crate::allocations::Allocations;
use crate::case::{Case, Contender, Task};
use crate::cases::cases;
use crate::drive::{Loop, Pair};
use crate::times;

/// Calls before anything is counted.
const WARM_UP: u64 = 512;

/// What a child is to do.
#[derive(Args, Debug)]
pub(crate) struct Order {
    measure: Measure,
    case: String,
    contender: String,
    /// Calls of the bare stack.
    #[arg(default_value_t = 0)]
    bare: u64,
    /// Calls of the stack with the layer.
    #[arg(default_value_t = 0)]
    with: u64,
}

/// What is measured.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Measure {
    /// Nothing: so many calls of each stack, for callgrind.
    Calls,
    /// Allocations and bytes.
    Allocations,
    /// Bytes held while it waits: of the future, and on the heap.
    Held,
    /// Nanoseconds added, and the ratio to the bare stack.
    Latency,
    /// Calls in a second, by one thread and by two.
    Throughput,
}

/// The command that makes a child measure this, if `calls` are given with so many calls of either stack.
pub(crate) fn command(measure: Measure, case: &Case, contender: &Contender, calls: [u64; 2]) -> Result<Vec<String>> {
    let exe = env::current_exe()?.into_os_string();
    let exe = exe
        .into_string()
        .map_err(|path| anyhow!("{} is no text", path.display()))?;
    let measure = measure.to_possible_value().context("a measure without a name")?;
    let [bare, with] = calls.map(|calls| calls.to_string());
    let words = ["measure", measure.get_name(), case.name, contender.name, &bare, &with];
    Ok([exe].into_iter().chain(words.map(str::to_owned)).collect())
}

/// Runs a command without the environment, of which any part might make a difference, and gives what it printed.
pub(crate) fn run(command: &[String]) -> Result<String> {
    let (program, arguments) = command.split_first().context("no command")?;
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(env::var("PATH").map(|path| ("PATH", path)))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}: {}: {said}",
        command.join(" "),
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Has a child measure this: two numbers.
pub(crate) fn measure(measure: Measure, case: &Case, contender: &Contender) -> Result<[f64; 2]> {
    let printed = run(&command(measure, case, contender, [0, 0])?)?;
    let numbers = printed
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<f64>, _>>()?;
    numbers.try_into().map_err(|_| anyhow!("not two numbers: {printed}"))
}

/// The child's side: measures and prints.
pub(crate) fn obey(order: &Order) -> Result<()> {
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == order.case)
        .context("no such case")?;
    let mut contenders = case.contenders.iter();
    let contender = contenders
        .find(|contender| contender.name == order.contender)
        .context("no such contender")?;
    let [first, second] = match (contender.task, order.measure) {
        (Task::Calls(build), Measure::Calls) => {
            run_calls(&build(case.caller), order);
            return Ok(());
        }
        (Task::Calls(build), Measure::Allocations) => allocations(&build(case.caller)),
        (Task::Calls(build), Measure::Latency) => times::latency(&build(case.caller)),
        (Task::Calls(build), Measure::Throughput) => times::throughput(&build(case.caller).with),
        (Task::Waiting(build), Measure::Held) => {
            let Pair { bare, with } = build(case.caller);
            [with.future - bare.future, with.heap - bare.heap].map(|bytes| bytes as f64)
        }
        (Task::Calls(_), Measure::Held) => bail!("this contender does not wait"),
        (Task::Waiting(_), _) => bail!("this contender waits"),
    };
    println!("{first} {second}");
    Ok(())
}

fn run_calls(pair: &Pair, order: &Order) {
    let [mut bare, mut with] = [(pair.bare)(), (pair.with)()];
    bare(WARM_UP);
    with(WARM_UP);
    counted(&mut bare, order.bare);
    counted(&mut with, order.with);
}

/// The part of these runs that callgrind looks at: it finds the function by its name.
#[inline(never)]
fn counted(calls: &mut Loop, times: u64) {
    calls(times);
}

/// Allocations and bytes that the layer adds to a call.
fn allocations(pair: &Pair) -> [f64; 2] {
    const CALLS: u64 = 2048;

    let [bare, with] = [&pair.bare, &pair.with].map(|subject| {
        let mut calls = subject();
        calls(WARM_UP);
        let before = Allocations::now();
        calls(CALLS);
        let Allocations { count, bytes, .. } = before.since();
        [count, bytes].map(|number| number as f64 / CALLS as f64)
    });
    [with[0] - bare[0], with[1] - bare[1]]
}
