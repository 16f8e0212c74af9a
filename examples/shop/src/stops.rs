//! Where the tour stops: each request, and what is to be seen in its trace.

pub(crate) struct Stop {
    pub(crate) title: &'static str,
    pub(crate) see: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Headers that the customer sends along.
    pub(crate) sends: &'static [(&'static str, &'static str)],
    pub(crate) reads: Reads,
    /// Attributes to print below the waterfall.
    pub(crate) shows: &'static [&'static str],
    /// The trace's [outline](crate::outline).
    pub(crate) outline: &'static str,
}

/// How the customer treats the response.
pub(crate) enum Reads {
    ToTheEnd,
    /// It will break off.
    AsFarAsItGoes,
    HangsUp,
}

/// What most stops have in common: the customer sends nothing but the request, and reads the response to its end.
const PLAIN: Stop = Stop {
    title: "",
    see: "",
    method: "",
    path: "",
    sends: &[],
    reads: Reads::ToTheEnd,
    shows: &[],
    outline: "",
};

/// An order that goes well.
const PAID_ORDER: &str = "gateway POST /orders/{item} 201
 gateway> GET /items/{item} 200
  catalog GET /items/{item} 200
 gateway> shop.Payments/Charge OK
  payments shop.Payments/Charge OK
";

/// A download, handed on by the gateway.
const EXPORT: &str = "gateway GET /export.csv 200
 gateway> GET /export.csv 200
  catalog GET /export.csv 200
";

pub(crate) const TOUR: [Stop; 15] = [
    Stop {
        title: "A good order",
        see: "The gateway asks the catalog over HTTP, then payments over gRPC. Each call is a client span, and the other service's span is its child.",
        method: "POST",
        path: "/orders/lamp",
        outline: PAID_ORDER,
        ..PLAIN
    },
    Stop {
        title: "A slow order",
        see: "Nearly all of the time is the catalog's, which warns of it while the customer still waits.",
        method: "POST",
        path: "/orders/sofa",
        outline: PAID_ORDER,
        ..PLAIN
    },
    Stop {
        title: "A declined payment",
        see: "Business as usual for payments, which did its work; for the gateway, who asked in vain, it is an error.",
        method: "POST",
        path: "/orders/rug",
        outline: "gateway POST /orders/{item} 402
 gateway> GET /items/{item} 200
  catalog GET /items/{item} 200
 gateway> shop.Payments/Charge FAILED_PRECONDITION FAILED_PRECONDITION
  payments shop.Payments/Charge FAILED_PRECONDITION
",
        ..PLAIN
    },
    Stop {
        title: "A failing order",
        see: "Payments broke it: UNAVAILABLE is there first, and the gateway's 502 follows from it.",
        method: "POST",
        path: "/orders/vase",
        outline: "gateway POST /orders/{item} 502 502
 gateway> GET /items/{item} 200
  catalog GET /items/{item} 200
 gateway> shop.Payments/Charge UNAVAILABLE UNAVAILABLE
  payments shop.Payments/Charge UNAVAILABLE UNAVAILABLE
",
        ..PLAIN
    },
    Stop {
        title: "An order that misses its deadline",
        see: "The gateway waits for 500 ms. When they are over, both sides say so, and neither calls it a cancellation.",
        method: "POST",
        path: "/orders/piano",
        outline: "gateway POST /orders/{item} 504 504
 gateway> GET /items/{item} 200
  catalog GET /items/{item} 200
 gateway> shop.Payments/Charge DEADLINE_EXCEEDED DEADLINE_EXCEEDED
  payments shop.Payments/Charge DEADLINE_EXCEEDED DEADLINE_EXCEEDED
",
        ..PLAIN
    },
    Stop {
        title: "A streamed receipt",
        see: "Line by line through both services: the gRPC spans last as long as the stream.",
        method: "GET",
        path: "/receipts/17",
        outline: "gateway GET /receipts/{number} 200
 gateway> shop.Payments/Receipt OK
  payments shop.Payments/Receipt OK
",
        ..PLAIN
    },
    Stop {
        title: "An error in the trailers",
        see: "Head and lines came as they should, and then INTERNAL: who does not read the trailers sees three successes.",
        method: "GET",
        path: "/receipts/13",
        reads: Reads::AsFarAsItGoes,
        outline: "gateway GET /receipts/{number} 200 body_error
 gateway> shop.Payments/Receipt INTERNAL INTERNAL
  payments shop.Payments/Receipt INTERNAL INTERNAL
",
        ..PLAIN
    },
    Stop {
        title: "A streamed download",
        see: "The server spans last until the last row has gone; the client span ends when the response begins.",
        method: "GET",
        path: "/export.csv",
        outline: EXPORT,
        ..PLAIN
    },
    Stop {
        title: "A client that hangs up half-way",
        see: "The status was 200, and still the download failed: both servers saw their caller go.",
        method: "GET",
        path: "/export.csv",
        reads: Reads::HangsUp,
        outline: "gateway GET /export.csv 200 cancelled
 gateway> GET /export.csv 200
  catalog GET /export.csv 200 cancelled
",
        ..PLAIN
    },
    Stop {
        title: "A HEAD",
        see: "The bodies are never read, and nobody calls that cancelled.",
        method: "HEAD",
        path: "/export.csv",
        outline: "gateway HEAD /export.csv 200
 gateway> HEAD /export.csv 200
  catalog HEAD /export.csv 200
",
        ..PLAIN
    },
    Stop {
        title: "An unknown method",
        see: "The method is _OTHER and the name says HTTP, so that nobody can fill a store with names; the original stands beside.",
        method: "BREW",
        path: "/orders/teapot",
        shows: &["http.request.method", "http.request.method_original"],
        outline: "gateway HTTP /orders/{item} 405
",
        ..PLAIN
    },
    Stop {
        title: "A URL with a secret in it",
        see: "The signature is redacted on every span that has the URL.",
        method: "GET",
        path: "/export.csv?lang=en&sig=c2VjcmV0",
        shows: &["url.query", "url.full"],
        outline: EXPORT,
        ..PLAIN
    },
    Stop {
        title: "A request full of secrets",
        see: "Credentials, a link with a password in it, an agent that steers the terminal: this is what is written down of them.",
        method: "GET",
        path: "/export.csv?user=ada&s%69g=c2VjcmV0",
        sends: &[
            ("authorization", "Bearer c2VjcmV0"),
            ("cookie", "session=c2VjcmV0"),
            ("x-api-key", "c2VjcmV0"),
            (
                "referer",
                "https://ada:c2VjcmV0@mail.test/inbox?X-Amz-Signature=c2VjcmV0",
            ),
            ("user-agent", "browser\t\u{9b}31mred"),
        ],
        shows: &["url.query", "url.full", "referer.url", "user_agent.original"],
        outline: EXPORT,
        ..PLAIN
    },
    Stop {
        title: "An order that blocks a thread",
        see: "The catalog works where it should wait, and warns of the poll that took so long: whoever shares its thread has waited, too.",
        method: "POST",
        path: "/orders/harp",
        outline: PAID_ORDER,
        ..PLAIN
    },
    Stop {
        title: "Server-sent events",
        see: "The server spans last until the last event. Metrics have such streams apart, or an open one would look like a slow request.",
        method: "GET",
        path: "/prices",
        outline: "gateway GET /prices 200
 gateway> GET /prices 200
  catalog GET /prices 200
",
        ..PLAIN
    },
];
