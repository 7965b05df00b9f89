//! Encoded pictures: an error or exactly the pixels that were asked for, in bounded memory.
#![no_main]

use ingest::picture;
use libfuzzer_sys::fuzz_target;
use pipelines::spec::dataset_info::ImageShape;

fuzz_target!(|bytes: &[u8]| {
    let found = picture::properties(bytes);
    for channels in 1..=4 {
        let shape = ImageShape::new(9, 7, channels);
        let mut pixels = vec![0; shape.len()];
        if let Ok(decoded) = picture::decode(bytes, shape, &mut pixels) {
            assert_eq!(found.as_ref(), Ok(&decoded));
            assert!(decoded.size.into_iter().all(|side| side > 0));
            assert!((1..=4).contains(&decoded.channels));
        }
    }
});
