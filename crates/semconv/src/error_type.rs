//! The `error.type` of a service's or a body's error.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use tower_telemetry_observe::contain;

/// How far the causes of an error are followed.
const MAX_CAUSES: usize = 32;

type Name = dyn Fn(&dyn Any) -> Option<&'static str> + Send + Sync;

/// The names a user gives to errors.
#[derive(Clone, Default)]
pub(crate) struct ErrorTypes(Vec<Arc<Name>>);

impl ErrorTypes {
    pub(crate) fn add<E: 'static>(&mut self, name: impl Fn(&E) -> Option<&'static str> + Send + Sync + 'static) {
        self.0.push(Arc::new(move |error| error.downcast_ref().and_then(&name)));
    }

    pub(crate) fn of_service(&self, error: &dyn Any) -> &'static str {
        let named = self.named(error).or_else(|| first_cause(error, name));
        named.unwrap_or("service_error")
    }

    pub(crate) fn of_body(&self, error: &dyn Any) -> &'static str {
        self.named(error).unwrap_or("body_error")
    }

    /// As the user names it.
    pub(crate) fn named(&self, error: &dyn Any) -> Option<&'static str> {
        let names = self.0.iter();
        let mut said = names.filter_map(|name| contain(|| name(error)).flatten());
        said.find(|name| !name.is_empty())
    }
}

impl fmt::Debug for ErrorTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorTypes({})", self.0.len())
    }
}

/// What is said first on the way from the error to its causes.
pub(crate) fn first_cause<T>(error: &dyn Any, said: impl FnMut(&(dyn Error + 'static)) -> Option<T>) -> Option<T> {
    causes(as_error(error)?).find_map(said)
}

/// The word for an error, by the first of its [causes] that has one: `timeout`, `connect` or `overloaded`, as [here](crate#errortype).
///
/// ```
/// use std::io;
/// use tower_telemetry_semconv::error_word;
///
/// let slow = io::Error::other(io::Error::from(io::ErrorKind::TimedOut));
/// assert_eq!(error_word(&slow), Some("timeout"));
/// assert_eq!(error_word(&io::Error::other("anything else")), None);
/// ```
pub fn error_word(error: &(dyn Error + 'static)) -> Option<&'static str> {
    causes(error).find_map(name)
}

/// The error and its causes, up to 32 of them: with the errors within I/O errors, whose `source` leaves them out.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error)).take(MAX_CAUSES)
}

fn as_error(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        return Some(&**error);
    }
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
        return Some(&**error);
    }
    if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
        return Some(&**error);
    }
    #[cfg(feature = "tower")]
    if let Some(error) = error.downcast_ref::<tower::timeout::error::Elapsed>() {
        return Some(error);
    }
    #[cfg(feature = "tower")]
    if let Some(error) = error.downcast_ref::<tower::load_shed::error::Overloaded>() {
        return Some(error);
    }
    #[cfg(feature = "hyper-util")]
    if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
        return Some(error);
    }
    #[cfg(feature = "tonic")]
    if let Some(error) = error.downcast_ref::<tonic::transport::Error>() {
        return Some(error);
    }
    #[cfg(feature = "tonic")]
    if let Some(error) = error.downcast_ref::<tonic::Status>() {
        return Some(error);
    }
    let error = error.downcast_ref::<io::Error>()?;
    Some(error)
}

/// The source; of an I/O error the error inside, which its `source` leaves out.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

