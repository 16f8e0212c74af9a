//! A real collector between a service and its backend: rotel, from the Python package index, in an environment under `target/` that is made here.
//!
//! Without Python or the package index the tests say so, and show nothing. It knows gzip, and not zstd.
#![cfg(all(feature = "otlp-http", feature = "otlp-grpc", feature = "gzip", unix))]

mod http_receiver;
mod requests;

use std::error::Error;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use requests::{attribute, names};
use tower_telemetry_setup::{Compression, Otlp, Telemetry};

type Outcome = Result<(), Box<dyn Error>>;

const VERSION: &str = "rotel==0.0.1a15";
const PATIENCE: Duration = Duration::from_secs(60);

/// The agent's program, installed once; or why it cannot be had.
fn program() -> Result<&'static Path, &'static str> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| install().map_err(|error| error.to_string()));
    installed.as_deref().map_err(String::as_str)
}

fn install() -> Result<PathBuf, Box<dyn Error>> {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join(VERSION);
    if let Some(program) = find(&environment) {
        return Ok(program);
    }
    run(Command::new("python3").arg("-m").arg("venv").arg(&environment))?;
    run(Command::new(environment.join("bin/pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        VERSION,
    ]))?;
    find(&environment).ok_or_else(|| "the package has no program".into())
}

fn run(command: &mut Command) -> Outcome {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// It is in a folder that is named for the Python version.
fn find(environment: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(environment.join("lib")).ok()?;
    let program =
        |version: io::Result<fs::DirEntry>| Some(version.ok()?.path().join("site-packages/rotel/rotel-agent"));
    versions.filter_map(program).find(|program| program.exists())
}

/// A collector that runs until it is dropped.
struct Collector {
    process: Child,
    http: SocketAddr,
    grpc: SocketAddr,
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

impl Collector {
    /// Sends on what it gets to this backend.
    fn start(program: &Path, backend: &str) -> io::Result<Self> {
        let (http, grpc) = (free()?, free()?);
        let process = Command::new(program)
            .args(["start", "--exporter", "otlp", "--otlp-exporter-protocol", "http"])
            .args(["--otlp-exporter-endpoint", backend])
            .args(["--otlp-http-endpoint", &http.to_string()])
            .args(["--otlp-grpc-endpoint", &grpc.to_string()])
            .args(["--batch-timeout", "100ms"])
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let collector = Self { process, http, grpc };
        for address in [http, grpc] {
            let start = Instant::now();
            while let Err(error) = TcpStream::connect(address) {
                if start.elapsed() > PATIENCE {
                    return Err(error);
                }
                // It cannot say that it listens.
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(collector)
    }
}

fn through(otlp: impl FnOnce(&Collector) -> Otlp) -> Outcome {
    let program = match program() {
        Ok(program) => program,
        Err(why) => {
            eprintln!("SKIPPED: the collector rotel cannot be installed from PyPI: {why}");
            return Ok(());
        }
    };
    let (backend, arrived) = http_receiver::start()?;
    let collector = Collector::start(program, &backend)?;
    let telemetry = Telemetry::builder("orders")
        .with_service_version("1.2.3")
        .with_otlp(otlp(&collector))
        .with_shutdown_timeout(PATIENCE)
        .build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    tracer.in_span("place order", |_| tracer.in_span("charge", |_| ()));
    let exports = telemetry.exports()[0].clone();
    telemetry.shutdown()?;
    assert_eq!((exports.counts().exported, exports.counts().lost.total()), (2, 0));

    let request = arrived.recv_timeout(PATIENCE)?;
    let request = request.traces()?;
    assert_eq!(names(&request), ["charge", "place order"]);
    assert_eq!(attribute(&request, "service.name"), Some("orders"));
    assert_eq!(attribute(&request, "service.version"), Some("1.2.3"));
    Ok(())
}

#[test]
fn a_real_collector_takes_spans_over_http_with_gzip() -> Outcome {
    through(|collector| {
        Otlp::http()
            .with_endpoint(format!("http://{}", collector.http))
            .with_compression(Compression::Gzip)
    })
}

#[test]
fn a_real_collector_takes_spans_over_grpc() -> Outcome {
    through(|collector| Otlp::grpc().with_endpoint(format!("http://{}", collector.grpc)))
}

#[test]
fn a_real_collector_takes_spans_over_grpc_with_gzip() -> Outcome {
    through(|collector| {
        Otlp::grpc()
            .with_endpoint(format!("http://{}", collector.grpc))
            .with_compression(Compression::Gzip)
    })
}
