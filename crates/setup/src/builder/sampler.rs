//! The sampler that a builder ends up with.

use opentelemetry_sdk::trace::{Sampler, ShouldSample};

use super::sampling::{Branches, Sampling};
use crate::environment::{self, Read};
#[cfg(feature = "sampling-file")]
use crate::samplers::Watched;
use crate::samplers::{Base, Rules};
use crate::{Error, Profile};

/// The sampler, and what is known of it.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) sampler: Box<dyn ShouldSample>,
    pub(super) description: String,
    /// Whether it is known to sample nothing that begins here.
    pub(super) never: bool,
    #[cfg(feature = "sampling-file")]
    pub(super) file: Option<Watched>,
}

/// What is said in code, else in the environment, else by the profile.
pub(super) fn resolve(
    code: Option<Sampling>,
    branches: Option<Branches>,
    profile: Option<Profile>,
    read: Read<'_>,
) -> Result<Resolved, Error> {
    #[cfg(feature = "sampling-file")]
    let mut file = None;
    let by_rules = |rules: Rules, from: String| {
        let never = rules.is_never();
        (Box::new(rules) as Box<dyn ShouldSample>, true, from, never)
    };
    let by_name = |base: Base, from: &str| {
        let description = format!("{base} ({from})");
        (base.root(), base.is_parent_based(), description, base.is_never())
    };
    let (root, parent_based, mut description, never) = match code {
        Some(Sampling::Sampler(sampler)) => {
            let description = format!("{sampler:?} (in code)");
            (sampler, false, description, false)
        }
        Some(Sampling::Ratio(ratio)) => {
            let ratio = environment::sampler::ratio("TelemetryBuilder::with_sampling_ratio", ratio.to_string())?;
            by_name(Base::ParentBased(ratio), "in code")
        }
        Some(Sampling::Rules(rules)) => {
            let description = format!("by rules, for the traces that begin here (in code)\n{rules}");
            by_rules(rules, description)
        }
        #[cfg(feature = "sampling-file")]
        Some(Sampling::File(path)) => {
            let watched = Watched::start(path)?;
            let rules = watched.rules().clone();
            let path = watched.path().display();
            let description = format!("by rules, for the traces that begin here (in {path})\n{rules}");
            file = Some(watched);
            by_rules(rules, description)
        }
        None => match (environment::sampler::named(read)?, profile) {
            (Some(base), _) => by_name(base, "OTEL_TRACES_SAMPLER"),
            (None, Some(profile)) => by_name(profile.sampler(), &format!("profile {profile}")),
            (None, None) => by_name(Base::ParentBased(1.0), "default"),
        },
    };
    let sampler = match branches {
        Some(branches) => {
            description.push_str("\nwith branches set in code");
            Box::new(branches(Sampler::parent_based(root)))
        }
        None if parent_based => Box::new(Sampler::parent_based(root)),
        None => root,
    };
    Ok(Resolved {
        sampler,
        description,
        never,
        #[cfg(feature = "sampling-file")]
        file,
    })
}

#[cfg(test)]
mod tests {
    use opentelemetry::Context;
    use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState};
    use opentelemetry_sdk::trace::SamplingDecision;

    use super::*;
    use crate::environment::tests::variables;

    /// Of the traces whose ids are evenly spread, how many in a thousand.
    fn per_thousand(sampler: &dyn ShouldSample, parent: Option<&Context>) -> u64 {
        let step = u128::from(u64::MAX) / 1_000;
        let share = |at: u64| TraceId::from((u128::from(at) * step + step / 2) + (1 << 100));
        let sampled = (0..1_000).filter(|at| {
            let result = sampler.should_sample(parent, share(*at), "GET", &SpanKind::Server, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        });
        sampled.count() as u64
    }

    fn parent(remote: bool, flags: TraceFlags) -> Context {
        let span = SpanContext::new(TraceId::from(1), SpanId::from(1), flags, remote, TraceState::NONE);
        Context::new().with_remote_span_context(span)
    }

    fn of(code: Option<Sampling>, profile: Option<Profile>, set: &[(&str, &str)]) -> Resolved {
        resolve(code, None, profile, &variables(set)).expect("nothing is wrong")
    }

    #[test]
    fn each_profile_has_its_share_and_all_but_development_follow_parents() {
        let on = parent(true, TraceFlags::SAMPLED);
        let off = parent(true, TraceFlags::default());
        for (profile, expected, below_unsampled) in [
            (None, 1_000, 0),
            (Some(Profile::Development), 1_000, 1_000),
            (Some(Profile::Staging), 100, 0),
            (Some(Profile::Production), 10, 0),
        ] {
            let sampler = of(None, profile, &[]).sampler;
            assert_eq!(per_thousand(&*sampler, None), expected, "{profile:?}");
            assert_eq!(per_thousand(&*sampler, Some(&on)), 1_000, "{profile:?}");
            assert_eq!(per_thousand(&*sampler, Some(&off)), below_unsampled, "{profile:?}");
        }
    }

    #[test]
    fn code_comes_before_the_environment_and_that_before_the_profile() {
        let set = [
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
        ];
        let production = Some(Profile::Production);
        assert_eq!(per_thousand(&*of(None, production, &set).sampler, None), 500);
        let in_code = of(Some(Sampling::Ratio(0.2)), production, &set);
        assert_eq!(per_thousand(&*in_code.sampler, None), 200);
        assert!(in_code.description.ends_with("(in code)"), "{}", in_code.description);
    }

    #[test]
    fn a_ratio_that_is_none_is_an_error() {
        for (ratio, written) in [(10.0, "10"), (-0.5, "-0.5"), (f64::NAN, "NaN")] {
            let wrong = resolve(Some(Sampling::Ratio(ratio)), None, None, &|_| None).expect_err(written);
            let expected =
                format!("TelemetryBuilder::with_sampling_ratio is `{written}`, but it has to be a ratio from 0 to 1");
            assert_eq!(wrong.to_string(), expected);
        }
    }

    #[test]
    fn each_of_the_five_branches_can_be_set() {
        let ratio = Sampler::TraceIdRatioBased;
        let branches: Branches = Box::new(move |sampler| {
            sampler
                .with_remote_parent_sampled(ratio(0.1))
                .with_remote_parent_not_sampled(ratio(0.2))
                .with_local_parent_sampled(ratio(0.3))
                .with_local_parent_not_sampled(ratio(0.4))
        });
        let resolved = resolve(Some(Sampling::Ratio(0.5)), Some(branches), None, &|_| None);
        let sampler = resolved.expect("nothing is wrong").sampler;
        let (on, off) = (TraceFlags::SAMPLED, TraceFlags::default());
        assert_eq!(per_thousand(&*sampler, None), 500);
        assert_eq!(per_thousand(&*sampler, Some(&parent(true, on))), 100);
        assert_eq!(per_thousand(&*sampler, Some(&parent(true, off))), 200);
        assert_eq!(per_thousand(&*sampler, Some(&parent(false, on))), 300);
        assert_eq!(per_thousand(&*sampler, Some(&parent(false, off))), 400);
    }

    #[test]
    fn a_sampler_that_samples_nothing_is_known() {
        assert!(of(None, None, &[("OTEL_TRACES_SAMPLER", "always_off")]).never);
        assert!(of(Some(Sampling::Ratio(0.0)), None, &[]).never);
        assert!(of(Some(Sampling::Rules(Rules::otherwise(0.0))), None, &[]).never);
        assert!(!of(None, Some(Profile::Production), &[]).never);
    }
}
