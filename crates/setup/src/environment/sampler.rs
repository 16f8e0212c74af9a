//! `OTEL_TRACES_SAMPLER` and its argument.

use super::{Read, parsed};
use crate::Error;
use crate::samplers::Base;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The sampler that the variables name.
pub(crate) fn named(read: Read<'_>) -> Result<Option<Base>, Error> {
    let Some(value) = read(SAMPLER) else {
        // An argument without a sampler is the argument of nothing.
        return Ok(None);
    };
    let base = match value.trim() {
        "always_on" => Base::AlwaysOn,
        "always_off" => Base::AlwaysOff,
        "traceidratio" => Base::Ratio(argument(read)?),
        "parentbased_always_on" => Base::ParentBased(1.0),
        "parentbased_always_off" => Base::ParentBased(0.0),
        "parentbased_traceidratio" => Base::ParentBased(argument(read)?),
        _ => {
            return Err(Error::Setting {
                name: SAMPLER,
                value,
                allowed: "`always_on`, `always_off`, `traceidratio`, `parentbased_always_on`, \
                          `parentbased_always_off` or `parentbased_traceidratio`; give another sampler to `with_sampler`"
                    .into(),
            });
        }
    };
    Ok(Some(base))
}

/// The argument; 1 unless set.
fn argument(read: Read<'_>) -> Result<f64, Error> {
    read(ARGUMENT).map_or(Ok(1.0), |value| ratio(ARGUMENT, value))
}

/// A ratio, and who gave it.
pub(crate) fn ratio(name: &'static str, value: String) -> Result<f64, Error> {
    const ALLOWED: &str = "a ratio from 0 to 1";
    let ratio = parsed(name, value.clone(), ALLOWED)?;
    match (0.0..=1.0).contains(&ratio) {
        true => Ok(ratio),
        false => Err(Error::Setting {
            name,
            value,
            allowed: ALLOWED.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    #[test]
    fn the_standard_names_are_known() {
        let named = |sampler, argument| {
            let set = [(SAMPLER, sampler), (ARGUMENT, argument)];
            named(&variables(&set)).ok().flatten()
        };
        assert_eq!(named("always_on", "0.5"), Some(Base::AlwaysOn));
        assert_eq!(named("always_off", "0.5"), Some(Base::AlwaysOff));
        assert_eq!(named("traceidratio", "0.5"), Some(Base::Ratio(0.5)));
        assert_eq!(named("parentbased_always_on", "0.5"), Some(Base::ParentBased(1.0)));
        assert_eq!(named("parentbased_always_off", "0.5"), Some(Base::ParentBased(0.0)));
        assert_eq!(named("parentbased_traceidratio", "0.5"), Some(Base::ParentBased(0.5)));
    }

    #[test]
    fn the_argument_is_one_unless_set_and_belongs_to_a_ratio() {
        assert_eq!(
            named(&variables(&[(SAMPLER, "traceidratio")])).ok().flatten(),
            Some(Base::Ratio(1.0))
        );
        assert_eq!(named(&variables(&[(ARGUMENT, "0.5")])).ok(), Some(None));
    }

    #[test]
    fn a_wrong_sampler_or_argument_is_an_error() {
        for (sampler, argument, start) in [
            ("sometimes", "1", "OTEL_TRACES_SAMPLER is `sometimes`"),
            ("jaeger_remote", "1", "OTEL_TRACES_SAMPLER is `jaeger_remote`"),
            ("traceidratio", "10%", "OTEL_TRACES_SAMPLER_ARG is `10%`"),
            ("parentbased_traceidratio", "1.5", "OTEL_TRACES_SAMPLER_ARG is `1.5`"),
            ("traceidratio", "-0.1", "OTEL_TRACES_SAMPLER_ARG is `-0.1`"),
            ("traceidratio", "NaN", "OTEL_TRACES_SAMPLER_ARG is `NaN`"),
        ] {
            let set = [(SAMPLER, sampler), (ARGUMENT, argument)];
            let error = named(&variables(&set)).expect_err(sampler).to_string();
            assert!(error.starts_with(start), "{error}");
            assert!(
                error.contains("parentbased_always_on") || error.contains("from 0 to 1"),
                "{error}"
            );
        }
    }
}
