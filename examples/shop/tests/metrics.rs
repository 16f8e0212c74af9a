//! What the shop's `/metrics` say of its own telemetry.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A shop that is open until it is dropped.
struct Shop {
    process: Child,
    /// Of the gateway, the catalog and payments.
    addresses: Vec<String>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Shop {
    fn open(environment: &[(&str, &str)]) -> Result<Self, Box<dyn std::error::Error>> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_shop"))
            .args(["--gateway", "0", "--catalog", "0", "--payments", "0"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let shown = process.stdout.take().ok_or("it prints")?;
        let mut addresses = Vec::new();
        let mut shop = Self {
            process,
            addresses: Vec::new(),
        };
        for line in BufReader::new(shown).lines() {
            let line = line?;
            if let (Some((_, address)), true) = (line.split_once(" http://"), addresses.len() < 3) {
                addresses.push(address.to_owned());
            }
            if line.starts_with("The shop is open") {
                shop.addresses = addresses;
                return Ok(shop);
            }
        }
        Err("it never opened".into())
    }
}

/// The sum of this metric's series on the page of the service that listens there.
fn metric(address: &str, name: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    let lines = page.lines().filter(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([' ', '{']))
    });
    let values: Vec<u64> = lines
        .filter_map(|line| line.rsplit(' ').next())
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    match values.is_empty() {
        true => Err(format!("{name} is not in\n{page}").into()),
        false => Ok(values.iter().sum()),
    }
}

#[test]
fn spans_that_find_no_collector_are_a_metric_of_each_service() -> Outcome {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let nobody = format!("http://{}", listener.local_addr()?);
    drop(listener);
    let shop = Shop::open(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &nobody),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "50"),
        ("OTEL_BSP_SCHEDULE_DELAY", "10"),
    ])?;
    for address in &shop.addresses {
        let start = Instant::now();
        // Batches are given up one after the other.
        loop {
            let ended = metric(address, "tower_telemetry_spans_ended_total")?;
            assert!(ended > 0, "the tour has been everywhere");
            if metric(address, "tower_telemetry_spans_lost_total")? == ended {
                break;
            }
            assert!(start.elapsed() < PATIENCE, "some spans are neither exported nor lost");
            thread::yield_now();
        }
        assert_eq!(metric(address, "tower_telemetry_spans_exported_total")?, 0);
        assert_eq!(metric(address, "active_spans_total")?, 0);
    }
    Ok(())
}
