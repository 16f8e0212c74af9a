//! What our layers may cost.

use crate::ours;

/// Instructions and allocations that a layer may add to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) instructions: u32,
    pub(crate) allocations: u32,
}

/// What a layer may cost more in axum, which boxes its service, its future and its body for each call.
const AXUM: Target = Target {
    instructions: 1_073,
    allocations: 3,
};

/// The target of a contender of ours.
#[expect(clippy::match_same_arms, reason = "a table, with a line for each case")]
pub(crate) fn target(case: &str, contender: &str) -> Option<Target> {
    let target = |instructions, allocations| Target {
        instructions,
        allocations,
    };
    Some(match (case, contender) {
        ("S1", ours::GIVEN) => target(5_000, 5),
        ("S1", ours::GLOBAL) => target(5_150, 6),
        ("S1", ours::GIVEN_AXUM) => target(5_000, 5).in_axum(),
        ("S1", ours::FOREIGN) => target(8_500, 9),
        ("S2" | "C2", ours::GIVEN) => target(2_100, 2),
        ("S2", ours::GLOBAL) => target(2_400, 3),
        ("S2", ours::GIVEN_AXUM) => target(2_100, 2).in_axum(),
        ("S3", ours::OFF) => target(400, 0),
        ("S3", ours::OFF_AXUM) => target(400, 0).in_axum(),
        ("S3p", ours::UNTOLD) => target(1_400, 2),
        ("S3p", ours::UNTOLD_AXUM) => target(1_400, 2).in_axum(),
        ("C1", ours::GIVEN) => target(6_000, 7),
        ("M1", ours::METRICS) => target(500, 0),
        ("M1", ours::METRICS_AXUM) => target(500, 0).in_axum(),
        ("C1", ours::REQWEST) => target(10_500, 12),
        ("C2", ours::REQWEST) => target(6_800, 9),
        ("SAN", ours::SET) => target(600, 0),
        // With the limits of a span, keys that stand there twice, and the names.
        ("SAN", ours::EXPORTED) => target(950, 0),
        ("SL", ours::SLOW | ours::SLOW_PLAIN) => target(450, 0),
        ("SLp", ours::SLOW | ours::SLOW_PLAIN) => target(600, 0),
        ("ALL", ours::FUSED) => target(6_500, 6),
        ("ALL", ours::FUSED_AXUM) => target(8_000, 9),
        // Whoever takes them apart pays for the parts.
        ("ALL", ours::STACKED) => target(9_900, 6),
        ("ALL", ours::STACKED_AXUM) => target(11_400, 9),
        // A tenth more than by hand.
        ("F1", ours::FUNCTION) => target(2_929, 5),
        ("F1a", ours::ASYNC_FUNCTION) => target(2_967, 5),
        ("F1", ours::BUSINESS_SPAN) => target(3_900, 5),
        ("F2", ours::FUNCTION) | ("F2a", ours::ASYNC_FUNCTION) => target(400, 0),
        ("F2", ours::BUSINESS_SPAN) => target(600, 0),
        ("F3", ours::FUNCTION) => target(1_700, 2),
        ("frame" | "frame2", ours::FRAME) => target(250, 0),
        _ => return None,
    })
}

/// Bytes that a call in flight may hold.
pub(crate) fn bytes(case: &str) -> Option<usize> {
    match case {
        "held" | "heldALL" => Some(2048),
        "held2" | "held2ALL" => Some(512),
        "heldSL" => Some(200),
        _ => None,
    }
}

impl Target {
    fn in_axum(self) -> Self {
        Target {
            instructions: self.instructions + AXUM.instructions,
            allocations: self.allocations + AXUM.allocations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Task, Whose};
    use crate::cases::cases;

    #[test]
    fn each_contender_of_ours_has_a_target() {
        for case in cases() {
            for contender in case
                .contenders
                .iter()
                .filter(|contender| contender.whose == Whose::Ours)
            {
                let has_one = match contender.task {
                    Task::Calls(_) => target(case.name, contender.name).is_some(),
                    Task::Waiting(_) => bytes(case.name).is_some(),
                };
                assert!(has_one, "{}, {}", case.name, contender.name);
            }
        }
    }
}
