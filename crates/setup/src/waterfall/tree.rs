//! The spans of a trace in the order of its tree.

use super::span::TraceSpan;
use super::trace::{Place, Trace};

/// Deeper levels are drawn at this one, so that a line does not grow without end.
const DEEPEST: usize = 24;

/// A line of the tree: its branches, and its span unless it is the marker above spans whose parent is missing.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) branch: String,
    pub(crate) span: Option<&'a TraceSpan>,
}

/// The trace from its roots down, children by start; then what hangs on no root.
pub(crate) fn lines(trace: &Trace) -> Vec<Line<'_>> {
    let spans = trace.spans();
    let mut walk = Walk {
        trace,
        children: vec![Vec::new(); spans.len()],
        seen: vec![false; spans.len()],
        lines: Vec::with_capacity(spans.len() + 1),
    };
    let mut roots = Vec::new();
    let mut orphans = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        match trace.place(span) {
            Place::Root => roots.push(at),
            Place::Orphan => orphans.push(at),
            Place::Child(parent) => walk.children[parent].push(at),
        }
    }
    for root in roots {
        walk.below(vec![(root, Vec::new())]);
    }
    let marked = walk.lines.len();
    walk.hang(&orphans);
    // Parents in a circle: none of them is below a root.
    while let Some(at) = walk.seen.iter().position(|seen| !seen) {
        walk.hang(&[at]);
    }
    let mut lines = walk.lines;
    if marked < lines.len() {
        lines.insert(
            marked,
            Line {
                branch: String::new(),
                span: None,
            },
        );
    }
    lines
}

/// Whether more children of the same parent follow, for each level above a span, the span's own last.
type Follow = Vec<bool>;

struct Walk<'a> {
    trace: &'a Trace,
    children: Vec<Vec<usize>>,
    seen: Vec<bool>,
    lines: Vec<Line<'a>>,
}

impl Walk<'_> {
    /// Adds these spans, as children of one parent, and all below them.
    fn hang(&mut self, spans: &[usize]) {
        let stack = siblings(spans, &Vec::new());
        self.below(stack);
    }

    /// Works the stack off, its last entry first. A loop, because depth is up to whoever makes spans.
    fn below(&mut self, mut stack: Vec<(usize, Follow)>) {
        while let Some((at, follow)) = stack.pop() {
            if std::mem::replace(&mut self.seen[at], true) {
                continue;
            }
            self.lines.push(Line {
                branch: branch(&follow),
                span: Some(&self.trace.spans()[at]),
            });
            stack.extend(siblings(&std::mem::take(&mut self.children[at]), &follow));
        }
    }
}

/// Stack entries for the children of a span at `above`.
fn siblings(spans: &[usize], above: &Follow) -> Vec<(usize, Follow)> {
    let mut entries = Vec::with_capacity(spans.len());
    for (rank, at) in spans.iter().enumerate().rev() {
        let mut follow = above.clone();
        if follow.len() == DEEPEST {
            follow.pop();
        }
        follow.push(rank + 1 < spans.len());
        entries.push((*at, follow));
    }
    entries
}

fn branch(follow: &[bool]) -> String {
    let Some((own, above)) = follow.split_last() else {
        return String::new();
    };
    let mut branch = String::new();
    for more in above {
        branch.push_str(if *more { "│  " } else { "   " });
    }
    branch.push_str(if *own { "├─ " } else { "└─ " });
    branch
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceId;

    use super::*;
    use crate::waterfall::span::tests::{data, span};
    use crate::waterfall::trace::Losses;

    fn drawn(spans: &[(u64, u64)]) -> Vec<String> {
        let spans = spans
            .iter()
            .map(|(id, parent)| span("a", data(*id, *parent, *id..100)))
            .collect();
        let trace = Trace::new(TraceId::from(1), spans, Losses::default());
        let drawn = lines(&trace).into_iter();
        drawn
            .map(|line| format!("{}{}", line.branch, line.span.map_or("?", TraceSpan::name)))
            .collect()
    }

    #[test]
    fn children_hang_below_their_parents_by_start() {
        let tree = drawn(&[(1, 0), (2, 1), (3, 2), (4, 2), (5, 1), (6, 5)]);
        let expected = [
            "span 1",
            "├─ span 2",
            "│  ├─ span 3",
            "│  └─ span 4",
            "└─ span 5",
            "   └─ span 6",
        ];
        assert_eq!(tree, expected);
    }

    #[test]
    fn spans_without_their_parent_hang_below_a_marker() {
        let tree = drawn(&[(1, 0), (2, 9), (3, 2), (4, 8)]);
        assert_eq!(tree, ["span 1", "?", "├─ span 2", "│  └─ span 3", "└─ span 4"]);
    }

    #[test]
    fn a_circle_is_drawn_once() {
        assert_eq!(
            drawn(&[(1, 2), (2, 1), (3, 3)]),
            ["?", "└─ span 3", "└─ span 1", "   └─ span 2"]
        );
    }

    #[test]
    fn a_very_deep_tree_stays_within_bounds() {
        let chain: Vec<_> = (1..=5_000).map(|id| (id, id - 1)).collect();
        let tree = drawn(&chain);
        assert_eq!(tree.len(), 5_000);
        assert!(tree.iter().all(|line| line.chars().count() < 100));
    }
}
