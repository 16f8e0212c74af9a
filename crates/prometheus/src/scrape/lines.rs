//! Text, line by line: as prometheus-client writes it, with exemplars, or translated.

use std::fmt::{self, Write};

use super::Format;
use crate::beside;
use crate::exemplar::Exemplar;

/// Takes `OpenMetrics` text from prometheus-client, and keeps it as [`Format::OpenMetrics`] with exemplars, or as [`Format::Text`].
pub(crate) struct Lines {
    format: Format,
    out: String,
    /// As much as has come of a line.
    line: String,
    /// The help text of a metric whose type is not known yet.
    help: String,
}

impl Lines {
    pub(crate) fn new(format: Format) -> Self {
        Lines {
            format,
            out: String::new(),
            line: String::new(),
            help: String::new(),
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.out
    }

    fn end_line(&mut self) -> fmt::Result {
        let line = std::mem::take(&mut self.line);
        match self.format {
            Format::Text => self.translate(&line)?,
            _ => self.add_exemplar(&line)?,
        }
        // To be filled again.
        self.line = line;
        self.line.clear();
        Ok(())
    }

    fn add_exemplar(&mut self, line: &str) -> fmt::Result {
        self.out.push_str(line);
        let bucket = split_name(line).0.ends_with("_bucket") && !line.starts_with('#');
        if let Some(exemplar) = bucket.then(beside::next).flatten() {
            let Exemplar { trace, value, at } = exemplar;
            let (trace, span, at) = (trace.trace_id(), trace.span_id(), at.as_secs_f64());
            write!(
                self.out,
                " # {{trace_id=\"{trace}\",span_id=\"{span}\"}} {value} {at:.3}"
            )?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn translate(&mut self, line: &str) -> fmt::Result {
        let Some(comment) = line.strip_prefix("# ") else {
            self.out.push_str(without_exemplar(line));
            self.out.push('\n');
            return Ok(());
        };
        if let Some(described) = comment.strip_prefix("HELP ") {
            self.help = described.split_once(' ').map_or("", |(_, help)| help).to_owned();
        } else if let Some((name, kind)) = comment.strip_prefix("TYPE ").and_then(|typed| typed.rsplit_once(' ')) {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                other => ("", other),
            };
            let help = &self.help;
            write!(self.out, "# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n")?;
        }
        // There are no units here, and no end.
        Ok(())
    }
}

impl Write for Lines {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        while let Some((line, rest)) = text.split_once('\n') {
            self.line.push_str(line);
            self.end_line()?;
            text = rest;
        }
        self.line.push_str(text);
        Ok(())
    }
}

/// The name of a sample, and what comes behind it.
fn split_name(line: &str) -> (&str, &str) {
    let end = line.find(['{', ' ']).unwrap_or(line.len());
    line.split_at(end)
}

/// A sample as far as its value.
fn without_exemplar(line: &str) -> &str {
    if !line.contains(" # ") {
        return line;
    }
    let behind_labels = line.len() - behind_labels(split_name(line).1).len();
    let exemplar = line[behind_labels..].find(" # ");
    exemplar.map_or(line, |exemplar| &line[..behind_labels + exemplar])
}

/// What stands behind the labels, whose values may hold anything.
fn behind_labels(labels: &str) -> &str {
    let Some(labels) = labels.strip_prefix('{') else {
        return labels;
    };
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in labels.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return &labels[at + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(text: &str) -> String {
        let mut lines = Lines::new(Format::Text);
        // In any pieces.
        for piece in text.split_inclusive(|_| true) {
            lines.write_str(piece).expect("text");
        }
        lines.into_text()
    }

    #[test]
    fn open_metrics_becomes_prometheus_text() {
        let text = "# HELP a_seconds What.\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n\
                    a_seconds_bucket{le=\"1.0\"} 3 # {trace_id=\"7\"} 0.5 1.0\n\
                    # HELP b That.\n# TYPE b counter\nb_total{c=\"d # {e} \\\" # \"} 1 # {} 2\nb_total 2\n\
                    # HELP v Version.\n# TYPE v info\nv_info{a=\"b\"} 1\n# HELP u U.\n# TYPE u unknown\nu 1\n# EOF\n";
        assert_eq!(
            translated(text),
            "# HELP a_seconds What.\n# TYPE a_seconds histogram\na_seconds_bucket{le=\"1.0\"} 3\n\
             # HELP b_total That.\n# TYPE b_total counter\nb_total{c=\"d # {e} \\\" # \"} 1\nb_total 2\n\
             # HELP v_info Version.\n# TYPE v_info gauge\nv_info{a=\"b\"} 1\n# HELP u U.\n# TYPE u untyped\nu 1\n"
        );
    }

    #[test]
    fn without_exemplars_open_metrics_stays_as_it_is() {
        let text = "# TYPE a histogram\na_bucket{le=\"1.0\"} 3\na_bucket{le=\"+Inf\"} 3\n# EOF\n";
        let mut lines = Lines::new(Format::OpenMetrics);
        beside::listen_by_line(|| lines.write_str(text)).expect("text");
        assert_eq!(lines.into_text(), text);
    }

    #[test]
    fn labels_that_do_not_end_are_no_matter() {
        for line in ["a{b=\"c\\", "a{b # 1", "a{", "{", " # ", "a # "] {
            without_exemplar(line);
        }
    }
}
