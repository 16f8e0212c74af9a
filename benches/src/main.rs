mod allocations;
mod callgrind;
mod case;
mod cases;
mod child;
mod drive;
mod floors;
mod ours;
mod peers;
mod stacks;
mod times;
mod workload;

use allocations::Counting;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Parser)]
enum X { Measure(child::Order), All { filter: Option<String> } }

fn main() -> anyhow::Result<()> {
    match X::parse() {
        X::Measure(o) => child::obey(&o),
        X::All { filter } => {
            for case in cases::cases() { for c in &case.contenders {
                let id = format!("{} {}", case.name, c.name);
                if filter.as_ref().is_some_and(|f| !id.contains(f)) { continue; }
                match c.task {
                    case::Task::Waiting(_) => println!("{id}: {:?}", child::measure(child::Measure::Held, &case, c)),
                    _ => { let i = callgrind::added(&case, c); let a = child::measure(child::Measure::Allocations, &case, c); println!("{id}: {i:?} {a:?}"); }
                }
            } }
            Ok(())
        }
    }
}
