//! Unary calls and the three kinds of streams, attribute by attribute.

use futures_util::{TryStreamExt, stream};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use tonic::Code;
use tower_telemetry_testkit::spans::{attributes, is_parent};

use crate::proto::{Item, Order};
use crate::site::{Site, outcomes};

const KINDS: [&str; 4] = ["Unary", "Pull", "Push", "Talk"];

/// Calls the method of this kind, and reads its answer to the end.
async fn call(site: &Site, kind: &str, order: Order) -> Result<Vec<Item>, tonic::Status> {
    let mut client = site.client();
    match kind {
        "Unary" => Ok(vec![client.unary(order).await?.into_inner()]),
        "Pull" => client.pull(order).await?.into_inner().try_collect().await,
        "Push" => Ok(vec![client.push(stream::iter([order])).await?.into_inner()]),
        _ => {
            client
                .talk(stream::iter([order]))
                .await?
                .into_inner()
                .try_collect()
                .await
        }
    }
}

/// All attributes but the peer's, which is there.
fn attributes_of_server(span: &SpanData) -> Vec<String> {
    let mut attributes = attributes(span);
    let peer: Vec<_> = attributes
        .extract_if(.., |line| line.starts_with("network.peer."))
        .collect();
    assert_eq!((peer.len(), &*peer[0]), (2, "network.peer.address=127.0.0.1"));
    attributes
}

#[tokio::test]
async fn each_kind_of_call_is_one_span_on_either_side() {
    for kind in KINDS {
        let site = Site::open().await;
        call(&site, kind, Order::items(3)).await.expect("it is served");

        let (called, served) = site.spans().await;
        let method = format!("tests.v1.Streams/{kind}");
        for (span, span_kind) in [(&called, SpanKind::Client), (&served, SpanKind::Server)] {
            assert_eq!((&*span.name, &span.span_kind), (&*method, &span_kind));
            assert_eq!(
                (&span.status, span.events.len(), span.links.len()),
                (&Status::Unset, 0, 0)
            );
        }
        let port = site.address.port();
        let expected = [
            format!("rpc.method={method}"),
            "rpc.response.status_code=OK".to_owned(),
            "rpc.system.name=grpc".to_owned(),
            "server.address=127.0.0.1".to_owned(),
            format!("server.port:{port}"),
        ];
        assert_eq!(attributes(&called), expected);
        assert_eq!(attributes_of_server(&served), expected);
    }
}

#[tokio::test]
async fn an_internal_error_is_one_on_both_sides_wherever_its_status_stands() {
    for kind in KINDS {
        for items in [0, 2] {
            let site = Site::open().await;
            let order = Order::items(items).and_code(Code::Internal);
            let error = call(&site, kind, order).await.expect_err("it fails");
            assert_eq!(error.code(), Code::Internal);
            assert_eq!(outcomes(&site).await, ["INTERNAL INTERNAL"; 2], "{kind} {items}");
        }
    }
}

#[tokio::test]
async fn an_errors_attributes_are_the_same_and_its_type() {
    let site = Site::open().await;
    call(&site, "Pull", Order::items(1).and_code(Code::NotFound))
        .await
        .expect_err("it fails");
    let (called, served) = site.spans().await;
    let port = site.address.port();
    let common = [
        "rpc.method=tests.v1.Streams/Pull".to_owned(),
        "rpc.response.status_code=NOT_FOUND".to_owned(),
        "rpc.system.name=grpc".to_owned(),
        "server.address=127.0.0.1".to_owned(),
        format!("server.port:{port}"),
    ];
    assert_eq!(
        attributes(&called),
        [&["error.type=NOT_FOUND".to_owned()][..], &common].concat()
    );
    assert_eq!(called.status, Status::error(""));
    // A caller's mistake is not the server's.
    assert_eq!(attributes_of_server(&served), common);
    assert_eq!(served.status, Status::Unset);
}

#[tokio::test]
async fn a_clients_span_lasts_as_long_as_its_stream() {
    let site = Site::open().await;
    let mut items = site.client().pull(Order::items(2)).await.expect("a head").into_inner();
    for _ in 0..2 {
        items.message().await.expect("no error").expect("an item");
        assert_eq!(site.called.spans().len(), 0);
    }
    assert_eq!(items.message().await.expect("no error"), None);
    assert_eq!(site.called.spans().len(), 1);
}

#[tokio::test]
async fn a_call_made_in_a_handler_or_in_its_stream_is_a_child_of_its_span() {
    for kind in KINDS {
        let next = Site::open().await;
        let site = Site::before(&next).await;
        call(&site, kind, Order::items(1).and_onward())
            .await
            .expect("it is served");
        let (_, served) = site.spans().await;
        let (onward, last) = next.spans().await;
        assert!(is_parent(&served, &onward), "{kind}");
        assert_eq!(served.span_context.trace_id(), last.span_context.trace_id());
    }
}

#[tokio::test]
async fn a_handlers_panic_is_the_servers_error_and_its_clients() {
    for (kind, order) in [
        ("Unary", Order::items(0)),
        ("Pull", Order::items(1)),
        ("Talk", Order::items(1)),
    ] {
        let site = Site::open().await;
        call(&site, kind, order.and_panic())
            .await
            .expect_err("the connection breaks");
        let [called, served] = outcomes(&site).await;
        // The method was never replied to.
        assert_eq!(served, "UNKNOWN panic");
        assert!(!called.ends_with(" -"), "an error of the client: {called}");
    }
}