/// The name of this error, whatever its causes.
pub(crate) fn name(error: &(dyn Error + 'static)) -> Option<&'static str> {
    #[cfg(feature = "tower")]
    if error.is::<tower::timeout::error::Elapsed>() {
        return Some("timeout");
    }
    #[cfg(feature = "tower")]
    if error.is::<tower::load_shed::error::Overloaded>() {
        return Some("overloaded");
    }
    #[cfg(feature = "hyper-util")]
    if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
        return error.is_connect().then_some("connect");
    }
    #[cfg(feature = "tonic")]
    if error.is::<tonic::TimeoutExpired>() {
        return Some("timeout");
    }
    #[cfg(feature = "tonic")]
    if error.is::<tonic::ConnectError>() {
        return Some("connect");
    }
    match error.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::TimedOut => Some("timeout"),
        // A connection that is reset or aborted may have been a good one: these four say that there was none.
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Some("connect"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    /// An error with a cause.
    #[derive(Debug)]
    struct Wrapped(Box<dyn Error + Send + Sync>);

    impl fmt::Display for Wrapped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("https://user:word@host/?sig=secret")
        }
    }

    impl Error for Wrapped {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&*self.0)
        }
    }

    fn wrapped(error: impl Into<Box<dyn Error + Send + Sync>>) -> Wrapped {
        Wrapped(error.into())
    }

    #[track_caller]
    fn assert_named(error: impl Error + Send + Sync + 'static, expected: &str) {
        let none = ErrorTypes::default();
        let boxed: Box<dyn Error + Send + Sync> = Box::new(error);
        assert_eq!(none.of_service(&boxed), expected);
        let boxed: Box<dyn Error + Send + Sync> = Box::new(Wrapped(boxed));
        assert_eq!(none.of_service(&boxed), expected);
        let boxed: Box<dyn Error + Send + Sync> = Box::new(io::Error::other(boxed));
        assert_eq!(none.of_service(&boxed), expected);
        let boxed: Box<dyn Error + Send> = boxed;
        assert_eq!(none.of_service(&boxed), expected);
        let boxed: Box<dyn Error> = boxed;
        assert_eq!(none.of_service(&boxed), expected);
        assert_eq!(none.of_body(&boxed), "body_error");
    }

    #[test]
    fn io_errors_are_named_by_their_kind() {
        for (kind, name) in [
            (ErrorKind::TimedOut, "timeout"),
            (ErrorKind::ConnectionRefused, "connect"),
            (ErrorKind::HostUnreachable, "connect"),
            (ErrorKind::NetworkUnreachable, "connect"),
            (ErrorKind::AddrNotAvailable, "connect"),
            (ErrorKind::ConnectionReset, "service_error"),
            (ErrorKind::Other, "service_error"),
        ] {
            assert_eq!(ErrorTypes::default().of_service(&io::Error::from(kind)), name);
            assert_named(io::Error::from(kind), name);
            assert_named(io::Error::new(kind, "text"), name);
        }
    }

    #[test]
    fn the_word_is_that_of_the_first_cause_that_has_one() {
        let timeout = || io::Error::from(ErrorKind::TimedOut);
        assert_eq!(error_word(&wrapped(timeout())), Some("timeout"));
        let refused = io::Error::new(ErrorKind::ConnectionRefused, timeout());
        assert_eq!(error_word(&wrapped(refused)), Some("connect"));
        assert_eq!(error_word(&wrapped("text")), None);
    }

    #[test]
    fn an_error_that_is_not_known_is_a_service_error() {
        struct NoError;
        assert_eq!(ErrorTypes::default().of_service(&NoError), "service_error");
        assert_eq!(ErrorTypes::default().of_body(&NoError), "body_error");
        assert_named(wrapped("text"), "service_error");
    }

    #[test]
    fn a_long_chain_of_causes_is_followed_for_a_while() {
        let mut error: Box<dyn Error + Send + Sync> = io::Error::from(ErrorKind::TimedOut).into();
        for _ in 0..MAX_CAUSES - 1 {
            error = Box::new(Wrapped(error));
        }
        assert_eq!(ErrorTypes::default().of_service(&error), "timeout");
        error = Box::new(Wrapped(error));
        assert_eq!(ErrorTypes::default().of_service(&error), "service_error");
    }

    #[test]
    fn the_causes_within_io_errors_are_among_the_causes() {
        let error = wrapped(io::Error::other(io::Error::other(wrapped("text"))));
        let texts: Vec<_> = causes(&error).map(ToString::to_string).collect();
        assert_eq!(texts.len(), 5);
        assert_eq!(texts[4], "text");
    }

    #[test]
    fn the_first_name_given_counts() {
        let mut types = ErrorTypes::default();
        types.add(|_: &u8| Some("not_this_type"));
        types.add(|_: &io::Error| None);
        types.add(|_: &io::Error| Some(""));
        types.add(|error: &io::Error| (error.kind() == ErrorKind::TimedOut).then_some("slow_disk"));
        types.add(|_: &io::Error| Some("disk"));
        let (slow, broken) = (ErrorKind::TimedOut.into(), ErrorKind::NotFound.into());
        let names = [&slow, &broken].map(|error: &io::Error| (types.of_service(error), types.of_body(error)));
        assert_eq!(names, [("slow_disk", "slow_disk"), ("disk", "disk")]);
    }

    #[test]
    fn a_callback_that_panics_names_nothing() {
        let mut types = ErrorTypes::default();
        types.add(|_: &io::Error| panic!("a bug in a callback"));
        let timeout = io::Error::from(ErrorKind::TimedOut);
        assert_eq!(types.of_service(&timeout), "timeout");
        types.add(|_: &io::Error| Some("disk"));
        assert_eq!(types.of_service(&timeout), "disk");
    }

    #[cfg(feature = "tower")]
    #[test]
    fn the_errors_of_tower_are_named() {
        use tower::{load_shed::error::Overloaded, timeout::error::Elapsed};

        assert_named(Elapsed::new(), "timeout");
        assert_named(Overloaded::new(), "overloaded");
        assert_eq!(ErrorTypes::default().of_service(&Elapsed::new()), "timeout");
        assert_eq!(ErrorTypes::default().of_service(&Overloaded::new()), "overloaded");
    }

    #[cfg(feature = "hyper-util")]
    #[test]
    fn a_client_that_cannot_connect_says_so() {
        use http_body_util::Empty;
        use hyper_util::{client::legacy::Client, rt::TokioExecutor};

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let refused = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let error = runtime.block_on(client.get(refused.parse().unwrap())).unwrap_err();
        assert_eq!(ErrorTypes::default().of_service(&error), "connect");
        assert_named(error, "connect");
    }
}
