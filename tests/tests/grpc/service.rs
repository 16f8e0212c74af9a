//! The service of the tests, which does as it is told.

use std::future::pending;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::Notify;
use tonic::{Code, Request, Response, Status, Streaming};
use tower_telemetry_tests::SECRET;

use crate::proto::order::Then;
use crate::proto::streams_client::StreamsClient;
use crate::proto::streams_server::Streams;
use crate::proto::{Item, Onward, Order, Panic, Silence};
use crate::site::Traced;

#[derive(Clone, Default)]
pub(crate) struct Service {
    /// Told when a handler falls silent.
    pub(crate) silent: Arc<Notify>,
    /// The next server.
    pub(crate) next: Option<StreamsClient<Traced>>,
}

type Items = BoxStream<'static, Result<Item, Status>>;

impl Order {
    /// So many items, and then `OK`.
    pub(crate) fn items(items: u32) -> Self {
        Order { items, then: None }
    }

    pub(crate) fn with_code(code: Code) -> Self {
        Self::items(0).and_code(code)
    }

    pub(crate) fn and_code(mut self, code: Code) -> Self {
        self.then = Some(Then::Code(code.into()));
        self
    }

    pub(crate) fn and_silence(mut self) -> Self {
        self.then = Some(Then::Silence(Silence {}));
        self
    }

    pub(crate) fn and_onward(mut self) -> Self {
        self.then = Some(Then::Onward(Onward {}));
        self
    }

    pub(crate) fn and_panic(mut self) -> Self {
        self.then = Some(Then::Panic(Panic {}));
        self
    }
}

impl Service {
    /// The end of what was ordered, after its items.
    async fn end(self, order: Order) -> Result<(), Status> {
        match order.then {
            None | Some(Then::Code(0)) => Ok(()),
            Some(Then::Code(code)) => Err(Status::new(code.into(), format!("{SECRET}\n\u{1b}[31m"))),
            Some(Then::Silence(_)) => {
                self.silent.notify_one();
                pending().await
            }
            Some(Then::Panic(_)) => panic!("{SECRET}"),
            Some(Then::Onward(_)) => {
                let mut next = self.next.expect("a next server");
                next.unary(Order::items(1)).await.map(drop)
            }
        }
    }

    fn items(self, order: Order) -> Items {
        let items = stream::iter((0..order.items).map(|_| Ok(Item {})));
        let end = stream::once(self.end(order)).try_filter_map(async |()| Ok(None));
        items.chain(end).boxed()
    }
}

#[tonic::async_trait]
impl Streams for Service {
    type PullStream = Items;
    type TalkStream = Items;

    async fn unary(&self, order: Request<Order>) -> Result<Response<Item>, Status> {
        self.clone().end(order.into_inner()).await?;
        let mut item = Response::new(Item {});
        item.metadata_mut()
            .insert("x-region", tonic::metadata::MetadataValue::from_static("eu"));
        Ok(item)
    }

    async fn pull(&self, order: Request<Order>) -> Result<Response<Items>, Status> {
        Ok(Response::new(self.clone().items(order.into_inner())))
    }

    async fn push(&self, orders: Request<Streaming<Order>>) -> Result<Response<Item>, Status> {
        let mut orders = orders.into_inner();
        while let Some(order) = orders.message().await? {
            self.clone().end(order).await?;
        }
        Ok(Response::new(Item {}))
    }

    async fn talk(&self, orders: Request<Streaming<Order>>) -> Result<Response<Items>, Status> {
        let service = self.clone();
        let items = orders.into_inner().map_ok(move |order| service.clone().items(order));
        Ok(Response::new(items.try_flatten().boxed()))
    }
}
