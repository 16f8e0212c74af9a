//! How far callers are believed, by every policy.
#![allow(clippy::unwrap_used)]

mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use told::{PROXY, headers, proxies_or, request, told, trusting};
use tower_telemetry_observe::ClassifyHttp;
use tower_telemetry_semconv::{Http, Server, Trust, TrustPolicy};

fn trust_of(request: Request<()>, http: &Http<Server>) -> Trust {
    http.read(&mut request.into_parts().0).trust()
}

#[test]
fn the_same_policy_decides_on_the_context_and_the_forwarded_headers() {
    use Trust::{Ignore, Link, Parent};

    const STRANGER: &str = "192.0.2.1:1";
    let by = |trust| TrustPolicy::by(move |_| trust);
    let bug = TrustPolicy::by(|_| panic!("a bug in a policy"));
    let rows = [
        ("by default", Http::server(), [(Parent, "no"); 3]),
        ("all parents", trusting(Parent), [(Parent, "all"); 3]),
        ("all linked", trusting(Link), [(Link, "no"); 3]),
        ("all ignored", trusting(Ignore), [(Ignore, "no"); 3]),
        (
            "proxies, else linked",
            trusting(proxies_or(Link)),
            [(Parent, "peers"), (Link, "no"), (Link, "no")],
        ),
        (
            "proxies, else ignored",
            trusting(proxies_or(Ignore)),
            [(Parent, "peers"), (Ignore, "no"), (Ignore, "no")],
        ),
        ("proxies or not", trusting(proxies_or(Parent)), [(Parent, "peers"); 3]),
        ("closure: parent", trusting(by(Parent)), [(Parent, "last"); 3]),
        ("closure: linked", trusting(by(Link)), [(Link, "no"); 3]),
        ("closure: ignored", trusting(by(Ignore)), [(Ignore, "no"); 3]),
        ("closure that panics", trusting(bug), [(Ignore, "no"); 3]),
        (
            "the last policy counts",
            trusting(Parent).with_trust(Link),
            [(Link, "no"); 3],
        ),
    ];
    let custom = headers(&[
        ("x-forwarded-for", "203.0.113.7, 192.0.2.9, 10.0.0.2"),
        ("x-forwarded-host", "a, b, c"),
        ("x-forwarded-proto", "http, https, http"),
    ]);
    let standard = headers(&[(
        "forwarded",
        "for=203.0.113.7;host=a;proto=http,for=192.0.2.9;host=b;proto=https,for=10.0.0.2;host=c;proto=http",
    )]);
    for (rule, http, expected) in rows {
        for (peer, (trust, believed)) in [PROXY, STRANGER, "unix"].into_iter().zip(expected) {
            let address = peer.strip_suffix(":1").unwrap_or("-");
            let expected = match believed {
                "all" => "203.0.113.7 a http",
                "peers" => "192.0.2.9 b https",
                "last" => "10.0.0.2 c http",
                _ => &format!("{address} - -"),
            };
            for headers in [&custom, &standard] {
                assert_eq!(told(headers, peer, &http), expected, "{rule}, {peer}");
            }
            assert_eq!(trust_of(request(&custom, peer), &http), trust, "{rule}, {peer}");
        }
    }
}

#[test]
fn a_policy_decides_once_for_each_call() {
    let decisions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&decisions);
    let http = trusting(TrustPolicy::by(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Trust::Parent,
        _ => Trust::Ignore,
    }));
    let custom = headers(&[("x-forwarded-for", "192.0.2.9")]);
    assert_eq!(told(&custom, PROXY, &http), "192.0.2.9 - -");
    assert_eq!(decisions.load(Ordering::Relaxed), 1);
    assert_eq!(trust_of(request(&custom, PROXY), &http), Trust::Ignore);
}
