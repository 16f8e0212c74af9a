//! The `tracestate` header: what other tracing systems want to hear again.

use http::HeaderValue;
use opentelemetry::trace::TraceState;

use crate::entries::Entries;

/// A `tracestate` as it came, cut to what is forwarded.
///
/// OpenTelemetry's [`TraceState`] cannot stand for it: it refuses keys that Level 2 allows.
#[derive(Clone, Debug)]
pub(crate) struct Tracestate {
    text: HeaderValue,
    /// One bit for each entry, the first one lowest: whether the `TraceState` shows it.
    shown: u32,
}

impl Tracestate {
    /// Reads the lines of the header as one list, and as much of it as OpenTelemetry can show.
    /// `None` when it has no entry, or is invalid and so dropped whole.
    pub(crate) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<(Self, TraceState)> {
        let mut lines = lines.peekable();
        lines.peek()?;
        let mut entries = Entries::default();
        entries.read(lines)?;
        entries.shorten();
        let text = entries.to_header()?;
        if let Ok(state) = TraceState::from_key_value(entries.iter()) {
            let shown = u32::MAX;
            return Some((Self { text, shown }, state));
        }
        let shown = entries.iter().enumerate().fold(0, |shown, (place, entry)| {
            shown | u32::from(TraceState::from_key_value([entry]).is_ok()) << place
        });
        let kept = Self { text, shown };
        let state = TraceState::from_key_value(kept.entries(shown)).unwrap_or_default();
        Some((kept, state))
    }

    /// The header for `state`, when `kept` came in for the same trace.
    ///
    /// While nobody changed the state, the text that came. After a change, the state and behind it
    /// the entries that whoever changed it could not see. After it was emptied, nothing.
    #[inline]
    pub(crate) fn write(state: &TraceState, kept: Option<&Self>) -> Option<HeaderValue> {
        match kept {
            Some(kept) if kept.entries(kept.shown).eq(state) => return Some(kept.text.clone()),
            _ if state.into_iter().next().is_none() => return None,
            _ => {}
        }
        let mut entries = Entries::default();
        let hidden = kept.map(|kept| kept.entries(!kept.shown));
        for (key, value) in state.into_iter().chain(hidden.into_iter().flatten()) {
            entries.push(key, value);
        }
        entries.shorten();
        entries.to_header()
    }

    /// The entries whose bits are set in `places`.
    fn entries(&self, places: u32) -> impl Iterator<Item = (&str, &str)> {
        let text = self.text.to_str().unwrap_or_default();
        let entries = text.split(',').filter_map(|entry| entry.split_once('='));
        let chosen = move |place: usize| places >> place & 1 == 1;
        entries
            .enumerate()
            .filter_map(move |(place, entry)| chosen(place).then_some(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Tracestate, TraceState) {
        Tracestate::read([text.as_bytes()].into_iter()).expect("a valid list")
    }

    fn write(state: &TraceState, kept: &Tracestate) -> Option<String> {
        let header = Tracestate::write(state, Some(kept))?;
        Some(header.to_str().expect("text").to_owned())
    }

    #[test]
    fn a_sampler_sees_every_entry_that_its_api_allows() {
        let (_, state) = read("foo@@bar=1,ot=th:8,a@b@c=2,congo=x");
        assert_eq!(state.header(), "ot=th:8,congo=x");
    }

    #[test]
    fn an_unchanged_state_is_written_as_it_came() {
        for text in ["a=1,b=2", "foo@@bar=1", "foo@@bar=1,ot=th:8,a@b@c=2,congo=x"] {
            let (kept, state) = read(text);
            assert_eq!(write(&state, &kept).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_changed_state_is_followed_by_what_it_could_not_show() {
        let (kept, state) = read("foo@@bar=1,ot=th:8,a@b@c=2,congo=x");
        let changed = state.insert("ot", "th:4").expect("a valid entry");
        assert_eq!(
            write(&changed, &kept).as_deref(),
            Some("ot=th:4,congo=x,foo@@bar=1,a@b@c=2")
        );
    }

    #[test]
    fn a_changed_order_is_a_change() {
        let (kept, state) = read("a=1,b=2");
        let changed = state.insert("b", "2").expect("a valid entry");
        assert_eq!(write(&changed, &kept).as_deref(), Some("b=2,a=1"));
    }

    #[test]
    fn an_emptied_state_is_not_written() {
        let (kept, _) = read("foo@@bar=1,ot=th:8");
        assert_eq!(write(&TraceState::NONE, &kept), None);
    }

    #[test]
    fn entries_that_no_receiver_would_accept_are_left_out() {
        let state = TraceState::from_key_value([
            ("a", ""),
            ("b", "line\nbreak"),
            ("c", "é"),
            ("", "no key"),
            ("d", "fine"),
            ("e", "blank at the end "),
        ])
        .expect("the API does not mind");
        let header = Tracestate::write(&state, None).expect("one entry");
        assert_eq!(header, "d=fine");
    }
}
