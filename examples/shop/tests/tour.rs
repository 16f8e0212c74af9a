//! The shop as its visitors run it.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// Runs the shop once, on any free ports unless the options say which.
fn shop(options: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut shop = Command::new(env!("CARGO_BIN_EXE_shop"));
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("OTEL_")) {
        shop.env_remove(variable);
    }
    shop.arg("--once").args(options);
    for service in ["--gateway", "--catalog", "--payments"] {
        if !options.contains(&service) {
            shop.args([service, "0"]);
        }
    }
    shop.envs(environment.iter().copied()).output().expect("the shop runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn the_tour_comes_to_every_stop_and_finds_no_trace_broken() {
    let output = shop(&[], &[]);
    let (shown, errors) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{errors}");
    for title in [
        "1 of 15. A good order: POST /orders/lamp",
        "2 of 15. A slow order: POST /orders/sofa",
        "3 of 15. A declined payment: POST /orders/rug",
        "4 of 15. A failing order: POST /orders/vase",
        "5 of 15. An order that misses its deadline: POST /orders/piano",
        "6 of 15. A streamed receipt: GET /receipts/17",
        "7 of 15. An error in the trailers: GET /receipts/13",
        "8 of 15. A streamed download: GET /export.csv",
        "9 of 15. A client that hangs up half-way: GET /export.csv",
        "10 of 15. A HEAD: HEAD /export.csv",
        "11 of 15. An unknown method: BREW /orders/teapot",
        "12 of 15. A URL with a secret in it: GET /export.csv",
        "13 of 15. A request full of secrets: GET /export.csv",
        "14 of 15. An order that blocks a thread: POST /orders/harp",
        "15 of 15. Server-sent events: GET /prices",
    ] {
        assert!(
            shown.lines().any(|line| line.starts_with(title)),
            "{title:?} is not in\n{shown}"
        );
    }
    assert!(!shown.contains("c2VjcmV0"), "{shown}");

    // Both write to the same stream, in the order in which it happened.
    let stop = |number: &str| shown.split(number).nth(1).expect("the stop was come to");
    let before_the_response = |number| {
        let (before, _) = stop(number).split_once("the customer has the response").expect("one");
        before.to_owned()
    };
    let told = before_the_response("2 of 15.");
    for part in ["WARN", "a call is slow, and still runs", "/items/{item}", "trace_id"] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    let told = before_the_response("14 of 15.");
    for part in ["WARN", "a blocking call in an async handler", "/items/{item}"] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
}

#[test]
fn a_port_that_is_taken_is_named_with_the_option_that_takes_another() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    for service in ["gateway", "catalog", "payments"] {
        let option = format!("--{service}");
        let output = shop(&[&option, &port], &[]);
        let errors = text(&output.stderr);
        assert!(!output.status.success(), "{errors}");
        for part in [service, &format!("port {port}"), &option] {
            assert!(errors.contains(part), "{part:?} is not in\n{errors}");
        }
    }
}

#[test]
fn with_an_otlp_endpoint_each_service_exports_its_spans_there() {
    let (endpoint, posts) = collector();
    let output = shop(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));

    let services = ["gateway", "catalog", "payments"];
    let mut exported = BTreeSet::new();
    // All were answered before the shop ended.
    for (line, body) in posts.try_iter() {
        assert_eq!(line, "POST /v1/traces HTTP/1.1");
        exported.extend(services.iter().filter(|service| holds_service(&body, service)));
    }
    assert_eq!(exported, BTreeSet::from(services));
}

/// Whether a resource in this OTLP request has this `service.name`: in protobuf, texts stand as they are, each after its length.
fn holds_service(body: &[u8], name: &str) -> bool {
    let length = u8::try_from(name.len()).expect("a short name");
    let [key, name] = [b"service.name".as_slice(), &[&[length], name.as_bytes()].concat()];
    let after = body
        .windows(key.len())
        .position(|window| window == key)
        .map(|at| &body[at + key.len()..]);
    after.is_some_and(|after| after.windows(name.len()).take(8).any(|window| window == name))
}

/// A collector on loopback: its address, and the request line and the body of each request that it has answered.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let send = send.clone();
            thread::spawn(move || answer(stream, &send));
        }
    });
    (endpoint, receive)
}

/// Answers the requests on one connection, until the client hangs up.
fn answer(stream: TcpStream, send: &Sender<(String, Vec<u8>)>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut headers = lines.iter().filter_map(|line| line.split_once(':'));
        let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|(_, length)| length.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        send.send((lines.swap_remove(0), body)).map_err(io::Error::other)?;
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")?;
    }
}
