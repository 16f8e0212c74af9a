//! Series with labels of the application's own, no two of which show the same.

use std::ops::Deref;

use tower_telemetry_sanitize::Sanitizer;

use crate::calls::AppLabels;
use crate::label::hash_labels;
use crate::series::{Make, SeriesSet};
use crate::table::{At, Table, mix};
use crate::written::{Pairs, Written, written};

/// Series with labels of the application's own, `L`, besides others, `S`.
///
/// What is shown tells series apart, and not what labels are: a policy may make others of them, and some that differ may read the same. The
/// labels that a series has as they are find it without a look at `places`. All others are written down each time, and what they show is looked
/// for there.
pub(crate) struct AppSeries<S, L, M> {
    set: SeriesSet<(S, Written<L>), M>,
    places: Table<Place>,
    pub(crate) sanitizer: Sanitizer,
}

/// Where a series is, and what is shown of its application's labels.
struct Place {
    shown: Pairs,
    at: At,
}

impl<S, L, M> AppSeries<S, L, M> {
    pub(crate) fn new(name: impl Into<String>, most: usize, make: Make<M>, sanitizer: Sanitizer) -> Self {
        // No labels are found by what they are.
        let places = if size_of::<L>() == 0 { 0 } else { most };
        AppSeries {
            set: SeriesSet::new(name, most, make),
            places: Table::new(places),
            sanitizer,
        }
    }
}

impl<S, L: AppLabels, M> AppSeries<S, L, M> {
    /// Where the series is that shows these labels, which are not found by what they are.
    ///
    /// `own` is the hash of all labels, and `others` that of those besides the application's.
    #[inline(always)]
    pub(crate) fn find_written(
        &self,
        own: u64,
        others: u64,
        labels: &L,
        is: impl Fn(&S) -> bool,
        make: impl FnOnce() -> S,
    ) -> Option<At> {
        // No labels need no policy.
        if size_of::<L>() == 0 {
            let is = |(others, known): &(S, Written<L>)| is(others) && known.are(labels);
            return self.set.find(own, is, || (make(), Written::Own(labels.clone())));
        }
        let place = written(labels, &self.sanitizer).and_then(|(written, shown)| {
            let hash = mix(others, hash_labels(&shown));
            let is =
                |place: &Place| place.shown == shown && self.set.labels(place.at).is_some_and(|(others, _)| is(others));
            // Before the place, the series: who finds the one finds the other.
            let make = || {
                let hash = match written {
                    Written::Own(_) => own,
                    Written::Changed(_) => hash,
                };
                let at = self.set.add(hash, (make(), written))?;
                Some(Place {
                    shown: shown.clone(),
                    at,
                })
            };
            self.places.get(self.places.find_or_add(hash, is, make)?)
        });
        if place.is_none() {
            self.set.refuse();
        }
        place.map(|place| place.at)
    }
}

impl<S, L, M> Deref for AppSeries<S, L, M> {
    type Target = SeriesSet<(S, Written<L>), M>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.set
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::Barrier;
    use std::thread;

    use prometheus_client::encoding::text::encode;
    use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
    use prometheus_client::registry::Registry;
    use tower_telemetry_sanitize::{Sanitizer, Secret};
    use tower_telemetry_testkit::Log;

    use crate::{Counter, Family};

