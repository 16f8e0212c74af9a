//! A real server on loopback.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::PATIENCE;

/// An axum server of HTTP/1 and HTTP/2. It serves until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Serves this router on a port that is free.
    ///
    /// # Panics
    ///
    /// Without a free port on loopback.
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        // Small frames do not wait for each other.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket option"));
        let (stop, stopped) = oneshot::channel();
        let app = router.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, app).with_graceful_shutdown(async {
            // Dropped means stopped, too.
            let _ = stopped.await;
        });
        Server {
            address,
            stop,
            served: tokio::spawn(serve.into_future()),
        }
    }

    /// Ends, once every connection has ended.
    ///
    /// # Panics
    ///
    /// When a connection does not end in time.
    pub async fn stop(self) {
        drop(self.stop);
        let served = timeout(PATIENCE, self.served).await.expect("its connections end");
        served.expect("it does not panic").expect("it served");
    }
}
