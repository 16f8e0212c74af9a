//! Which function, and which crate, takes the instructions that a layer adds.

use std::collections::HashMap;
use std::fmt::Write;

use anyhow::Result;

use crate::callgrind;
use crate::case::{Case, Contender};

/// How many lines of each list are shown.
const SHOWN: usize = 40;

/// The instructions that a layer adds to a call: by crate, and by function with and without what it calls.
pub(crate) fn breakdown(case: &Case, contender: &Contender) -> Result<String> {
    let [less, more] = callgrind::profiles(case, contender, &["--dump-line=yes"])?.map(|profile| Costs::read(&profile));
    let mut text = format!("\n{}, {}: instructions added to a call\n", case.name, contender.name);
    let lists = [
        ("by crate, where the build has line tables", &more.crates, &less.crates),
        ("by function, with what it calls", &more.inclusive, &less.inclusive),
        ("by function, alone", &more.alone, &less.alone),
        (
            "copies and allocations, by who asks for them",
            &more.memory,
            &less.memory,
        ),
    ];
    for (title, more, less) in lists {
        writeln!(text, "\n  {title}")?;
        for (name, added) in difference(more, less) {
            writeln!(text, "  {added:>8.0}  {name}")?;
        }
    }
    Ok(text)
}

/// What the second run has more, per call, the most first.
fn difference<'a>(more: &'a HashMap<String, i64>, less: &HashMap<String, i64>) -> Vec<(&'a str, f64)> {
    let mut added: Vec<_> = more
        .iter()
        .map(|(name, cost)| {
            let added = cost - less.get(name).copied().unwrap_or(0);
            (name.as_str(), added as f64 / callgrind::CALLS as f64)
        })
        .filter(|(_, added)| added.abs() >= 1.0)
        .collect();
    added.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    added.truncate(SHOWN);
    added
}

/// Costs by name, as a profile of callgrind's has them.
#[derive(Debug, Default)]
struct Costs {
    crates: HashMap<String, i64>,
    alone: HashMap<String, i64>,
    inclusive: HashMap<String, i64>,
    memory: HashMap<String, i64>,
}

impl Costs {
    fn read(profile: &str) -> Self {
        let mut costs = Costs::default();
        let (mut functions, mut files) = (Names::default(), Names::default());
        let (mut function, mut file, mut callee) = (String::new(), String::new(), None);
        for line in profile.lines() {
            if let Some((key, name)) = line.split_once('=') {
                match key {
                    "fn" => function = functions.resolve(name),
                    "fl" | "fi" | "fe" => file = files.resolve(name),
                    "cfi" | "cfl" => drop(files.resolve(name)),
                    "cfn" => callee = Some(functions.resolve(name)),
                    _ => {}
                }
            } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
                let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0);
                // The line after a call has the cost of the callee.
                match callee.take() {
                    Some(callee) => costs.add_call(&function, &callee, cost),
                    None => costs.add(&function, &file, cost),
                }
            }
        }
        // Those around the counted part have nothing of their own.
        costs.inclusive.retain(|function, _| costs.alone.contains_key(function));
        costs
    }

    fn add(&mut self, function: &str, file: &str, cost: i64) {
        *self.alone.entry(function.to_owned()).or_default() += cost;
        *self.inclusive.entry(function.to_owned()).or_default() += cost;
        *self.crates.entry(crate_of(file).to_owned()).or_default() += cost;
    }

    fn add_call(&mut self, function: &str, callee: &str, cost: i64) {
        if function != callee {
            *self.inclusive.entry(function.to_owned()).or_default() += cost;
        }
        let asked = ["memcpy", "memmove", "malloc", "realloc", "free"]
            .into_iter()
            .find(|asked| callee.contains(asked));
        if let Some(asked) = asked {
            *self.memory.entry(format!("{asked}: {function}")).or_default() += cost;
        }
    }
}

/// Names are written out where they first appear, as `(7) name`, and then are `(7)`.
#[derive(Debug, Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn resolve(&mut self, text: &str) -> String {
        match text.split_once(") ") {
            Some((id, name)) => {
                self.0.insert(id.to_owned(), name.to_owned());
                name.to_owned()
            }
            None => self.0.get(text.trim_end_matches(')')).cloned().unwrap_or_default(),
        }
    }
}

/// The crate's folder in the path of its source.
fn crate_of(file: &str) -> &str {
    let behind = |marker: &str| file.split_once(marker).map(|(_, rest)| rest);
    let registry = || behind("/registry/src/")?.split_once('/').map(|(_, rest)| rest);
    let folder = registry()
        .or_else(|| behind("/crates/"))
        .or_else(|| behind("/library/"));
    folder.and_then(|rest| rest.split('/').next()).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
fl=(1) /home/me/.cargo/registry/src/host-1/http-1.5.0/src/lib.rs
fn=(1) outer
10 5
cfi=(2) /home/me/crates/span/src/watch.rs
cfn=(2) inner
calls=3 20
+2 60
fi=(2)
* 7

fl=(2)
fn=(2)
20 60
";

    #[test]
    fn costs_are_those_of_a_function_and_of_what_it_calls() {
        let costs = Costs::read(PROFILE);
        assert_eq!(costs.alone["outer"], 12);
        assert_eq!(costs.inclusive["outer"], 72);
        assert_eq!(costs.alone["inner"], 60);
    }

    #[test]
    fn inlined_lines_belong_to_the_crate_that_they_come_from() {
        let costs = Costs::read(PROFILE);
        assert_eq!(costs.crates["http-1.5.0"], 5);
        assert_eq!(costs.crates["span"], 67);
    }

    #[test]
    fn copies_are_told_by_who_makes_them() {
        let profile = "fn=(1) outer\ncfn=(2) __memcpy_avx\ncalls=1 1\n1 40\n";
        assert_eq!(Costs::read(profile).memory["memcpy: outer"], 40);
    }

    #[test]
    fn the_difference_is_per_call_and_begins_with_the_most() {
        let costs = |a, b| HashMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
        let (more, less) = (costs(2048 * 3, 2048 * 9), costs(2048, 2048));
        let added = difference(&more, &less);
        assert_eq!(added, [("b", 8.0), ("a", 2.0)]);
    }
}
