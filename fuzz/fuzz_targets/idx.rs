//! IDX files, plain and gzipped: an error or exactly the images that were asked for, never more
//! memory than they take.
#![no_main]

use std::path::Path;

use ingest::gunzip::gunzip;
use ingest::idx;
use ingest::idx_file::BUNDLED;
use libfuzzer_sys::fuzz_target;

/// Images that the files are asked for.
const COUNT: usize = 3;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzzed");
    let limit_bytes = idx::IMAGES_HEADER_BYTES + COUNT * 28 * 28;
    if let Ok(contents) = gunzip(path, bytes, limit_bytes) {
        assert!(contents.len() <= limit_bytes + 1);
        if let Ok(images) = idx::images(path, &contents, COUNT) {
            assert_eq!(images.len(), COUNT * 28 * 28);
        }
        if let Ok(labels) = idx::labels(path, &contents, COUNT) {
            assert_eq!(labels.len(), COUNT);
            assert!(labels.iter().all(|label| *label < 10));
        }
    }
    for file in &BUNDLED {
        // Only the bundled subset itself passes, by its hash.
        if let Ok(contents) = file.decode(path, bytes) {
            assert_eq!(contents.len(), file.size_bytes());
        }
    }
});
