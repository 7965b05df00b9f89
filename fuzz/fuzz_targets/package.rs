//! The contents of a Debian package: an error, or the four files that were asked for and nothing
//! written anywhere.
#![no_main]

use std::path::Path;

use ingest::idx_file::BUNDLED;
use ingest::fashion_mnist::deb;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(files) = deb::unpack(Path::new("fuzzed.deb"), bytes, &BUNDLED) {
        for (raw, file) in files.iter().zip(&BUNDLED) {
            assert!(raw.bytes.len() <= file.max_raw_bytes());
            assert!(
                raw.path
                    .starts_with("fuzzed.deb/usr/share/datasets/fashion-mnist")
            );
        }
    }
});
