//! IDX files, plain and gzipped: an error or exactly the images that were asked for, never more
//! memory than they take.
#![no_main]

use std::path::Path;

use ingest::bundled;
use ingest::gunzip::gunzip;
use ingest::idx;
use ingest::idx_file::BUNDLED;
use libfuzzer_sys::fuzz_target;

/// Images that the files are asked for.
const COUNT: usize = 3;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzzed");
    let info = bundled::info();
    let limit_bytes = idx::IMAGES_HEADER_BYTES + COUNT * info.shape.len();
    if let Ok(contents) = gunzip(path, bytes, limit_bytes) {
        assert!(contents.len() <= limit_bytes + 1);
        if let Ok(images) = idx::images(path, &contents, COUNT, info.shape) {
            assert_eq!(images.len(), COUNT * info.shape.len());
        }
        if let Ok(labels) = idx::labels(path, &contents, COUNT, &info) {
            assert_eq!(labels.len(), COUNT);
            assert!(labels.iter().all(|label| usize::from(*label) < info.class_count()));
        }
    }
    for file in &BUNDLED {
        // Only the bundled subset itself passes, by its hash.
        if let Ok(contents) = file.decode(path, bytes, &info) {
            assert_eq!(contents.len(), file.size_bytes);
        }
    }
});
