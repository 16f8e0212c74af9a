//! Calls at random: each is seen by its observer as the documented rules say, and by its caller as if nobody watched.

mod caller;
mod plan;
mod rules;

use http::Request;
use proptest::prelude::*;
use tower::{Layer, service_fn};
use tower_telemetry_observe::ObserveLayer;
use tower_telemetry_testkit::{Journal, MethodAndStatus};

use plan::{planned, plans};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_call_is_seen_as_the_rules_say_and_as_if_unwatched(plan in plans()) {
        let journal = Journal::new();
        let service = || service_fn(|_: Request<()>| planned(&plan));
        let watched = ObserveLayer::new(MethodAndStatus, journal.clone()).layer(service());
        let seen = caller::make(&plan, watched);
        prop_assert_eq!(journal.entries(), rules::Model::of(&plan));
        prop_assert_eq!(seen, caller::make(&plan, service()));
    }
}
