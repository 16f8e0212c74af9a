//! Several observers as one.

use std::task::Context;

use crate::{Call, Head, Interest, Observe, Report, Watch, contain};

/// Nests the members' scopes, the first outermost.
macro_rules! in_scopes {
    ($poll:ident, $last:ident) => { $last.in_scope($poll) };
    ($poll:ident, $first:ident $($rest:ident)+) => { $first.in_scope(move || in_scopes!($poll, $($rest)+)) };
}

/// What comes back passes the last member first, as it would with a layer for each: an outer one's span is still open then.
macro_rules! inner_first {
    ($first:expr) => { $first };
    ($first:expr, $($rest:expr),+) => {{
        inner_first!($($rest),+);
        $first
    }};
}

macro_rules! fuse {
    ($($member:ident $index:tt),+) => {
        impl<Facts, $($member: Observe<Facts>),+> Observe<Facts> for ($($member,)+) {
            // `None` for a member whose `watch` panicked.
            type Watch = ($(Option<$member::Watch>,)+);

            fn idle(&self) -> bool {
                true $(&& self.$index.idle())+
            }

            fn watch(&self, call: &mut Call<'_, Facts>) -> Self::Watch {
                ($(contain(|| self.$index.watch(call)),)+)
            }
        }

        impl<Facts, $($member: Watch<Facts>),+> Watch<Facts> for ($($member,)+) {
            fn interest(&self) -> Interest {
                Interest::Nothing$(.max(self.$index.interest()))+
            }

            fn in_scope<Out>(&mut self, poll: impl FnOnce() -> Out) -> Out {
                #[allow(non_snake_case, reason = "the members are named after their types")]
                let ($($member,)+) = self;
                in_scopes!(poll, $($member)+)
            }

            fn pending(&mut self, facts: &Facts, cx: &mut Context<'_>) {
                $(contain(|| self.$index.pending(facts, cx));)+
            }

            fn head(&mut self, head: &mut Head<'_, Facts>) {
                inner_first!($(contain(|| self.$index.head(head))),+);
            }

            fn data(&mut self, bytes: usize) {
                $(contain(|| self.$index.data(bytes));)+
            }

            fn end(self, report: &Report<'_, Facts>) {
                inner_first!($(contain(|| self.$index.end(report))),+);
            }
        }
    };
}

fuse!(A 0);
fuse!(A 0, B 1);
fuse!(A 0, B 1, C 2);
fuse!(A 0, B 1, C 2, D 3);
fuse!(A 0, B 1, C 2, D 3, E 4);
fuse!(A 0, B 1, C 2, D 3, E 4, G 5);

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::{Cell, RefCell};
    use std::time::Instant;

    use super::*;
    use crate::{End, Verdict};

    /// Writes each hook down under its own name.
    pub(crate) struct Scribe<'a> {
        pub(crate) name: &'static str,
        pub(crate) page: &'a RefCell<Vec<String>>,
    }

    impl Scribe<'_> {
        fn write(&self, hook: &str) {
            let line = format!("{} {hook}", self.name);
            self.page.borrow_mut().push(line);
        }
    }

    impl<'a> Observe<()> for Scribe<'a> {
        type Watch = Self;

        fn watch(&self, _: &mut Call<'_, ()>) -> Self {
            self.write("watch");
            Scribe { ..*self }
        }
    }

    impl Watch<()> for Scribe<'_> {
        fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
            self.write("enter");
            let polled = poll();
            self.write("leave");
            polled
        }

        fn pending(&mut self, _: &(), _: &mut Context<'_>) {
            self.write("pending");
        }

        fn head(&mut self, _: &mut Head<'_, ()>) {
            self.write("head");
        }

        fn data(&mut self, bytes: usize) {
            self.write(&format!("data {bytes}"));
        }

        fn end(self, _: &Report<'_, ()>) {
            self.write("end");
        }
    }

    /// Runs every hook once.
    pub(crate) fn live_through(observer: &impl Observe<()>) {
        let mut watch = observer.watch(&mut Call::new(&(), None));
        assert_eq!(watch.in_scope(|| 7), 7);
        watch.pending(&(), &mut Context::from_waker(std::task::Waker::noop()));
        let (mut response, ()) = http::Response::new(()).into_parts();
        watch.head(&mut Head {
            facts: &(),
            response: &mut response,
            verdict: Verdict::Ok,
            started: Instant::now(),
            now: Instant::now(),
        });
        watch.data(3);
        watch.end(&Report {
            facts: &(),
            end: End::Dropped,
            verdict: Verdict::Ok,
            bytes: 3,
            started: Instant::now(),
            headed: None,
            elapsed: Cell::default(),
        });
    }

    pub(crate) const HOOKS: [&str; 5] = ["watch", "pending", "head", "data 3", "end"];

    #[test]
    fn the_first_is_outermost_in_scopes_and_for_what_comes_back() {
        let page = RefCell::default();
        let scribe = |name| Scribe { name, page: &page };
        live_through(&(scribe("a"), scribe("b"), scribe("c")));

        let down = |hook: &str| ["a", "b", "c"].map(|name| format!("{name} {hook}"));
        let up = |hook: &str| ["c", "b", "a"].map(|name| format!("{name} {hook}"));
        let [watch, pending, head, data, end] = HOOKS;
        let order = [
            down(watch),
            down("enter"),
            up("leave"),
            down(pending),
            up(head),
            down(data),
            up(end),
        ];
        let expected = order.concat();
        assert_eq!(page.into_inner(), expected);
    }

    #[test]
    fn tuples_of_one_to_six_reach_every_member() {
        let page = RefCell::default();
        let scribe = || Scribe {
            name: "one",
            page: &page,
        };
        let hooks_heard = || page.take().len();
        live_through(&(scribe(),));
        assert_eq!(hooks_heard(), 7);
        live_through(&(scribe(), scribe()));
        assert_eq!(hooks_heard(), 14);
        live_through(&(scribe(), scribe(), scribe(), scribe()));
        assert_eq!(hooks_heard(), 28);
        live_through(&(scribe(), scribe(), scribe(), scribe(), scribe()));
        assert_eq!(hooks_heard(), 35);
        live_through(&(scribe(), scribe(), scribe(), scribe(), scribe(), scribe()));
        assert_eq!(hooks_heard(), 42);
    }
}
