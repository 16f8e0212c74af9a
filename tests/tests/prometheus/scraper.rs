//! A real Prometheus server.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tower_telemetry_tests::PATIENCE;

use crate::tools::program;

/// A program that is ended with its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Prometheus server with these features that scrapes these services each second, and its address.
pub(crate) fn prometheus(name: &str, services: &[(String, String)], features: &str) -> Option<(Running, String)> {
    let program = program("prometheus")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-data-{name}"));
    // From an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let jobs = services
        .iter()
        .map(|(name, address)| format!("  - job_name: {name}\n    static_configs:\n      - targets: ['{address}']\n"));
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/prometheus/grafana/alerts.yml");
    let config = format!(
        "global:\n  scrape_interval: 1s\nrule_files: ['{}']\nscrape_configs:\n{}",
        rules.display(),
        jobs.collect::<String>()
    );
    let file = folder.join("prometheus.yml");
    fs::write(&file, config).expect("a file");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    eprintln!("starting Prometheus on {address}");
    let server = Command::new(program)
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg(format!("--enable-feature={features}"))
        .arg("--log.level=error")
        .spawn()
        .expect("Prometheus starts");
    Some((Running(server), address))
}

/// Asks until there is an answer, since another process has to come to it.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "there was no {what}");
        thread::sleep(Duration::from_millis(100));
    }
}
