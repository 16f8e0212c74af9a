//! One business operation, from top to bottom: an order is validated, paid and shipped, and its receipt is sent afterwards.
//!
//! `cargo run -p orders` processes three orders, one good, one declined, one empty, and prints each as a trace with its attributes.

use std::time::Duration;

use tokio::time::sleep;
use tower_telemetry::setup::{Telemetry, Trace, Waterfall};
use tower_telemetry::traced::{ErrorType, JoinSet, TracedExt, business_span, database_span, in_span, traced};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The service's name and version go with every span, as its resource.
    let telemetry = Telemetry::builder("orders")
        .with_service_version("1.4.0")
        .with_waterfall(Waterfall::to(print))
        .install()?;

    let mut afterwards = JoinSet::new();
    for order in [
        Order::new("o-1", "visa", &[("lamp", 30.0), ("shade", 12.5)]),
        Order::new("o-2", "stolen", &[("sofa", 900.0)]),
        Order::new("o-3", "visa", &[]),
    ] {
        match process_order(&order, &mut afterwards).await {
            Ok(receipt) => println!("{} is paid and shipped: receipt {receipt}", order.id),
            Err(error) => println!("{} failed: {}", order.id, error.error_type()),
        }
    }
    while afterwards.join_next().await.is_some() {}
    telemetry.shutdown()?;
    Ok(())
}

/// The operation. Of its arguments it records those that are named here, of its result the receipt's number, of an error its type.
#[traced(
    name = "order.process",
    args(order.id, order.items = order.items.len()),
    result,
    threshold = "500ms"
)]
async fn process_order(order: &Order, afterwards: &mut JoinSet<()>) -> Result<u32, OrderError> {
    validate(order)?;
    pay(order).await?;
    let receipt = store(order).await;
    // A task of its own, below this operation's span: it may go on when that has ended, and does not keep it open.
    afterwards.spawn(send_receipt(receipt));
    Ok(receipt)
}

/// A step of the business, in a closure.
fn validate(order: &Order) -> Result<(), OrderError> {
    in_span(business_span("order.validation").with_errors(), |span| {
        span.attr("order.total", order.total());
        match order.items.is_empty() {
            true => Err(OrderError::Empty),
            false => Ok(()),
        }
    })
}

/// A step of the business, around a future.
async fn pay(order: &Order) -> Result<(), OrderError> {
    let payment = business_span("order.payment")
        .attr("order.id", &order.id)
        .attr("amount", order.total())
        .with_errors();
    charge(order.card, order.total()).traced(payment).await
}

/// A call of another service, named by `{service}.{method}`. The card is not recorded: nobody chose it.
#[traced(name = "bank.charge", kind = client, args(amount))]
async fn charge(card: &str, amount: f64) -> Result<(), OrderError> {
    sleep(Duration::from_millis(20)).await;
    match card {
        "stolen" => Err(OrderError::Declined),
        _ => Ok(()),
    }
}

/// A call of a database, in the words of the semantic conventions.
async fn store(order: &Order) -> u32 {
    let insert = async {
        sleep(Duration::from_millis(5)).await;
        4711 + order.items.len() as u32
    };
    insert.traced(database_span("postgresql", "INSERT", "orders")).await
}

#[traced(name = "receipt.send", args(receipt))]
async fn send_receipt(receipt: u32) {
    sleep(Duration::from_millis(10)).await;
    let _ = receipt;
}

struct Order {
    id: String,
    card: &'static str,
    items: Vec<(&'static str, f64)>,
}

impl Order {
    fn new(id: &str, card: &'static str, items: &[(&'static str, f64)]) -> Self {
        Order {
            id: id.to_owned(),
            card,
            items: items.to_vec(),
        }
    }

    fn total(&self) -> f64 {
        self.items.iter().fold(0.0, |total, (_, price)| total + price)
    }
}

#[derive(Debug)]
enum OrderError {
    Empty,
    Declined,
}

impl ErrorType for OrderError {
    fn error_type(&self) -> &'static str {
        match self {
            OrderError::Empty => "order_empty",
            OrderError::Declined => "card_declined",
        }
    }
}

/// Prints a finished trace, and what its spans say.
fn print(trace: &Trace) {
    println!("\n{trace}");
    for span in trace.spans() {
        let attributes = span.attributes().iter();
        let said: Vec<_> = attributes
            .map(|said| format!("{} = {}", said.key, said.value))
            .collect();
        println!("   {}: {}", span.name(), said.join(", "));
    }
}