    type Label = [(&'static str, String); 1];

    fn queue(name: impl Into<String>) -> Label {
        [("queue", name.into())]
    }

    fn redacts_mails<L>(family: Family<L, Counter>) -> Family<L, Counter> {
        let policy = Sanitizer::builder().with_secrets([Secret::Email]).build();
        family.with_sanitizer(policy.expect("a policy"))
    }

    /// The lines of the series, sorted.
    fn lines<L>(family: &Family<L, Counter>) -> Vec<String>
    where
        L: EncodeLabelSet + Send + Sync + 'static,
    {
        let mut registry = Registry::default();
        family.register(&mut registry).expect("a new name");
        let mut text = String::new();
        encode(&mut text, &registry).expect("text");
        let lines = text.lines().filter(|line| line.starts_with("jobs_total"));
        let mut lines: Vec<_> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    }

    fn jobs<L>() -> Family<L, Counter> {
        Family::counters("jobs", "Jobs")
    }

    #[test]
    fn labels_that_a_policy_makes_the_same_are_one_series() {
        let jobs = redacts_mails(jobs::<Label>()).with_max_series(2);
        for name in ["ada@example.com", "bob@example.com", "nobody", "eve@example.com"] {
            jobs.get(&queue(name)).add(1);
        }
        let expected = ["jobs_total{queue=\"REDACTED\"} 3", "jobs_total{queue=\"nobody\"} 1"];
        assert_eq!(lines(&jobs), expected);
    }

    #[test]
    fn what_reads_like_what_a_policy_makes_is_one_series_with_it() {
        let (long, short) = ("x".repeat(5_000), "x".repeat(1_024));
        let expected = format!("jobs_total{{queue=\"{short}\"}} 4");
        for names in [[&long, &short], [&short, &long]] {
            let jobs = jobs::<Label>();
            for name in names.into_iter().chain(names) {
                jobs.get(&queue(name)).add(1);
            }
            assert_eq!(lines(&jobs), [&*expected]);
        }
    }

    #[test]
    fn labels_that_differ_and_read_the_same_are_one_series() {
        #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
        struct Job {
            queue: Option<String>,
        }
        let jobs = jobs();
        for queue in [None, Some(String::new()), Some("a".to_owned()), None] {
            jobs.get(&Job { queue }).add(1);
        }
        assert_eq!(lines(&jobs), ["jobs_total{queue=\"\"} 3", "jobs_total{queue=\"a\"} 1"]);
    }

    #[test]
    fn neither_the_order_of_labels_nor_an_empty_one_makes_a_series() {
        let jobs = jobs::<Vec<(&str, &str)>>();
        for labels in [
            vec![("queue", "a"), ("kind", "b")],
            vec![("kind", "b"), ("queue", "a")],
            vec![("kind", "b"), ("none", ""), ("queue", "a")],
        ] {
            jobs.get(&labels).add(1);
        }
        assert_eq!(lines(&jobs), ["jobs_total{queue=\"a\",kind=\"b\"} 3"]);
    }

    #[test]
    fn labels_that_cannot_be_encoded_have_no_series() {
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        struct Fails(u8);
        impl EncodeLabelSet for Fails {
            fn encode(&self, _: &mut LabelSetEncoder<'_>) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        let jobs = jobs();
        (0..3).for_each(|number| jobs.get(&Fails(number)).add(1));
        assert_eq!(lines(&jobs), ["jobs_total{otel_metric_overflow=\"true\"} 3"]);
    }

    #[test]
    fn threads_that_make_the_same_series_at_once_make_one_of_each_and_no_more_than_there_may_be() {
        const THREADS: usize = 8;
        const NAMES: usize = 200;
        const MOST: usize = 100;
        let jobs = jobs::<Label>().with_max_series(MOST);
        let barrier = Barrier::new(THREADS);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (jobs, barrier) = (&jobs, &barrier);
                scope.spawn(move || {
                    for name in 0..NAMES {
                        barrier.wait();
                        // The first one's stay as they are; those of the others are cut, and then the same.
                        let more = thread.checked_sub(1).map_or(String::new(), |more| more.to_string());
                        let name = format!("{name:04}{}{more}", "x".repeat(1_020));
                        jobs.get(&queue(name)).add(1);
                    }
                });
            }
        });
        let (lines, each) = (lines(&jobs), format!(" {THREADS}"));
        let shared = lines.iter().filter(|line| line.ends_with(&each)).count();
        assert_eq!((lines.len(), shared), (MOST + 1, MOST), "{lines:?}");
        let rest = format!(
            "jobs_total{{otel_metric_overflow=\"true\"}} {}",
            THREADS * (NAMES - MOST)
        );
        assert!(lines.contains(&rest), "{lines:?}");
    }

    #[test]
    fn a_subscriber_may_count_by_the_family_of_which_it_is_told() {
        let jobs = redacts_mails(jobs::<Label>()).with_max_series(1);
        let counted = jobs.clone();
        let each = move || counted.get(&queue("ada@example.com, of which is told")).add(1);
        let told = Log::of_busy(each, || {
            jobs.get(&queue("a")).add(1);
            jobs.get(&queue("eve@example.com")).add(1);
        });
        assert_eq!(told.len(), 1);
        let expected = [
            "jobs_total{otel_metric_overflow=\"true\"} 2",
            "jobs_total{queue=\"a\"} 1",
        ];
        assert_eq!(lines(&jobs), expected);
    }
}
