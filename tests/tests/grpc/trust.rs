//! How far a caller is believed.

use opentelemetry::trace::SpanId;
use tower_telemetry::semconv::{Grpc, Trust};
use tower_telemetry_testkit::spans::is_parent;
use tower_telemetry_tests::ended;

use crate::proto::Order;
use crate::site::Site;

#[tokio::test]
async fn a_stranger_is_linked_or_not_looked_at() {
    for (trust, links) in [(Trust::Link, 1), (Trust::Ignore, 0)] {
        let site = Site::reading(Grpc::server().with_trust(trust)).await;
        site.client().unary(Order::items(1)).await.expect("it is served");
        let called = ended(&site.called, 1).await.remove(0);
        let served = ended(&site.served, 1).await.remove(0);
        assert!(!is_parent(&called, &served));
        assert_eq!((served.parent_span_id, served.links.len()), (SpanId::INVALID, links));
        for link in served.links.iter() {
            assert_eq!(link.span_context.span_id(), called.span_context.span_id());
        }
    }
}
