//! The server layer on a bare hyper service.

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::{Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tower::{Layer, service_fn};
use tower_telemetry::semconv::Route;
use tower_telemetry::setup::{Telemetry, Waterfall};

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from(format!(
        "you asked for {}\n",
        request.uri().path()
    ))))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _telemetry = Telemetry::builder("bare")
        .with_waterfall(Waterfall::stdout())
        .install()?;

    let traced = tower_telemetry::server().layer(service_fn(answer));
    // Without a router nobody knows the route, unless it is said before the layer.
    let service = tower::util::MapRequest::new(traced, |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Route::new("/{path}"));
        request
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service);
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service)
            .await?;
        anyhow::Ok(())
    });

    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let response = client.get(format!("http://{address}/lamp").parse()?).await?;
    println!("{}", response.status());
    Ok(())
}
