//! What W3C Trace Context demands of `traceparent`, told by splitting at dashes.

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
}

fn is_id(text: &str, digits: usize) -> bool {
    is_hex(text, digits) && text.bytes().any(|byte| byte != b'0')
}

/// The value that is sent on after these lines were received; `None` when the trace is restarted.
pub(crate) fn sent_on(lines: &[impl AsRef<[u8]>]) -> Option<String> {
    let [line] = lines else { return None };
    let line = line.as_ref();
    let value = std::str::from_utf8(line)
        .ok()
        .filter(|_| line.is_ascii() && line.len() <= 8 * 1024)?;
    let fields: Vec<_> = value.trim_matches([' ', '\t']).split('-').collect();
    let [version, trace_id, parent_id, flags, ref future @ ..] = fields[..] else {
        return None;
    };
    let readable = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || future.is_empty())
        && is_id(trace_id, 32)
        && is_id(parent_id, 16)
        && is_hex(flags, 2);
    let flags = u8::from_str_radix(flags, 16).ok().filter(|_| readable)?;
    Some(format!("00-{trace_id}-{parent_id}-{:02x}", flags & 0x03))
}
