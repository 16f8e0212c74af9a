//! Nanoseconds, and calls in a second.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::drive::{Loop, Pair, Subject};

/// Nanoseconds that the layer adds to a call, and how many times the bare stack's time a call then takes: medians of rounds in which both
/// stacks take turns.
pub(crate) fn latency(pair: &Pair) -> [f64; 2] {
    const ROUNDS: usize = 401;
    const ROUND: Duration = Duration::from_micros(500);

    let [mut bare, mut with] = [(pair.bare)(), (pair.with)()];
    let warm_up = time(&mut with, 10_000);
    let calls = (ROUND.as_nanos() as f64 / warm_up).clamp(50.0, 50_000.0) as u64;
    time(&mut bare, 10_000);
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let bare = time(&mut bare, calls);
            let with = time(&mut with, calls);
            [with - bare, with / bare]
        })
        .collect();
    [0, 1].map(|which| median(rounds.iter().map(|round| round[which])))
}

/// Calls in a second, by one thread and by two: the best of several tries, since whatever else the machine does only takes away from it.
pub(crate) fn throughput(subject: &Subject) -> [f64; 2] {
    const TRIES: usize = 9;

    [1, 2].map(|threads| (0..TRIES).map(|_| rate(subject, threads)).fold(0.0, f64::max))
}

fn rate(subject: &Subject, threads: usize) -> f64 {
    const TIME: Duration = Duration::from_millis(80);
    const CHUNK: u64 = 200;

    let barrier = Barrier::new(threads);
    let work = || {
        let mut calls = subject();
        calls(1_000);
        barrier.wait();
        let started = Instant::now();
        let mut done = 0;
        while started.elapsed() < TIME {
            calls(CHUNK);
            done += CHUNK;
        }
        done as f64 / started.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let rates = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread that counts"));
        rates.sum()
    })
}

/// Nanoseconds per call.
fn time(calls: &mut Loop, times: u64) -> f64 {
    let started = Instant::now();
    calls(times);
    started.elapsed().as_nanos() as f64 / times as f64
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median([9.0, 1.0, 5.0].into_iter()), 5.0);
    }

    #[test]
    fn each_thread_has_a_loop_of_its_own() {
        let loops = Arc::new(AtomicUsize::new(0));
        let made = Arc::clone(&loops);
        let subject: Subject = Box::new(move || {
            made.fetch_add(1, Ordering::Relaxed);
            Box::new(|_| ())
        });
        assert!(rate(&subject, 2) > 0.0);
        assert_eq!(loops.load(Ordering::Relaxed), 2);
    }
}
