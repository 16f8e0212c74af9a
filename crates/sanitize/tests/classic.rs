//! The rules of a team that cut and hashed by hand.
#![allow(clippy::unwrap_used)]

use tower_telemetry_sanitize::{HashKey, Ids, Sanitizer};

#[test]
fn texts_are_cut_and_ids_are_hashed_or_grouped() {
    let key = || HashKey::new("a key of at least 16 bytes").unwrap();
    let [hashed, grouped] = [Ids::Hashed, Ids::Grouped].map(|ids| Sanitizer::classic(key(), ids).build().unwrap());
    for id in ["user_id", "request_id", "timestamp"] {
        assert_eq!(hashed.value(id, "42").as_deref(), Some(&*key().hash("42")), "{id}");
        let group = grouped.value(id, "42").unwrap();
        let number: u32 = group.strip_prefix("group-").unwrap().parse().unwrap();
        assert!(number < 10_000, "{id}");
    }
    for policy in [hashed, grouped] {
        for (length, cut) in [(200, 200), (201, 203), (5000, 203)] {
            let text = policy.value("note", &"é".repeat(length)).unwrap().into_owned();
            assert_eq!((text.chars().count(), text.ends_with("...")), (cut, length > 200));
        }
        assert_eq!(policy.value("db.password", "c4n4ry").as_deref(), Some("REDACTED"));
    }
}
