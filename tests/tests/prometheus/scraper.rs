//! A real Prometheus server.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tower_telemetry_tests::PATIENCE;

use crate::page::get;
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

/// A Prometheus server.
pub(crate) struct Prometheus {
    address: String,
    _running: Running,
}

impl Prometheus {
    /// One with these features that scrapes these services each second.
    pub(crate) fn start(name: &str, services: &[(String, String)], features: &str) -> Option<Self> {
        let program = program("prometheus")?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-data-{name}"));
        // From an earlier run.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let jobs = services.iter().map(|(name, address)| {
            format!("  - job_name: {name}\n    static_configs:\n      - targets: ['{address}']\n")
        });
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/prometheus/grafana/alerts.yml");
        let config = format!(
            "global:\n  scrape_interval: 1s\nrule_files: ['{}']\nscrape_configs:\n{}",
            rules.display(),
            jobs.collect::<String>()
        );
        let file = folder.join("prometheus.yml");
        fs::write(&file, config).expect("a file");
        eprintln!("starting Prometheus");
        let mut server = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .arg(format!("--enable-feature={features}"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("Prometheus starts");
        let log = server.stderr.take().expect("a log");
        let running = Running(server);
        let mut log = BufReader::new(log).lines().map_while(Result::ok).inspect(|line| {
            if !line.to_lowercase().contains("level=info") {
                eprintln!("{line}");
            }
        });
        let address = log.find_map(|line| listening(&line)).expect("Prometheus listens");
        eprintln!("Prometheus listens on {address}");
        // It would have to wait if nobody read on.
        thread::spawn(move || log.for_each(drop));
        Some(Prometheus {
            address,
            _running: running,
        })
    }

    /// What its API says under `data`.
    pub(crate) fn data(&self, path: &str, parameters: &[(&str, &str)]) -> io::Result<Value> {
        let encode = |text: &str| {
            let bytes = text.bytes().map(|byte| format!("%{byte:02x}"));
            bytes.collect::<String>()
        };
        let query = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)));
        let query = query.collect::<Vec<_>>().join("&");
        let answer = get(&self.address, &format!("/api/v1/{path}?{query}"))?;
        let mut answer: Value = serde_json::from_str(&answer)?;
        Ok(answer["data"].take())
    }

    /// The series that an expression comes to, if there are any.
    pub(crate) fn series(&self, expression: &str) -> Option<Vec<Value>> {
        let mut found = self.data("query", &[("query", expression)]).ok()?;
        match found["result"].take() {
            Value::Array(series) if !series.is_empty() => Some(series),
            _ => None,
        }
    }

    /// The value of the first of them.
    pub(crate) fn value(&self, expression: &str) -> Option<String> {
        self.series(expression)?[0]["value"][1].as_str().map(str::to_owned)
    }

    /// The trace id of the first exemplar of these series, once there is one.
    pub(crate) fn exemplar(&self, series: &str) -> String {
        eprintln!("asking for exemplars of {series}");
        until("exemplars", || {
            let parameters = [("query", series), ("start", "0"), ("end", "99999999999")];
            let found = self.data("query_exemplars", &parameters).ok()?;
            let first = &found[0]["exemplars"][0];
            first["labels"]["trace_id"].as_str().map(str::to_owned)
        })
    }
}

/// The address in the line of its log that tells where it listens.
fn listening(line: &str) -> Option<String> {
    let (_, address) = line.split_once("msg=\"Listening on\" address=")?;
    address.split_whitespace().next().map(str::to_owned)
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
