//! How large batches are, and how long they wait.

use std::fmt;
use std::time::Duration;

use crate::environment::{Read, count, milliseconds, time_limit};
use crate::{Error, Profile};

const QUEUE: usize = 2_048;
const BATCH: usize = 512;
const DELAY: Duration = Duration::from_secs(5);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

const QUEUE_VARIABLE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const BATCH_VARIABLE: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
const DELAY_VARIABLE: &str = "OTEL_BSP_SCHEDULE_DELAY";
const TIMEOUT_VARIABLE: &str = "OTEL_BSP_EXPORT_TIMEOUT";

/// How spans are gathered into batches on their way to an exporter.
///
/// What is not set here comes from the standard environment variables, then from the specification's defaults:
///
/// | option | variable | default |
/// |---|---|---|
/// | [`with_max_queue_size`](Self::with_max_queue_size) | `OTEL_BSP_MAX_QUEUE_SIZE` | 2,048 spans |
/// | [`with_max_batch_size`](Self::with_max_batch_size) | `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | 512 spans |
/// | [`with_delay`](Self::with_delay) | `OTEL_BSP_SCHEDULE_DELAY`, in milliseconds | 5 seconds; at once in [development](Profile::Development) |
/// | [`with_export_timeout`](Self::with_export_timeout) | `OTEL_BSP_EXPORT_TIMEOUT`, in milliseconds, 0 for no limit | 30 seconds |
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct Batch {
    queue: Option<usize>,
    batch: Option<usize>,
    delay: Option<Duration>,
    timeout: Option<Duration>,
}

/// The settings in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) queue: usize,
    pub(crate) batch: usize,
    pub(crate) delay: Duration,
    pub(crate) timeout: Duration,
}

impl Batch {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// No span waits for others: it is exported as soon as the exporter is done with those before it. It still happens on a
    /// thread of its own, so that no request waits either.
    pub fn immediate() -> Self {
        Self::new().with_delay(Duration::ZERO)
    }

    /// How many spans wait at most, beside the batch that is being exported. Those that find no room are lost, and counted.
    pub fn with_max_queue_size(mut self, spans: usize) -> Self {
        self.queue = Some(spans);
        self
    }

    /// How many spans are exported together at most. So many that wait are exported without a delay.
    pub fn with_max_batch_size(mut self, spans: usize) -> Self {
        self.batch = Some(spans);
        self
    }

    /// How long a span waits for others at most.
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// How long the exporter may take for a batch. One that waits longer is given up and its batch lost, and counted. One that
    /// blocks its thread instead cannot be stopped: its batch stays [pending](crate::ExportCounts::pending) while it does.
    pub fn with_export_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What is set here, else in the environment, else the default.
    pub(crate) fn resolve(self, read: Read<'_>, profile: Option<Profile>) -> Result<Limits, Error> {
        let delay = match profile {
            Some(Profile::Development) => Duration::ZERO,
            _ => DELAY,
        };
        let (queue, queue_given) =
            size(self.queue, "Batch::with_max_queue_size", QUEUE_VARIABLE, read)?.unwrap_or((QUEUE, "the default"));
        let batch = match size(self.batch, "Batch::with_max_batch_size", BATCH_VARIABLE, read)? {
            Some((batch, name)) if batch > queue => {
                return Err(Error::Setting {
                    name,
                    value: batch.to_string(),
                    allowed: format!("at most the size of the queue, which is {queue} ({queue_given})").into(),
                });
            }
            Some((batch, _)) => batch,
            None => BATCH.min(queue),
        };
        Ok(Limits {
            queue,
            batch,
            delay: match self.delay {
                Some(delay) => delay,
                None => milliseconds(read, &[DELAY_VARIABLE])?.unwrap_or(delay),
            },
            timeout: match self.timeout {
                Some(timeout) => timeout,
                None => time_limit(read, &[TIMEOUT_VARIABLE])?.unwrap_or(EXPORT_TIMEOUT),
            },
        })
    }
}

/// A size, and who gave it.
fn size(
    code: Option<usize>,
    option: &'static str,
    variable: &'static str,
    read: Read<'_>,
) -> Result<Option<(usize, &'static str)>, Error> {
    let given = match code {
        Some(size) => Some((size, option)),
        None => count(read, &[variable])?.map(|size| (size, variable)),
    };
    match given {
        Some((0, name)) => Err(Error::Setting {
            name,
            value: "0".into(),
            allowed: "at least 1 span".into(),
        }),
        given => Ok(given),
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "queue {}, batch {}, delay {:?}, export timeout {:?}",
            self.queue, self.batch, self.delay, self.timeout
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    fn resolved(batch: Batch, set: &[(&str, &str)]) -> Result<Limits, String> {
        batch.resolve(&variables(set), None).map_err(|error| error.to_string())
    }

    const DEFAULT: Limits = Limits {
        queue: 2_048,
        batch: 512,
        delay: Duration::from_secs(5),
        timeout: Duration::from_secs(30),
    };

    #[test]
    fn code_comes_before_the_environment_and_that_before_the_default() {
        let set = [
            (QUEUE_VARIABLE, "100"),
            (BATCH_VARIABLE, "10"),
            (DELAY_VARIABLE, "250"),
            (TIMEOUT_VARIABLE, "1000"),
        ];
        assert_eq!(resolved(Batch::new(), &[]), Ok(DEFAULT));
        let variables = Limits {
            queue: 100,
            batch: 10,
            delay: Duration::from_millis(250),
            timeout: Duration::from_secs(1),
        };
        assert_eq!(resolved(Batch::new(), &set), Ok(variables));
        let code = Batch::immediate()
            .with_max_queue_size(7)
            .with_max_batch_size(6)
            .with_export_timeout(Duration::from_secs(2));
        let in_code = Limits {
            queue: 7,
            batch: 6,
            delay: Duration::ZERO,
            timeout: Duration::from_secs(2),
        };
        assert_eq!(resolved(code, &set), Ok(in_code));
    }

    #[test]
    fn a_small_queue_makes_small_batches() {
        assert_eq!(
            resolved(Batch::new(), &[(QUEUE_VARIABLE, "100")]).map(|l| l.batch),
            Ok(100)
        );
    }

    #[test]
    fn development_does_not_wait_unless_told_to() {
        let delay = |set: &[(&str, &str)]| {
            let limits = Batch::new().resolve(&variables(set), Some(Profile::Development));
            limits.map(|limits| limits.delay).ok()
        };
        assert_eq!(delay(&[]), Some(Duration::ZERO));
        assert_eq!(delay(&[(DELAY_VARIABLE, "5")]), Some(Duration::from_millis(5)));
    }

    #[test]
    fn a_wrong_size_names_who_gave_it() {
        for (name, value, hint) in [
            (QUEUE_VARIABLE, "many", "a whole number"),
            (QUEUE_VARIABLE, "0", "at least 1"),
            (BATCH_VARIABLE, "-1", "a whole number"),
            (
                BATCH_VARIABLE,
                "4096",
                "the size of the queue, which is 2048 (the default)",
            ),
            (DELAY_VARIABLE, "5s", "milliseconds"),
            (TIMEOUT_VARIABLE, "soon", "milliseconds"),
        ] {
            let error = resolved(Batch::new(), &[(name, value)]).expect_err(value);
            assert!(error.starts_with(&format!("{name} is `{value}`")), "{error}");
            assert!(error.contains(hint), "{error}");
        }
        let error = resolved(Batch::new().with_max_queue_size(0), &[]).expect_err("no room");
        assert!(error.starts_with("Batch::with_max_queue_size is `0`"), "{error}");
    }
}
