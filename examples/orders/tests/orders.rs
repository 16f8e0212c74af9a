//! The example as its readers run it.

use std::process::Command;

#[test]
fn three_orders_are_three_traces_with_what_was_chosen_to_be_said() {
    let output = Command::new(env!("CARGO_BIN_EXE_orders"))
        .env("NO_COLOR", "1")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let traces: Vec<_> = text.split("\n\ntrace ").skip(1).collect();
    let of = |order: &str| {
        let mut found = traces.iter().filter(|trace| trace.contains(order));
        match (found.next(), found.next()) {
            (Some(trace), None) => *trace,
            _ => panic!("not one trace of {order} in:\n{text}"),
        }
    };
    let (paid, declined, empty) = (of("order.id = o-1"), of("order.id = o-2"), of("order.id = o-3"));
    assert_says(
        paid,
        &[
            "· orders order.process",
            "├─ · orders order.validation",
            "├─ · orders order.payment",
            "│  └─ → orders bank.charge",
            "├─ → orders INSERT orders",
            "└─ · orders receipt.send",
            "order.process: order.id = o-1, order.items = 2, result = 4713\n",
            "order.payment: order.id = o-1, amount = 42.5\n",
            "db.system.name = postgresql",
            "receipt.send: receipt = 4713",
        ],
    );
    assert_says(
        declined,
        &[
            "└─ · orders order.payment",
            "order.process: order.id = o-2, order.items = 1, error.type = card_declined\n",
            "bank.charge: amount = 900, error.type = card_declined",
        ],
    );
    assert_says(empty, &["order.validation: order.total = 0, error.type = order_empty"]);
    for secret in ["visa", "stolen"] {
        assert!(!text.contains(secret), "the card was not chosen to be recorded");
    }
}

#[track_caller]
fn assert_says(trace: &str, lines: &[&str]) {
    for line in lines {
        assert!(trace.contains(line), "{line:?} in:\n{trace}");
    }
}
