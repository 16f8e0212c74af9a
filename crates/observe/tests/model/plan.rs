//! What is to happen in a call, at random.

use std::panic::resume_unwind;
use std::task::Poll;

use http::header::CONTENT_LENGTH;
use http::{Method, Response, StatusCode};
use http_body::SizeHint;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tower_telemetry_testkit::{EndFlag, Script, Step};

/// All there is to know of a call beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) method: Method,
    pub(crate) call: Called,
    pub(crate) waits: usize,
    pub(crate) future: Future,
    pub(crate) status: StatusCode,
    pub(crate) length: Option<String>,
    pub(crate) hint: Option<u64>,
    pub(crate) body: Vec<Step>,
    pub(crate) flag: EndFlag,
    pub(crate) caller: Vec<Action>,
    pub(crate) drop: Drop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Called {
    Returns,
    Panics,
}

/// What the future does when it has waited.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Future {
    Answers,
    Fails,
    Panics,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    Poll,
    Wake,
}

/// How the caller drops what it has, after its last action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Drop {
    Plainly,
    WhileUnwinding,
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let methods = [Method::GET, Method::POST, Method::HEAD, Method::CONNECT];
    let statuses = [100, 101, 103, 200, 204, 206, 299, 304, 404, 407, 500, 599];
    let step = prop_oneof![
        8 => (0..6_usize).prop_map(Step::Data),
        3 => Just(Step::Wait),
        1 => Just(Step::Stall),
        1 => Just(Step::trailer("grpc-status", "0")),
        1 => Just(Step::Fail),
        1 => Just(Step::Panic),
        1 => Just(Step::End),
    ];
    let length = prop_oneof![
        9 => (0..16_u64).prop_map(|length| length.to_string()),
        1 => Just(String::from("unreadable")),
    ];
    let flag = prop_oneof![
        6 => Just(EndFlag::Never),
        3 => Just(EndFlag::AfterLastStep),
        1 => Just(EndFlag::Always),
    ];
    let called = prop_oneof![19 => Just(Called::Returns), 1 => Just(Called::Panics)];
    let future = prop_oneof![
        8 => Just(Future::Answers),
        1 => Just(Future::Fails),
        1 => Just(Future::Panics),
    ];
    let action = prop_oneof![4 => Just(Action::Poll), 1 => Just(Action::Wake)];
    let drop = prop_oneof![Just(Drop::Plainly), Just(Drop::WhileUnwinding)];
    let request = (select(methods.to_vec()), called, 0..3_usize, future);
    let head = (select(statuses.to_vec()), option::of(length), option::of(0..16_u64));
    let caller = (vec(action, 0..16), drop);
    (request, head, vec(step, 0..7), flag, caller).prop_map(
        |((method, call, waits, future), (status, length, hint), body, flag, (caller, drop))| Plan {
            method,
            call,
            waits,
            future,
            status: StatusCode::from_u16(status).expect("a status"),
            length,
            hint,
            body,
            flag,
            caller,
            drop,
        },
    )
}

pub(crate) struct ServiceFailed;

pub(crate) fn planned(plan: &Plan) -> impl std::future::Future<Output = Result<Response<Script>, ServiceFailed>> {
    if plan.call == Called::Panics {
        resume_unwind(Box::new("in call"));
    }
    let mut waits = 0..plan.waits;
    std::future::poll_fn(move |cx| {
        if waits.next().is_some() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match plan.future {
            Future::Answers => Poll::Ready(Ok(answer(plan))),
            Future::Fails => Poll::Ready(Err(ServiceFailed)),
            Future::Panics => resume_unwind(Box::new("in the future")),
        }
    })
}

fn answer(plan: &Plan) -> Response<Script> {
    let mut body = Script::new(plan.body.clone()).with_end_flag(plan.flag);
    if let Some(hint) = plan.hint {
        body = body.with_size_hint(SizeHint::with_exact(hint));
    }
    let mut response = Response::builder().status(plan.status);
    if let Some(length) = &plan.length {
        response = response.header(CONTENT_LENGTH, length);
    }
    response.body(body).expect("valid")
}
