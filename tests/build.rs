//! Compiles the proto file, without a `protoc` on the machine.

use std::error::Error;
use std::path::Path;

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(["streams.proto"], ["proto"])?;
    let out = std::env::var("OUT_DIR")?;
    // For the reflection service.
    std::fs::write(Path::new(&out).join("streams.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(files)?;
    Ok(())
}
