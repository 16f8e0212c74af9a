//! The programs that judge.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Where programs are kept from one run to the next.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Says that a test shows nothing.
pub(crate) fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

/// `promtool` or `prometheus`: the one in the path, else Debian's. `None`, and it is said, where there is neither.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    static DEBIANS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let runs = |program: &Path| Command::new(program).arg("--version").output().is_ok();
    if runs(Path::new(name)) {
        return Some(name.into());
    }
    let program = DEBIANS.get_or_init(debians).as_ref().map(|bin| bin.join(name));
    let found = program.filter(|program| runs(program));
    if found.is_none() {
        skipped(&format!("there is no {name}, and apt-get cannot download it"));
    }
    found
}

/// Unpacks Debian's package, which needs no root.
fn debians() -> Option<PathBuf> {
    let folder = kept("prometheus");
    let bin = folder.join("usr/bin");
    if bin.join("promtool").exists() {
        return Some(bin);
    }
    eprintln!("downloading Debian's prometheus into {}", folder.display());
    fs::create_dir_all(&folder).ok()?;
    // Without root, and where the lists are old, this fails and may.
    let _ = Command::new("apt-get").args(["update", "-qq"]).output();
    run(Command::new("apt-get")
        .args(["download", "prometheus"])
        .current_dir(&folder))?;
    let package = fs::read_dir(&folder).ok()?.find_map(|entry| {
        let path = entry.ok()?.path();
        (path.extension()? == "deb").then_some(path)
    })?;
    run(Command::new("dpkg").arg("-x").arg(&package).arg(&folder))?;
    let _ = fs::remove_file(package);
    Some(bin)
}

/// A Python with `prometheus_client`. `None`, and it is said, where there is none.
pub(crate) fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let folder = kept("python");
        let python = folder.join("bin/python");
        if !folder.join("complete").exists() {
            eprintln!("installing PyPI's prometheus_client into {}", folder.display());
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "prometheus_client==0.22.1"]))?;
            fs::write(folder.join("complete"), "").ok()?;
        }
        Some(python)
    });
    if python.is_none() {
        skipped("python3 cannot install prometheus_client");
    }
    python.clone()
}

fn run(command: &mut Command) -> Option<()> {
    command.output().ok()?.status.success().then_some(())
}

/// Runs a program that reads this.
pub(crate) fn feed(command: &mut Command, input: &str) -> Output {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    // Who has seen enough may close it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// What it said, all of it.
pub(crate) fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    texts.concat()
}
