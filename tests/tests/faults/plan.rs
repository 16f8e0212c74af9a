//! Which request is to go wrong, how, and what must be said of it.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use http::HeaderMap;
use tokio::sync::Notify;
use tower_telemetry_testkit::Random;
use tower_telemetry_tests::{BOTH, Goodbye, Protocol};

/// The header that says which of the plan's calls a request is.
pub(crate) const CALL: &str = "x-call";

/// The bytes in a frame.
pub(crate) const FRAME: &[u8; 100] = &[b'x'; 100];

/// What goes wrong, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A small body.
    None,
    Stream,
    /// A stream under its own `Content-Length`.
    AnnouncedStream,
    Trailers,
    /// A stream that nobody asked for.
    Head,
    /// 204, with a body that HTTP does not allow.
    NoContent,
    NotFound,
    ServerError,
    /// The body fails after its frames.
    BodyError,
    /// The body ends short of its `Content-Length`.
    ShortBody,
    PanicInHandler,
    PanicInBody,
    /// The client goes while the handler is at work.
    GoneBeforeHead,
    /// The client goes when it has had the frames, and the body is at work on more.
    GoneInBody,
}

const FAULTS: [Fault; 14] = [
    Fault::None,
    Fault::Stream,
    Fault::AnnouncedStream,
    Fault::Trailers,
    Fault::Head,
    Fault::NoContent,
    Fault::NotFound,
    Fault::ServerError,
    Fault::BodyError,
    Fault::ShortBody,
    Fault::PanicInHandler,
    Fault::PanicInBody,
    Fault::GoneBeforeHead,
    Fault::GoneInBody,
];

/// What is said of a call: the protocol's version, `error.type`, and the status code.
pub(crate) type Outcome = (String, Option<String>, Option<i64>);

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) protocol: Protocol,
    pub(crate) fault: Fault,
    /// The frames that the body has, before its fault.
    pub(crate) frames: usize,
    /// How its connection is closed, where it is the one that opens it.
    pub(crate) goodbye: Goodbye,
    /// The server is where the client wants it when it goes.
    pub(crate) reached: Notify,
}

impl Call {
    pub(crate) fn bytes(&self) -> usize {
        self.frames * FRAME.len()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let (error, status) = match self.fault {
            Fault::None | Fault::Stream | Fault::AnnouncedStream | Fault::Trailers | Fault::Head => (None, Some(200)),
            Fault::NoContent => (None, Some(204)),
            Fault::NotFound => (None, Some(404)),
            Fault::ServerError => (Some("500"), Some(500)),
            Fault::BodyError | Fault::ShortBody => (Some("body_error"), Some(200)),
            Fault::PanicInHandler => (Some("panic"), None),
            Fault::PanicInBody => (Some("panic"), Some(200)),
            Fault::GoneBeforeHead => (Some("cancelled"), None),
            Fault::GoneInBody => (Some("cancelled"), Some(200)),
        };
        (self.protocol.version().to_owned(), error.map(str::to_owned), status)
    }
}

/// All requests. They follow from the seed.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) calls: Vec<Call>,
}

impl Plan {
    /// So many as `FAULTS` says, or 3,000; by the seed that `FAULTS_SEED` gives, or any.
    pub(crate) fn from_env() -> (Self, Seed) {
        let seed = number("FAULTS_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
        let mut random = Random::new(seed);
        let call = |id| Call {
            id,
            protocol: random.pick(&BOTH),
            fault: random.pick(&FAULTS),
            frames: random.pick(&[1, 2, 3, 4]),
            goodbye: random.pick(&[Goodbye::Fin, Goodbye::Reset]),
            reached: Notify::new(),
        };
        let calls = (0..number("FAULTS").unwrap_or(3_000)).map(call).collect();
        (Plan { calls }, Seed(seed))
    }

    /// The call that a request is.
    pub(crate) fn find(&self, headers: &HeaderMap) -> &Call {
        let id = headers.get(CALL).and_then(|id| id.to_str().ok()?.parse::<usize>().ok());
        &self.calls[id.expect("every request says which call it is")]
    }
}

/// Tells the seed, if the test fails while it is held.
pub(crate) struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the plan was that of FAULTS_SEED={}", self.0);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {value}")),
    )
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} ({:?} over {:?})", self.id, self.fault, self.protocol)
    }
}
