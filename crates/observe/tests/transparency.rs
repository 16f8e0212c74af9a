//! What passes through an observed call passes as it is.

use std::cell::RefCell;
use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use futures_util::FutureExt;
use futures_util::task::AtomicWaker;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::{Body, SizeHint};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_telemetry_observe::{Call, Head, Observe, ObserveLayer, Plain, Report, Watch};
use tower_telemetry_testkit::{EndFlag, Exchange, Journal, MethodAndStatus, Script, Step, exchange};

/// Polls a body as it is, and one that is observed, in step.
fn assert_alike(script: impl Fn() -> Script) {
    let mut bare = script();
    let observed = script();
    let polls = (bare.polls(), observed.polls());
    let response = exchange(Journal::new(), Request::new(()), Response::new(observed));
    let mut observed = response.into_body();
    for _ in 0..8 {
        assert_eq!(observed.is_end_stream(), bare.is_end_stream());
        assert_eq!(observed.size_hint().lower(), bare.size_hint().lower());
        assert_eq!(observed.size_hint().upper(), bare.size_hint().upper());
        let expected = bare.frame().now_or_never();
        let frame = observed.frame().now_or_never();
        // The debug form holds every byte of data and trailers.
        assert_eq!(format!("{frame:?}"), format!("{expected:?}"));
        assert_eq!(polls.1.count(), polls.0.count());
    }
}

#[test]
fn frames_flags_and_hints_are_the_bodys_own() {
    let flags = [EndFlag::Never, EndFlag::AfterLastStep, EndFlag::Always];
    let plays = [
        vec![],
        vec![Step::Data(5)],
        vec![Step::Data(2), Step::Wait, Step::Data(0), Step::Data(300)],
        vec![Step::Data(2), Step::trailer("grpc-status", "0")],
        vec![Step::Data(2), Step::Fail, Step::End, Step::Data(3)],
        vec![Step::Wait, Step::End, Step::trailer("a", "b"), Step::Stall],
    ];
    let mut between = SizeHint::new();
    between.set_lower(1);
    between.set_upper(9);
    for play in &plays {
        for flag in flags {
            let script = || Script::new(play.clone()).with_end_flag(flag);
            assert_alike(script);
            assert_alike(|| script().with_exact_size());
            assert_alike(|| script().with_size_hint(SizeHint::with_exact(5)));
            assert_alike(|| script().with_size_hint(between));
        }
    }
}

#[test]
fn the_response_head_arrives_as_it_was() {
    let answer = async |_: Request<()>| {
        let response = Response::builder()
            .status(StatusCode::IM_A_TEAPOT)
            .version(Version::HTTP_10)
            .header("x-one", "1")
            .header("x-one", "2")
            .extension("an extension");
        response.body(Script::default())
    };
    let mut service = ObserveLayer::new(MethodAndStatus, Journal::new()).layer(service_fn(answer));
    let answered = service.call(Request::new(())).now_or_never();
    let response = answered.and_then(Result::ok).expect("answers at once");
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(response.version(), Version::HTTP_10);
    let values: Vec<_> = response.headers().get_all("x-one").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(response.headers().len(), 2);
    assert_eq!(response.extensions().get(), Some(&"an extension"));
}

#[test]
fn the_request_arrives_as_it_was() {
    let look = async |request: Request<&str>| {
        assert_eq!(request.method(), Method::PATCH);
        assert_eq!(request.uri(), "http://host/path?query");
        assert_eq!(request.version(), Version::HTTP_2);
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.headers()["x-one"], "1");
        assert_eq!(request.extensions().get(), Some(&"an extension"));
        Ok::<_, ()>(Response::new(Script::new([Step::Data(request.body().len())])))
    };
    let mut service = ObserveLayer::new(MethodAndStatus, ()).layer(service_fn(look));
    let request = Request::patch("http://host/path?query")
        .version(Version::HTTP_2)
        .header("x-one", "1")
        .extension("an extension");
    let future = service.call(request.body("a body of no Body type").expect("valid"));
    assert!(matches!(future.now_or_never(), Some(Ok(_))));
}

/// Adds a header and an extension to each request.
struct Signs;

impl Observe<Exchange> for Signs {
    type Watch = ();

    fn watch(&self, call: &mut Call<'_, Exchange>) {
        if let Some(request) = &mut call.request {
            let name = HeaderName::from_static("x-signed");
            request.headers.insert(name, HeaderValue::from_static("yes"));
            request.extensions.insert("signed");
        }
    }
}

