//! What a scraper understands: `Accept` and `Accept-Encoding`.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, AsHeaderName};

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// [OpenMetrics text](https://prometheus.io/docs/specs/om/open_metrics_spec/), version 1.0.0: with exemplars.
    OpenMetrics,
    /// [Prometheus' protobuf](https://prometheus.io/docs/instrumenting/exposition_formats/), delimited: with exemplars and native histograms.
    #[cfg(feature = "protobuf")]
    Protobuf,
    /// [Prometheus' text](https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4: without exemplars. What anybody gets who does
    /// not ask.
    Text,
}

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// With zstd.
    #[cfg(feature = "zstd")]
    Zstd,
    /// With gzip.
    #[cfg(feature = "gzip")]
    Gzip,
    /// Not at all.
    Identity,
}

impl Format {
    /// In the order in which they are preferred.
    const ALL: &[Format] = &[
        Format::OpenMetrics,
        #[cfg(feature = "protobuf")]
        Format::Protobuf,
        Format::Text,
    ];

    /// The one that these headers like best; text, if they like none.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let ranges: Vec<_> = ranges(headers, ACCEPT).collect();
        best(Self::ALL, |format| format.quality(&ranges)).unwrap_or(Format::Text)
    }

    /// The `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            #[cfg(feature = "protobuf")]
            Format::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// The quality of the first range that names it.
    fn quality(self, ranges: &[Range<'_>]) -> u16 {
        let named = ranges.iter().find(|range| match self {
            Format::OpenMetrics => {
                range.is("application/openmetrics-text") && range.allows("version", &["1.0.0", "0.0.1"])
            }
            #[cfg(feature = "protobuf")]
            Format::Protobuf => {
                range.is("application/vnd.google.protobuf")
                    && range.allows("proto", &["io.prometheus.client.MetricFamily"])
                    && range.allows("encoding", &["delimited"])
            }
            Format::Text => range.is("text/plain") && range.allows("version", &["0.0.4"]),
        });
        // Who takes anything gets what everybody can read.
        let any = || match self {
            Format::Text => ranges.iter().find(|range| range.is("text/*") || range.is("*/*")),
            _ => None,
        };
        named.or_else(any).map_or(0, |range| range.quality)
    }
}

impl Encoding {
    /// In the order in which they are preferred.
    const ALL: &[Encoding] = &[
        #[cfg(feature = "zstd")]
        Encoding::Zstd,
        #[cfg(feature = "gzip")]
        Encoding::Gzip,
        Encoding::Identity,
    ];

    /// The one that these headers like best.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let ranges: Vec<_> = ranges(headers, ACCEPT_ENCODING).collect();
        best(Self::ALL, |encoding| encoding.quality(&ranges)).unwrap_or(Encoding::Identity)
    }

    /// The `Content-Encoding`, if there is one.
    pub fn content_encoding(self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "zstd")]
            Encoding::Zstd => Some("zstd"),
            #[cfg(feature = "gzip")]
            Encoding::Gzip => Some("gzip"),
            Encoding::Identity => None,
        }
    }

    fn quality(self, ranges: &[Range<'_>]) -> u16 {
        let name = self.content_encoding().unwrap_or("identity");
        let named = ranges.iter().find(|range| range.is(name));
        let any = ranges.iter().find(|range| range.is("*"));
        match named.or(any) {
            Some(range) => range.quality,
            // Always understood, unless it says otherwise.
            None if self == Encoding::Identity => 1,
            None => 0,
        }
    }
}

/// The first of the best, if one is any good.
fn best<T: Copy>(all: &[T], quality: impl Fn(T) -> u16) -> Option<T> {
    let rated = all.iter().map(|one| (*one, quality(*one)));
    let good = rated.filter(|(_, quality)| *quality > 0);
    good.reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(one, _)| one)
}

/// One entry of such a header.
#[derive(Debug)]
struct Range<'a> {
    name: &'a str,
    parameters: &'a str,
    /// In thousandths.
    quality: u16,
}

impl Range<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the parameter is one of these, or not there.
    fn allows(&self, name: &str, values: &[&str]) -> bool {
        let mut given = parameters(self.parameters).filter(|(given, _)| given.eq_ignore_ascii_case(name));
        given.all(|(_, value)| values.contains(&value))
    }
}

fn ranges(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(name).into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(|range| {
        let (name, given) = range.split_once(';').unwrap_or((range, ""));
        let quality = parameters(given).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        Range {
            name: name.trim(),
            parameters: given,
            quality: quality.map_or(1000, |(_, value)| thousandths(value)),
        }
    })
}

fn parameters(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
}

/// What is no quality is none.
fn thousandths(quality: &str) -> u16 {
    let quality: f64 = quality.parse().unwrap_or(0.0);
    // What is no number becomes zero, too.
    (quality.clamp(0.0, 1.0) * 1000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: impl http::header::IntoHeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, http::HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_scraper_gets_the_format_that_it_likes_best() {
        let rows = [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Text),
            ("application/json", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text; version=1.0.0; q=0.2, text/plain; q=0.5",
                Format::Text,
            ),
            (
                "application/openmetrics-text;version=2.0.0,text/plain;q=0.1",
                Format::Text,
            ),
            ("application/openmetrics-text;q=0,*/*", Format::Text),
            ("Application/OpenMetrics-Text;Version=\"1.0.0\"", Format::OpenMetrics),
            ("application/openmetrics-text;q=nan", Format::Text),
            (",;=,;;q=,", Format::Text),
        ];
        for (accept, format) in rows {
            assert_eq!(Format::accepted(&headers(ACCEPT, accept)), format, "{accept}");
        }
        assert_eq!(Format::accepted(&HeaderMap::new()), Format::Text);
    }

    #[cfg(feature = "protobuf")]
    #[test]
    fn protobuf_is_for_those_who_like_it_better() {
        let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                      application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        assert_eq!(Format::accepted(&headers(ACCEPT, accept)), Format::Protobuf);
        let other = "application/vnd.google.protobuf;proto=another.Message;encoding=delimited";
        assert_eq!(Format::accepted(&headers(ACCEPT, other)), Format::Text);
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn an_answer_is_compressed_for_those_who_can_read_it() {
        let rows = [
            ("", Encoding::Identity),
            ("gzip", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("identity;q=0.5, gzip;q=0.8", Encoding::Gzip),
            ("identity, gzip;q=0.5", Encoding::Identity),
            ("br", Encoding::Identity),
        ];
        for (accept, encoding) in rows {
            assert_eq!(
                Encoding::accepted(&headers(ACCEPT_ENCODING, accept)),
                encoding,
                "{accept}"
            );
        }
    }
}
