//! IDX files of any shape.

use std::io::Write;

use expect_test::expect;
use flate2::Compression;
use flate2::write::GzEncoder;
use pipelines::spec::dataset_info::ImageShape;

use crate::project::Project;

const IDX: &str = "{ kind = \"idx\", path = \"mnist\" }";

pub fn file(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn ramp(count: usize) -> Vec<u8> {
    (0..count).map(|value| value as u8).collect()
}

/// Four training and two test images of 3 x 2 in colour.
fn colour(keys: &str) -> Project {
    let project = Project::new(IDX, keys);
    project.write(
        "mnist/train-images-idx4-ubyte.gz",
        &gzip(&file(&[4, 3, 2, 3], &ramp(72))),
    );
    project.write("mnist/train-labels-idx1-ubyte", &file(&[4], &[1, 0, 0, 1]));
    project.write(
        "mnist/t10k-images-idx4-ubyte",
        &file(&[2, 3, 2, 3], &ramp(36)),
    );
    project.write(
        "mnist/t10k-labels-idx1-ubyte.gz",
        &gzip(&file(&[2], &[0, 1])),
    );
    project
}

#[test]
fn images_of_any_number_and_shape_are_read_plain_and_gzipped() {
    let project = colour("");
    project.ingest().unwrap();
    let [train, test] = project.ingested();
    assert_eq!(train.info.shape, ImageShape::new(3, 2, 3));
    assert_eq!(train.info.class_names, ["0", "1"]);
    assert_eq!(
        (train.labels.as_slice(), train.pixels.as_ref()),
        (&[1, 0, 0, 1][..], &ramp(72)[..])
    );
    assert_eq!(
        (test.labels.as_slice(), test.pixels.as_ref()),
        (&[0, 1][..], &ramp(36)[..])
    );
}

#[test]
fn held_back_test_images_are_in_no_split() {
    let project = colour("hold_back_test = true\ntest_split = 0.5");
    project.ingest().unwrap();
    let [train, test] = project.ingested();
    assert_eq!((train.len(), test.len()), (2, 2));
    let mut ids = [train.ids.clone(), test.ids.clone()].concat();
    ids.sort_unstable();
    assert_eq!(ids, [0, 1, 2, 3]);
    for images in [&train, &test] {
        let mut labels = images.labels.clone();
        labels.sort_unstable();
        assert_eq!(labels, [0, 1], "one of each class");
        for row in 0..2 {
            // The training images are a ramp of 18 values each.
            assert_eq!(u32::from(images.image(row)[0]), 18 * images.ids[row]);
        }
    }
}

#[test]
fn a_stratified_split_reads_rows_that_lie_apart() {
    for plain in [true, false] {
        let project = Project::new(IDX, "validation = \"stratified\"");
        let spec = std::fs::read_to_string(project.path("spec.toml")).unwrap();
        let spec = spec.replace("validation_split = 0.0", "validation_split = 0.5");
        project.write("spec.toml", spec.as_bytes());
        let images = file(&[40, 1, 2], &ramp(80));
        match plain {
            true => project.write("mnist/train-images-idx3-ubyte", &images),
            false => project.write("mnist/train-images-idx3-ubyte.gz", &gzip(&images)),
        }
        let labels: Vec<u8> = (0..40).map(|row| row % 2).collect();
        project.write("mnist/train-labels-idx1-ubyte", &file(&[40], &labels));
        project.write("mnist/t10k-images-idx3-ubyte", &file(&[1, 1, 2], &[0, 0]));
        project.write("mnist/t10k-labels-idx1-ubyte", &file(&[1], &[0]));
        project.ingest().unwrap();
        let [train, _] = project.ingested();
        let mut ids = train.ids.clone();
        ids.sort_unstable();
        assert_eq!(ids, (0..40).collect::<Vec<_>>());
        for row in 0..40 {
            let id = train.ids[row] as u8;
            assert_eq!(train.image(row), [2 * id, 2 * id + 1]);
            assert_eq!(train.labels[row], u16::from(id % 2));
        }
    }
}

#[test]
fn classes_and_files_can_be_named() {
    let source = "{ kind = \"idx\", path = \"mnist\", train_images = \"a\", test_images = \"b\" }";
    let project = Project::new(source, "classes = [\"cat\", \"dog\"]");
    project.write("mnist/a", &file(&[2, 1, 1], &[3, 4]));
    project.write("mnist/b", &file(&[1, 1, 1], &[5]));
    project.write("mnist/train-labels-idx1-ubyte", &file(&[2], &[0, 1]));
    project.write("mnist/t10k-labels-idx1-ubyte", &file(&[1], &[1]));
    project.ingest().unwrap();
    assert_eq!(project.ingested()[0].info.class_names, ["cat", "dog"]);
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let check = |name: &str, bytes: &[u8], expected: expect_test::Expect| {
        let project = colour("");
        std::fs::remove_file(project.path("mnist/train-images-idx4-ubyte.gz")).unwrap();
        project.write(
            "mnist/train-images-idx4-ubyte",
            &file(&[4, 3, 2, 3], &ramp(72)),
        );
        project.write(name, bytes);
        expected.assert_eq(&project.error());
    };
    let images = "mnist/train-images-idx4-ubyte";
    check(
        images,
        &file(&[u32::MAX, 3, 2, 3], &[]),
        expect![
            "mnist/train-images-idx4-ubyte: number of images: expected 1 to 16777216, found 4294967295"
        ],
    );
    check(
        images,
        &file(&[4, 60_000, 60_000, 3], &[]),
        expect![
            "mnist/train-images-idx4-ubyte: image_size: expected height and width of 1 to 512 pixels, found 60000"
        ],
    );
    check(
        images,
        &file(&[4, 3, 2, 3], &ramp(71)),
        expect!["mnist/train-images-idx4-ubyte: file size: expected 92 bytes, found 91 bytes"],
    );
    check(
        images,
        &gzip(&file(&[4, 3, 2, 3], &ramp(71))),
        expect![
            "mnist/train-images-idx4-ubyte: data: expected as many images as its header says, found failed to fill whole buffer"
        ],
    );
    check(
        images,
        &gzip(&file(&[4, 3, 2, 3], &ramp(73))),
        expect!["mnist/train-images-idx4-ubyte: trailing bytes: expected none, found some"],
    );
    check(
        images,
        b"PAR1 and more",
        expect![
            "mnist/train-images-idx4-ubyte: magic number: expected 0x00000803 or 0x00000804, found 0x50415231"
        ],
    );
    check(
        "mnist/train-labels-idx1-ubyte",
        &file(&[3], &[0, 1, 0]),
        expect![
            "mnist/train-labels-idx1-ubyte: number of labels: expected 4, one for each of mnist/train-images-idx4-ubyte, found 3"
        ],
    );
}

#[test]
fn a_label_without_a_name_is_refused() {
    let project = colour("classes = [\"cat\"]");
    assert!(project.error().contains("2 to 1000 classes"));
    let project = colour("image_size = [3, 2]\nchannels = 3\nclasses = [\"cat\", \"dog\"]");
    project.write("mnist/train-labels-idx1-ubyte", &file(&[4], &[1, 0, 2, 1]));
    expect!["mnist/train-labels-idx1-ubyte: label: expected 0 to 1, found 2 in row 2"]
        .assert_eq(&project.error());
}
