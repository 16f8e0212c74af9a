//! Who makes the call, and drops it in the end.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use http::{Request, Response};
use http_body::Body;
use hyper::body::Bytes;
use tower::Service;
use tower_telemetry_testkit::ScriptError;

use crate::plan::{Action, Drop, Plan, ServiceFailed};

/// What the caller saw: what each poll brought, how often its task was woken, and whether it unwound.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    polled: Vec<String>,
    wakes: usize,
    unwound: bool,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Makes the call as planned. A body is polled on after its end, too, but not after a panic.
pub(crate) fn make<S, B>(plan: &Plan, mut service: S) -> Seen
where
    S: Service<Request<()>, Response = Response<B>, Error = ServiceFailed>,
    B: Body<Data = Bytes, Error = ScriptError> + Unpin,
{
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let mut request = Request::new(());
    *request.method_mut() = plan.method.clone();
    let mut polled = Vec::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut future = pin!(service.call(request));
        let mut body = None;
        for action in &plan.caller {
            match (action, &mut body) {
                (Action::Wake, _) => waker.wake_by_ref(),
                (Action::Poll, None) => match future.as_mut().poll(&mut cx) {
                    Poll::Ready(Ok(answer)) => {
                        let (head, answered) = answer.into_parts();
                        polled.push(format!("{head:?}"));
                        body = Some(answered);
                    }
                    Poll::Ready(Err(ServiceFailed)) => {
                        polled.push(String::from("failed"));
                        break;
                    }
                    Poll::Pending => polled.push(String::from("pending")),
                },
                (Action::Poll, Some(body)) => {
                    let frame = Pin::new(&mut *body).poll_frame(&mut cx);
                    let (end, hint) = (body.is_end_stream(), body.size_hint());
                    polled.push(format!("{frame:?}, {end}, {hint:?}"));
                }
            }
        }
        if plan.drop == Drop::WhileUnwinding {
            resume_unwind(Box::new("something else"));
        }
    }))
    .is_err();
    Seen {
        polled,
        wakes: wakes.0.load(Ordering::Relaxed),
        unwound,
    }
}
