//! What W3C Trace Context demands of `tracestate`, and which of its freedoms the library takes.

fn is_entry(entry: &str) -> bool {
    let Some((key, value)) = entry.split_once('=') else {
        return false;
    };
    let in_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-*/@".contains(c);
    let in_value = |c: char| (' '..='~').contains(&c) && c != ',' && c != '=';
    (1..=256).contains(&key.len())
        && key.chars().all(in_key)
        && !key.starts_with(|c: char| "_-*/@".contains(c))
        && (1..=256).contains(&value.len())
        && value.chars().all(in_value)
        && !value.ends_with(' ')
}

fn key(entry: &str) -> &str {
    entry.split('=').next().unwrap_or_default()
}

/// The list that is sent on after these lines were received beside a valid `traceparent`.
pub(crate) fn sent_on(lines: &[impl AsRef<[u8]>]) -> Option<String> {
    let joined = lines.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(&b","[..]);
    let text = std::str::from_utf8(&joined)
        .ok()
        .filter(|text| text.len() < 17 * 1024)?;
    let entries = text.split(',').map(|entry| entry.trim_matches([' ', '\t']));
    let entries: Vec<_> = entries.filter(|entry| !entry.is_empty()).collect();
    if entries.len() > 32 || !entries.iter().all(|entry| is_entry(entry)) {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for entry in entries {
        if !kept.iter().any(|other| key(other) == key(entry)) {
            kept.push(entry);
        }
    }
    while kept.join(",").len() > 512 {
        let long = kept.iter().rposition(|entry| entry.len() > 128);
        kept.remove(long.unwrap_or(kept.len() - 1));
    }
    (!kept.is_empty()).then(|| kept.join(","))
}
