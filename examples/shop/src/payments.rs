//! Where the money is.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use http::StatusCode;

pub(crate) fn router() -> Router {
    Router::new()
        .route("/charges/{amount}", post(charge))
        .route("/receipts/{number}", get(receipt))
}

async fn charge(Path(amount): Path<u32>) -> StatusCode {
    if amount == 25 {
        // The bank that vases are paid through is down today.
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::CREATED
}

async fn receipt(Path(number): Path<u32>) -> String {
    format!("receipt {number}: paid")
}
