//! Calls that are given up.

use futures_util::{StreamExt, stream};
use tower_telemetry_testkit::spans::text;
use tower_telemetry_tests::ended;

use crate::proto::Order;
use crate::site::{Site, outcomes};

const CANCELLED: &str = "CANCELLED -";

#[tokio::test]
async fn a_stream_that_its_reader_drops_is_cancelled_and_no_error() {
    let site = Site::open().await;
    let order = Order::items(1).and_silence();
    let mut items = site.client().pull(order).await.expect("a head").into_inner();
    items.message().await.expect("no error").expect("an item");
    drop(items);
    assert_eq!(outcomes(&site).await, [CANCELLED; 2]);
    let (_, served) = site.spans().await;
    assert_eq!(served.name, "tests.v1.Streams/Pull", "learned, as it had begun");
}

#[tokio::test]
async fn a_call_that_is_dropped_before_its_answer_is_cancelled_and_no_error() {
    let site = Site::open().await;
    let mut client = site.client();
    tokio::select! {
        answer = client.unary(Order::items(0).and_silence()) => panic!("{answer:?}"),
        () = site.silent.notified() => {}
    }
    assert_eq!(outcomes(&site).await, [CANCELLED; 2]);
}

#[tokio::test]
async fn a_stream_of_requests_that_breaks_off_is_cancelled() {
    let site = Site::open().await;
    let mut client = site.client();
    let orders = stream::iter([Order::items(0).and_silence()]).chain(stream::pending());
    tokio::select! {
        answer = client.push(orders) => panic!("{answer:?}"),
        () = site.silent.notified() => {}
    }
    assert_eq!(outcomes(&site).await, [CANCELLED; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_both_ways_end_once_whoever_ends_them_first() {
    const CALLS: usize = 200;
    let site = Site::open().await;
    // Known from here on.
    let items = site
        .client()
        .talk(stream::iter([Order::items(1)]))
        .await
        .expect("a head");
    assert_eq!(items.into_inner().count().await, 1);

    let calls = (0..CALLS).map(|call| {
        let mut client = site.client();
        tokio::spawn(async move {
            let last = if call % 2 == 0 {
                Order::items(1)
            } else {
                Order::with_code(tonic::Code::Aborted)
            };
            let orders = stream::iter([Order::items(2), last]);
            let items = client.talk(orders).await.expect("a head").into_inner();
            // Some drop it at once, some in the midst, some as the trailers come, some after them.
            items.take(call % 5).for_each(async |_| {}).await;
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic");
    }
    for recorder in [&site.called, &site.served] {
        for span in ended(recorder, CALLS + 1).await {
            let code = text(&span, "rpc.response.status_code").expect("a status");
            assert!(["OK", "ABORTED", "CANCELLED"].contains(&&*code), "{code}");
            assert_eq!(span.name, "tests.v1.Streams/Talk");
        }
    }
}
