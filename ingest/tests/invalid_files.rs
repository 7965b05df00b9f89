//! Invalid files, and the message for each.

use std::fs;
use std::io::Write;
use std::path::Path;

use expect_test::{Expect, expect};
use flate2::Compression;
use flate2::write::GzEncoder;
use ingest::bundled;
use ingest::idx_file::{BUNDLED, Content, FASHION_MNIST, IdxFile};
use proptest::prelude::*;

/// Two labels, 3 and 9.
const LABELS: IdxFile = IdxFile {
    name: "labels",
    content: Content::Labels,
    count: 2,
    size_bytes: 10,
    sha256: "ed8f1d42b3cb3d4c7e9f6e4e1f3c9b2a00000000000000000000000000000000",
};
/// One image.
const IMAGES: IdxFile = IdxFile {
    name: "images",
    content: Content::Images,
    count: 1,
    size_bytes: 16 + 28 * 28,
    sha256: "0000000000000000000000000000000000000000000000000000000000000000",
};

fn labels(magic: u32, count: u32, labels: &[u8]) -> Vec<u8> {
    [&magic.to_be_bytes()[..], &count.to_be_bytes(), labels].concat()
}

fn images(magic: u32, sizes: [u32; 3], pixels: usize) -> Vec<u8> {
    let words = [magic, sizes[0], sizes[1], sizes[2]];
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).collect();
    bytes.resize(bytes.len() + pixels, 7);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn check(file: &IdxFile, bytes: &[u8], expected: Expect) {
    let error = file
        .decode(Path::new(file.name), bytes, &bundled::info())
        .unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn an_empty_file_has_no_header() {
    check(
        &LABELS,
        b"",
        expect!["labels: header: expected 8 bytes, found 0 bytes"],
    );
    check(
        &LABELS,
        b"\0\0\x08\x01\0\0",
        expect!["labels: header: expected 8 bytes, found 6 bytes"],
    );
}

#[test]
fn images_given_as_labels_have_another_magic_number() {
    let swapped = images(0x0803, [1, 28, 28], 0);
    check(
        &LABELS,
        &swapped[..10],
        expect!["labels: magic number: expected 0x00000801, found 0x00000803"],
    );
}

#[test]
fn labels_given_as_images_have_another_magic_number() {
    check(
        &IMAGES,
        &labels(0x0801, 2, &[3, 9]),
        expect!["images: magic number: expected 0x00000803, found 0x00000801"],
    );
}

#[test]
fn a_foreign_file_has_another_magic_number() {
    check(
        &IMAGES,
        b"PAR1 and so on",
        expect!["images: magic number: expected 0x00000803, found 0x50415231"],
    );
}

#[test]
fn test_labels_given_as_training_labels_are_too_few() {
    check(
        &LABELS,
        &labels(0x0801, 1, &[3]),
        expect!["labels: number of labels: expected 2, found 1"],
    );
}

#[test]
fn images_of_another_size_are_rejected() {
    check(
        &IMAGES,
        &images(0x0803, [1, 28, 14], 392),
        expect!["images: columns: expected 28, found 14"],
    );
    check(
        &IMAGES,
        &images(0x0803, [1, 14, 28], 392),
        expect!["images: rows: expected 28, found 14"],
    );
    check(
        &IMAGES,
        &images(0x0803, [u32::MAX, u32::MAX, u32::MAX], 3),
        expect!["images: number of images: expected 1, found 4294967295"],
    );
}

#[test]
fn a_truncated_file_is_too_short() {
    check(
        &LABELS,
        &labels(0x0801, 2, &[3]),
        expect!["labels: data: expected 2 bytes, found 1 bytes"],
    );
    check(
        &IMAGES,
        &images(0x0803, [1, 28, 28], 783),
        expect!["images: data: expected 784 bytes, found 783 bytes"],
    );
}

#[test]
fn trailing_bytes_are_rejected_plain_and_gzipped() {
    check(
        &LABELS,
        &labels(0x0801, 2, &[3, 9, 0]),
        expect!["labels: trailing bytes: expected none, found some"],
    );
    check(
        &LABELS,
        &gzip(&labels(0x0801, 2, &[3, 9, 0])),
        expect!["labels: trailing bytes: expected none, found some"],
    );
    let after_the_stream = [gzip(&labels(0x0801, 2, &[3, 9])), b"more".to_vec()].concat();
    check(
        &LABELS,
        &after_the_stream,
        expect!["labels: end of the gzip data: expected no further bytes, found 4 bytes"],
    );
}

#[test]
fn a_label_without_a_class_is_rejected() {
    check(
        &LABELS,
        &labels(0x0801, 2, &[3, 10]),
        expect!["labels: label: expected 0 to 9, found 10 in row 1"],
    );
}

#[test]
fn a_truncated_or_damaged_gzip_stream_is_rejected() {
    let mut gzipped = gzip(&labels(0x0801, 2, &[3, 9]));
    check(
        &LABELS,
        &gzipped[..gzipped.len() - 9],
        expect!["labels: gzip data: expected a whole gzip stream, found incomplete deflate stream"],
    );
    let checksum = gzipped.len() - 8;
    gzipped[checksum] ^= 1;
    check(
        &LABELS,
        &gzipped,
        expect![
            "labels: gzip data: expected a whole gzip stream, found corrupt gzip stream does not have a matching checksum"
        ],
    );
}

#[test]
fn a_gzip_bomb_is_rejected_at_the_size_limit() {
    // 64 MiB of zeros in less than 100 kB.
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000);
    check(
        &IMAGES,
        &bomb,
        expect!["images: magic number: expected 0x00000803, found 0x00000000"],
    );
}

#[test]
fn other_images_of_the_right_shape_are_rejected() {
    check(
        &IMAGES,
        &images(0x0803, [1, 28, 28], 784),
        expect![
            "images: SHA-256 of the decompressed file: expected 0000000000000000000000000000000000000000000000000000000000000000, found dc81b049cf232aabeb65df16317bab584cb156d3ec2ce25391eaad69d3a3baab"
        ],
    );
}

#[test]
fn the_bundled_subset_is_not_accepted_as_the_full_data() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/train-labels-idx1-ubyte.gz");
    let bytes = fs::read(path).unwrap();
    let error = FASHION_MNIST[1].decode(Path::new("labels.gz"), &bytes, &bundled::info());
    expect!["labels.gz: number of labels: expected 60000, found 2000"]
        .assert_eq(&error.unwrap_err().to_string());
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000), gzipped: bool) {
        let bytes = if gzipped { gzip(&bytes) } else { bytes };
        for file in [LABELS, IMAGES] {
            prop_assert!(file.decode(Path::new("file"), &bytes, &bundled::info()).is_err());
        }
    }

    #[test]
    fn a_changed_byte_is_noticed_or_changes_nothing(at in 0usize..1_032, flip in 1u8..) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/train-labels-idx1-ubyte.gz");
        let mut bytes = fs::read(&path).unwrap();
        let whole = BUNDLED[1].decode(&path, &bytes, &bundled::info()).unwrap();
        bytes[at] ^= flip;
        // Some bytes of the header mean nothing here, such as the time, and a match in the compressed
        // data may point to other bytes of the same values.
        if let Ok(decoded) = BUNDLED[1].decode(&path, &bytes, &bundled::info()) {
            prop_assert!(decoded == whole, "byte {at}");
        }
    }
}
