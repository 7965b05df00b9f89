//! A spec for data that somebody has.

use std::fs;
use std::path::Path;

use clap::Parser;
use ingest::Arguments;
use pipelines::files::layout::Layout;
use pipelines::spec::{Source, Spec};

use crate::idx::file;
use crate::project::{Project, grey};

fn look(data: &Path, spec: &Path) -> anyhow::Result<()> {
    let [data, spec] = [data, spec].map(|path| path.to_str().unwrap());
    let words = ["ingest", "--look", data, "--spec-out", spec];
    ingest::run(&Arguments::try_parse_from(words).unwrap())
}

/// Looks at `data` of `project`, ingests it with the new spec and checks its models against the images.
fn spec_of(project: &Project, data: &str) -> Spec {
    let path = project.path("spec.toml");
    fs::remove_file(&path).unwrap();
    look(&project.path(data), &path).unwrap();
    project.ingest().unwrap();
    let spec = Spec::load(path.to_str().unwrap()).unwrap();
    spec.with_ingested(&Layout::new(project.path(""))).unwrap()
}

#[test]
fn a_folder_of_colour_pictures_gets_a_size_and_a_test_split() {
    let project = Project::new("\"bundled\"", "");
    for number in 0..5 {
        let image = image::RgbImage::from_pixel(90, 100 + number, image::Rgb([1, 2, 3]));
        project.write_png(&format!("my \"leaves\"/elm's/{number}.png"), image.clone());
        project.write_png(&format!("my \"leaves\"/oak/{number}.png"), image);
    }
    let spec = spec_of(&project, "my \"leaves\"");
    assert_eq!(spec.data.image_size, Some([32, 32]));
    assert_eq!(spec.data.channels, Some(3));
    assert_eq!(spec.data.test_split, Some(0.2));
    assert_eq!(spec.data.info().unwrap().class_names, ["elm's", "oak"]);
    let source = Source::ImageFolder {
        path: "my \"leaves\"".into(),
    };
    assert_eq!(spec.data.source, source);
    let names: Vec<&str> = spec
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    assert_eq!(names, ["baseline", "wider", "augmented"]);
}

#[test]
fn small_images_of_one_size_are_left_as_they_are() {
    for side in [1, 3, 4, 8, 31] {
        let project = Project::new("\"bundled\"", "");
        for part in ["train", "test"] {
            for number in 0..2 {
                project.write_png(&format!("d/{part}/a/{number}.png"), grey(side, side, 1));
                project.write_png(&format!("d/{part}/b/{number}.png"), grey(side, side, 2));
            }
        }
        let spec = spec_of(&project, "d");
        assert_eq!((spec.data.image_size, spec.data.test_split), (None, None));
        assert_eq!(spec.data.info().unwrap().shape.height, side as usize);
    }
}

#[test]
fn idx_files_of_other_names_are_named() {
    let project = Project::new("\"bundled\"", "");
    let (images, labels) = (file(&[4, 5, 5], &[7; 100]), file(&[4], &[0, 1, 0, 1]));
    for part in ["train", "test"] {
        project.write(
            &format!("e/emnist-digits-{part}-images-idx3-ubyte"),
            &images,
        );
        project.write(
            &format!("e/emnist-digits-{part}-labels-idx1-ubyte"),
            &labels,
        );
    }
    let spec = spec_of(&project, "e");
    let Source::Idx(files) = &spec.data.source else {
        panic!("{:?}", spec.data.source);
    };
    let name = files.test_labels.as_deref();
    assert_eq!(name, Some("emnist-digits-test-labels-idx1-ubyte"));
}

#[test]
fn a_spec_that_exists_and_data_that_do_not_are_refused() {
    let project = Project::new("\"bundled\"", "");
    project.write_png("d/a/0.png", grey(2, 2, 1));
    let error = look(&project.path("d"), &project.path("spec.toml")).unwrap_err();
    assert!(
        error.to_string().ends_with("found one that exists"),
        "{error}"
    );
    let error = look(&project.path("nowhere"), &project.path("new.toml")).unwrap_err();
    assert!(error.to_string().ends_with("found nothing"), "{error}");
    let error = look(&project.path("d"), &project.path("new.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected 2 to 1000 classes, found 1"),
        "{error}"
    );
    assert!(!project.path("new.toml").exists());
}
