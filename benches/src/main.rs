mod allocations;
mod case;
mod cases;
mod drive;
mod floors;
mod ours;
mod peers;
mod stacks;
mod workload;

use allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    println!("{:?}", cases::cases());
}
