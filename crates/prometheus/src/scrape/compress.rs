//! Answers made smaller.

use super::Encoding;

impl Encoding {
    /// The text in this encoding, and the one that was possible.
    pub(crate) fn apply(self, plain: Vec<u8>) -> (Vec<u8>, Encoding) {
        let compressed = match self {
            #[cfg(feature = "zstd")]
            Encoding::Zstd => zstd::bulk::compress(&plain, zstd::DEFAULT_COMPRESSION_LEVEL).ok(),
            #[cfg(feature = "gzip")]
            Encoding::Gzip => gzip(&plain).ok(),
            Encoding::Identity => None,
        };
        match compressed {
            Some(compressed) => (compressed, self),
            None => (plain, Encoding::Identity),
        }
    }
}

#[cfg(feature = "gzip")]
fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 8), Compression::fast());
    encoder.write_all(plain)?;
    encoder.finish()
}