#[test]
fn what_an_observer_adds_to_the_request_arrives() {
    let look = async |request: Request<()>| {
        assert_eq!(request.headers()["x-signed"], "yes");
        assert_eq!(request.extensions().get(), Some(&"signed"));
        Ok::<_, ()>(Response::new(Script::default()))
    };
    let mut service = ObserveLayer::new(MethodAndStatus, (Signs, ())).layer(service_fn(look));
    let answered = service.call(Request::new(())).now_or_never();
    assert!(matches!(answered, Some(Ok(_))));
}

/// Adds a header to each response.
struct Stamps;

impl<F> Observe<F> for Stamps {
    type Watch = Stamps;

    fn watch(&self, _: &mut Call<'_, F>) -> Stamps {
        Stamps
    }
}

impl<F> Watch<F> for Stamps {
    fn head(&mut self, head: &mut Head<'_, F>) {
        let name = HeaderName::from_static("x-stamped");
        head.response.headers.insert(name, HeaderValue::from_static("yes"));
    }

    fn end(self, _: &Report<'_, F>) {}
}

#[test]
fn what_an_observer_adds_to_the_response_arrives() {
    let response = exchange((Stamps, ()), Request::new(()), Response::new(Script::default()));
    assert_eq!(response.headers()["x-stamped"], "yes");
}

#[test]
fn the_error_of_the_service_is_the_very_same() {
    let error: Arc<dyn Error> = Arc::from(Box::<dyn Error>::from("refused"));
    let returned = Arc::clone(&error);
    let refuse = service_fn(move |()| std::future::ready(Err::<(), _>(Arc::clone(&returned))));
    let mut service = ObserveLayer::new(Plain::new("call"), Journal::new()).layer(refuse);
    let answered = service.call(()).now_or_never();
    let passed = answered.and_then(Result::err).expect("refused at once");
    assert!(Arc::ptr_eq(&passed, &error));
}

/// Keeps the waker it is given when the call waits.
struct Waits<'a>(&'a RefCell<Vec<Waker>>);

impl<'a, F> Observe<F> for Waits<'a> {
    type Watch = Self;

    fn watch(&self, _: &mut Call<'_, F>) -> Self {
        Waits(self.0)
    }
}

impl<F> Watch<F> for Waits<'_> {
    fn pending(&mut self, _: &F, cx: &mut Context<'_>) {
        self.0.borrow_mut().push(cx.waker().clone());
    }

    fn end(self, _: &Report<'_, F>) {}
}

struct Unwoken;

impl Wake for Unwoken {
    fn wake(self: Arc<Self>) {
        panic!("nobody has a reason to wake this task");
    }
}

#[test]
fn the_waker_is_the_callers_own_and_is_not_woken() {
    let waker = Waker::from(Arc::new(Unwoken));
    let mut cx = Context::from_waker(&waker);
    let wakers = RefCell::default();
    let seen = RefCell::new(Vec::new());
    let mut service = ObserveLayer::new(Plain::new("wait"), Waits(&wakers)).layer(service_fn(|()| {
        poll_fn(|cx| {
            seen.borrow_mut().push(cx.waker().clone());
            Poll::<Result<(), ()>>::Pending
        })
    }));
    let mut future = Box::pin(service.call(()));
    assert!(future.poll_unpin(&mut cx).is_pending());
    let stalled = Response::new(Script::new([Step::Stall]));
    let mut response = exchange(Waits(&wakers), Request::new(()), stalled);
    assert!(response.frame().poll_unpin(&mut cx).is_pending());

    assert_eq!((seen.borrow().len(), wakers.borrow().len()), (1, 2));
    for passed in seen.borrow().iter().chain(wakers.borrow().iter()) {
        assert!(passed.will_wake(&waker));
    }
}

#[test]
fn a_wake_from_another_thread_arrives_and_costs_no_other_poll() {
    let waker = Arc::new(AtomicWaker::new());
    let inner = Arc::clone(&waker);
    let polls = RefCell::new(0);
    let mut service = ObserveLayer::new(Plain::new("wait"), Journal::new()).layer(service_fn(|()| {
        poll_fn(|cx| {
            inner.register(cx.waker());
            *polls.borrow_mut() += 1;
            match *polls.borrow() {
                1 => Poll::Pending,
                polls => Poll::Ready(Ok::<_, ()>(polls)),
            }
        })
    }));
    let mut task = tokio_test::task::spawn(service.call(()));
    assert!(task.poll().is_pending());
    assert!(!task.is_woken());
    thread::spawn(move || waker.wake()).join().expect("no panic");
    assert!(task.is_woken());
    assert_eq!(task.poll(), Poll::Ready(Ok(2)));
}
