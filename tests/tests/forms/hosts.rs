//! Who is asked, and who asks.

use tower_telemetry::semconv::{Http, IpNet, Peers, Trust, TrustPolicy};

use crate::site::{Site, said, values, visit};

#[tokio::test]
async fn one_well_formed_host_names_the_server_and_nothing_else_does() {
    let rows = [
        ("", ["-", "-"]),
        ("Host:\r\n", ["-", "-"]),
        ("Host: shop.example\r\n", ["shop.example", "-"]),
        ("Host: shop.example:8080\r\n", ["shop.example", "8080"]),
        ("Host: a\r\nHost: b\r\n", ["-", "-"]),
        ("Host: a b\"<>:99999\r\n", ["-", "-"]),
        ("Host: [::1]:8080\r\n", ["::1", "8080"]),
        ("Host: [fe80::1\r\n", ["-", "-"]),
        ("Host: []\r\n", ["-", "-"]),
        ("Host: ::1\r\n", ["-", "-"]),
        ("Host: host:\r\n", ["host", "-"]),
        ("Host: :80\r\n", ["-", "-"]),
        ("Host: host:port\r\n", ["host", "-"]),
        ("Host: host:0\r\n", ["host", "-"]),
        ("Host: host:65536\r\n", ["host", "-"]),
        ("Host: h\u{e9}\r\n", ["-", "-"]),
        ("Host: user:c4n4ry@host\r\n", ["-", "-"]),
        ("Host: c4n4ry:word@host\r\n", ["-", "-"]),
    ];
    for (host, expected) in rows {
        let (_, span) = visit(format!("GET /full HTTP/1.1\r\n{host}\r\n")).await;
        assert_eq!(
            said(&span, ["server.address", "server.port"]),
            values(expected),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn http_1_0_needs_no_host() {
    let (_, span) = visit("GET /full HTTP/1.0\r\n\r\n").await;
    let keys = [
        "network.protocol.version",
        "server.address",
        "http.response.status_code",
    ];
    assert_eq!(said(&span, keys), values(["1.0", "-", "200"]));
}

#[tokio::test]
async fn the_peer_is_the_other_end_of_the_connection() {
    let site = Site::open().await;
    let mut client = site.connect().await;
    client.send("GET /full HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.answer().await;
    let port = client.address.port().to_string();
    let keys = ["network.peer.address", "network.peer.port", "client.address"];
    assert_eq!(
        said(&site.span().await, keys),
        values(["127.0.0.1", &port, "127.0.0.1"])
    );
}

const FORWARDED: [&str; 2] = [
    "Forwarded: for=192.0.2.9;host=evil.example;proto=https\r\n",
    "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n",
];

#[tokio::test]
async fn forwarded_words_count_only_from_a_peer_that_is_trusted() {
    let peers = |net: &str| Peers::new([net.parse::<IpNet>().expect("a network")]);
    let trusting = |net: &str| Http::server().with_trust(TrustPolicy::peers(peers(net), Trust::Link));
    let rows = [
        (Http::server(), ["-", "h", "127.0.0.1"]),
        (trusting("10.0.0.0/8"), ["-", "h", "127.0.0.1"]),
        (trusting("127.0.0.0/8"), ["https", "evil.example", "192.0.2.9"]),
    ];
    for (http, expected) in rows {
        for forwarded in FORWARDED {
            let site = Site::reading(http.clone()).await;
            let request = format!("GET /full HTTP/1.1\r\nHost: h\r\n{forwarded}\r\n");
            let (_, span) = site.visit(request).await;
            let keys = ["url.scheme", "server.address", "client.address"];
            assert_eq!(said(&span, keys), values(expected), "{forwarded}");
            assert_eq!(said(&span, ["network.peer.address"]), values(["127.0.0.1"]));
        }
    }
}

#[tokio::test]
async fn a_scheme_that_is_not_of_http_and_a_client_that_is_hidden_are_believed_of_nobody() {
    let site = Site::reading(Http::server().with_trust(Trust::Parent)).await;
    let request = "GET /full HTTP/1.1\r\nHost: h\r\nForwarded: for=_hidden;proto=gopher\r\n\r\n";
    let (_, span) = site.visit(request).await;
    assert_eq!(
        said(&span, ["url.scheme", "client.address"]),
        values(["-", "127.0.0.1"])
    );
}
