//! Instructions, counted by valgrind's callgrind.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use anyhow::{Context, Result};

use crate::case::{Case, Contender};
use crate::child::{self, Measure};

/// A multiple of all periods that a layer may have: a tracer is looked for at every 1,024th call.
pub(crate) const CALLS: u64 = 2048;

/// What to do where valgrind is missing.
pub(crate) const MISSING: &str = "valgrind is not there, and counts the instructions: apt-get install valgrind";

/// Whether it is installed.
pub(crate) fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok()
}

/// Instructions that the layer adds to a call.
///
/// One run makes N calls with the layer and 2 N without, another one 2 N with it and N without: they differ by N times what it adds. Only
/// the thread that calls is counted.
pub(crate) fn added(case: &Case, contender: &Contender) -> Result<f64> {
    let [less, more] = profiles(case, contender, &[])?.map(|profile| total(&profile));
    Ok((more? - less?) / CALLS as f64)
}

/// The two runs' profiles.
pub(crate) fn profiles(case: &Case, contender: &Contender, options: &[&str]) -> Result<[String; 2]> {
    let calls = [[2 * CALLS, CALLS], [CALLS, 2 * CALLS]];
    let [less, more] = calls.map(|calls| profile(case, contender, calls, options));
    Ok([less?, more?])
}

fn profile(case: &Case, contender: &Contender, calls: [u64; 2], options: &[&str]) -> Result<String> {
    let folder = Folder::new()?;
    let file = folder.0.join("profile");
    let file_option = format!("--callgrind-out-file={}", file.display());
    let valgrind = [
        "valgrind",
        "--tool=callgrind",
        "--toggle-collect=*child*counted*",
        &file_option,
    ];
    let valgrind = valgrind.iter().chain(options).map(|word| (*word).to_owned());
    let child = child::command(Measure::Calls, case, contender, calls)?;
    child::run(&valgrind.chain(child).collect::<Vec<_>>())?;
    fs::read_to_string(&file).with_context(|| format!("callgrind left no {}", file.display()))
}

fn total(profile: &str) -> Result<f64> {
    let mut lines = profile.lines();
    let total = lines
        .find_map(|line| line.strip_prefix("totals: "))
        .context("a profile without a total")?;
    Ok(total.trim().parse()?)
}

/// A temporary folder.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("benches-{}-{next}", process::id()));
        fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there is a temporary file.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read() {
        let profile = "events: Ir\nfn=(1) main\n3 4\n\ntotals: 51421065\n";
        assert_eq!(total(profile).expect("a total"), 51_421_065.0);
        assert!(total("events: Ir").is_err());
    }

    #[test]
    fn a_folder_goes_with_its_owner() {
        let folder = Folder::new().expect("room for a folder");
        let path = folder.0.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
